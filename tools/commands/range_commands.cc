// keys, range, prefix, count, delrange: many keys in order.
#include <fmt/format.h>

#include <cstdint>

#include "base/try.h"
#include "tools/command.h"
#include "tools/interrupt.h"
#include "tools/query_grammar.h"
#include "tools/query_watch.h"
#include "tools/session.h"
#include "tools/units.h"

namespace ashlar::tools {

namespace {

Result<RangeOptions> range_options(const Arguments& arguments) {
  RangeOptions options;
  options.reverse = arguments.has("--reverse");
  ASHLAR_TRY_ASSIGN(options.limit, arguments.count("--limit", UINT64_MAX));
  return options;
}

std::string_view argument_or_empty(const Arguments& arguments, std::size_t index) {
  return index < arguments.size() ? std::string_view(arguments[index]) : std::string_view();
}

// False when there was nothing to print.
Outcome print_entries(const Output& out, const EntryRange& entries) {
  bool any = false;
  for (const auto& [key, value] : entries) {
    if (interrupted()) return interrupted_error();
    out.entry(key, value);
    any = true;
  }
  ASHLAR_TRY(entries.status());
  return any;
}

Outcome keys(Session& session, const Arguments& arguments) {
  ASHLAR_TRY_ASSIGN(const RangeOptions options, range_options(arguments));
  const auto found = session.db().keys(argument_or_empty(arguments, 0), options);
  bool any = false;
  for (const std::string_view key : found) {
    if (interrupted()) return interrupted_error();
    session.out().key(key);
    any = true;
  }
  ASHLAR_TRY(found.status());
  return any;
}

Outcome range(Session& session, const Arguments& arguments) {
  ASHLAR_TRY_ASSIGN(const RangeOptions options, range_options(arguments));
  return print_entries(session.out(),
                       session.db().range(arguments[0], argument_or_empty(arguments, 1), options));
}

Outcome prefix(Session& session, const Arguments& arguments) {
  ASHLAR_TRY_ASSIGN(const RangeOptions options, range_options(arguments));
  return print_entries(session.out(), session.db().prefix(arguments[0], options));
}

// Keys, or with a filter documents.
Result<uint64_t> count_of(Session& session, const Arguments& arguments) {
  ASHLAR_TRY_ASSIGN(QueryText query, parse_query("count", argument_or_empty(arguments, 0)));
  const bool counts_keys = !query.has_filter && query.options.plan.empty();
  if (counts_keys && query.options.skip == 0 && query.options.limit == UINT64_MAX) {
    return session.db().count(query.prefix);
  }
  QueryWatch watch("count");
  query.options.progress = watch.progress();
  return session.db().count_where(query.prefix, query.filter, query.options);
}

Outcome count(Session& session, const Arguments& arguments) {
  const auto counted = count_of(session, arguments);
  if (!counted.ok() && interrupted()) return interrupted_error();
  ASHLAR_TRY_ASSIGN(const uint64_t found, counted);
  session.out().result(std::to_string(found), fmt::format("{{\"count\": {}}}", found));
  return true;
}

Outcome delrange(Session& session, const Arguments& arguments) {
  ASHLAR_TRY(session.db().del_range(arguments[0], arguments[1]));
  if (session.out().json()) session.out().line("{\"ok\": true}");
  return true;
}

const std::vector<CommandOption> kListingOptions = {
    {"--reverse", "", "from the last key to the first"},
    {"--limit", "N", "at most N of them"},
};

}  // namespace

std::vector<Command> range_commands() {
  constexpr std::string_view kGroup = "Many keys";
  return {
      {.name = "keys",
       .group = kGroup,
       .synopsis = "[PREFIX]",
       .summary = "List the keys that begin with PREFIX, or all.",
       .maximum_words = 1,
       .options = kListingOptions,
       .completes_keys = true,
       .run = keys},
      {.name = "range",
       .group = kGroup,
       .synopsis = "FROM [TO]",
       .summary = "List the entries with FROM <= key < TO.",
       .details = "Without TO, or with \"\", up to the last key. Each line is key, tab, value.",
       .minimum_words = 1,
       .maximum_words = 2,
       .options = kListingOptions,
       .completes_keys = true,
       .run = range},
      {.name = "prefix",
       .group = kGroup,
       .synopsis = "PREFIX",
       .summary = "List the entries whose key begins with PREFIX.",
       .minimum_words = 1,
       .maximum_words = 1,
       .options = kListingOptions,
       .completes_keys = true,
       .run = prefix},
      {.name = "count",
       .group = kGroup,
       .synopsis = "[PREFIX] [where FILTER] [CLAUSE...]",
       .summary = "Count the keys that begin with PREFIX, or all; or the documents that match.",
       .details = "  count user: where age > 30\nCLAUSE: limit N  skip N  plan …",
       .takes_text = true,
       .maximum_words = 1,
       .completes_keys = true,
       .run = count},
      {.name = "delrange",
       .group = kGroup,
       .synopsis = "FROM TO",
       .summary = "Delete every key with FROM <= key < TO, in one step.",
       .details = "An empty TO, \"\", means up to the last key.",
       .minimum_words = 2,
       .maximum_words = 2,
       .access = Access::kWrite,
       .completes_keys = true,
       .run = delrange},
  };
}

}  // namespace ashlar::tools
