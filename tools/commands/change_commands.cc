// update, delete: changing the documents that match.
#include <fmt/format.h>

#include "base/try.h"
#include "tools/command.h"
#include "tools/interrupt.h"
#include "tools/query_grammar.h"
#include "tools/query_watch.h"
#include "tools/session.h"

namespace ashlar::tools {

namespace {

Outcome update(Session& session, const Arguments& arguments) {
  ASHLAR_TRY_ASSIGN(QueryText query, parse_query("update", arguments[0]));
  QueryWatch watch("update");
  query.options.progress = watch.progress();
  const auto updated =
      session.db().update_where(query.prefix, query.filter, query.update, query.options);
  watch.quiet();
  if (!updated.ok() && interrupted()) return interrupted_error();
  ASHLAR_TRY(updated.status());
  session.out().result(fmt::format("{} updated", *updated),
                       fmt::format("{{\"updated\": {}}}", *updated));
  return *updated > 0;
}

Outcome delete_matching(Session& session, const Arguments& arguments) {
  ASHLAR_TRY_ASSIGN(QueryText query, parse_query("delete", arguments[0]));
  QueryWatch watch("delete");
  query.options.progress = watch.progress();
  const auto deleted = session.db().delete_where(query.prefix, query.filter, query.options);
  watch.quiet();
  if (!deleted.ok() && interrupted()) return interrupted_error();
  ASHLAR_TRY(deleted.status());
  session.out().result(fmt::format("{} deleted", *deleted),
                       fmt::format("{{\"deleted\": {}}}", *deleted));
  return *deleted > 0;
}

}  // namespace

std::vector<Command> change_commands() {
  constexpr std::string_view kGroup = "Changes";
  return {
      {.name = "update",
       .group = kGroup,
       .synopsis = "PREFIX where FILTER CHANGE, … [CLAUSE...]",
       .summary = "Change the documents that match, all of them in one transaction.",
       .details =
           "  update user: where age < 18 set minor = true, unset $.vote,\n"
           "    increment visits by 2, append tags \"young\"\n"
           "CHANGE: set FIELD = JSON  unset FIELD  increment FIELD [by N]  append FIELD JSON, or\n"
           "merge {…}, a merge patch (RFC 7386). CLAUSE: order by …  limit N  skip N  plan ….\n"
           "Objects on the way to a field are made; where true means all documents.",
       .takes_text = true,
       .minimum_words = 1,
       .maximum_words = 1,
       .access = Access::kWrite,
       .completes_keys = true,
       .run = update},
      {.name = "delete",
       .group = kGroup,
       .synopsis = "PREFIX where FILTER [CLAUSE...]",
       .summary = "Delete the documents that match, all of them in one transaction.",
       .details = "  delete session: where seen < 1700000000 limit 1000\n"
                  "CLAUSE: order by …  limit N  skip N  plan …. where true means all documents.",
       .takes_text = true,
       .minimum_words = 1,
       .maximum_words = 1,
       .access = Access::kWrite,
       .completes_keys = true,
       .run = delete_matching},
  };
}

}  // namespace ashlar::tools
