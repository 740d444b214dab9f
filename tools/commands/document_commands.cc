// getpath, setpath, delpath: parts of one document.
#include "ashlar/update.h"
#include "base/try.h"
#include "tools/command.h"
#include "tools/json_text.h"
#include "tools/session.h"
#include "tools/value_argument.h"

namespace ashlar::tools {

namespace {

Outcome done(const Session& session) {
  if (session.out().json()) session.out().line("{\"ok\": true}");
  return true;
}

Outcome getpath(Session& session, const Arguments& arguments) {
  ASHLAR_TRY_ASSIGN(const std::string json, session.db().get_path(arguments[0], arguments[1]));
  session.out().json() ? session.out().line(json) : session.out().value(json);
  return true;
}

Outcome setpath(Session& session, const Arguments& arguments) {
  ASHLAR_TRY_ASSIGN(const std::string json, read_value_argument(arguments[2]));
  if (!is_json(json)) {
    return Status::invalid_argument("not JSON: " + json + " (a text needs its quotes: '\"text\"')");
  }
  ASHLAR_TRY(session.db().update(arguments[0], Update().set(arguments[1], json)));
  return done(session);
}

Outcome delpath(Session& session, const Arguments& arguments) {
  ASHLAR_TRY(session.db().update(arguments[0], Update().unset(arguments[1])));
  return done(session);
}

}  // namespace

std::vector<Command> document_commands() {
  constexpr std::string_view kGroup = "Parts of a document";
  return {
      {.name = "getpath",
       .group = kGroup,
       .synopsis = "KEY PATH",
       .summary = "Print what is at a path of a JSON document.",
       .details = "PATH: $.address.city, $.items[0], $['any name'], or without $. in front.",
       .minimum_words = 2,
       .maximum_words = 2,
       .completes_keys = true,
       .run = getpath},
      {.name = "setpath",
       .group = kGroup,
       .synopsis = "KEY PATH JSON",
       .summary = "Set what is at a path of a JSON document.",
       .details = "Objects on the way are made if they are missing. JSON: 5, true, {\"a\": 1}, "
                  "'\"text\"';\n"
                  "@FILE is a file's content.",
       .minimum_words = 3,
       .maximum_words = 3,
       .access = Access::kWrite,
       .completes_keys = true,
       .run = setpath},
      {.name = "delpath",
       .group = kGroup,
       .synopsis = "KEY PATH",
       .summary = "Remove what is at a path of a JSON document.",
       .minimum_words = 2,
       .maximum_words = 2,
       .access = Access::kWrite,
       .completes_keys = true,
       .run = delpath},
  };
}

}  // namespace ashlar::tools
