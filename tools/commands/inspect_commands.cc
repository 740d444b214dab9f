// inspect, where: looking into the files.
#include <filesystem>

#include "base/try.h"
#include "env/posix_env.h"
#include "tools/command.h"
#include "tools/inspection.h"
#include "tools/json_text.h"
#include "tools/session.h"

namespace ashlar::tools {

namespace {

PrintLine printer(const Output& out) {
  return
      [&out](std::string_view line) { out.json() ? out.line(json_string(line)) : out.line(line); };
}

// A file of the database, or else one of the file system.
std::string path_of(const Session& session, const std::string& file) {
  if (session.path().empty()) return file;
  const std::string inside = join_path(session.path(), file);
  return std::filesystem::exists(inside) ? inside : file;
}

Outcome inspect(Session& session, const Arguments& arguments) {
  const PrintLine print = printer(session.out());
  if (arguments.size() == 0) {
    if (session.path().empty()) return Status::invalid_argument("inspect needs FILE");
    ASHLAR_TRY(inspect_folder(*real_env(), session.path(), print));
    return true;
  }
  const InspectionOptions options{arguments.has("--entries"), arguments.has("--whole")};
  ASHLAR_TRY(inspect_file(*real_env(), path_of(session, arguments[0]), options, print));
  return true;
}

Outcome where(Session& session, const Arguments& arguments) {
  if (session.path().empty()) return Status::invalid_argument("where needs a database");
  ASHLAR_TRY(locate_key(*real_env(), session.path(), arguments[0], printer(session.out())));
  return true;
}

}  // namespace

std::vector<Command> inspect_commands() {
  constexpr std::string_view kGroup = "Looking inside";
  return {
      {.name = "inspect",
       .group = kGroup,
       .synopsis = "[FILE]",
       .summary = "Print any file of the database, or list them.",
       .details = "FILE is CURRENT, LOCK, log.ring, MANIFEST-000007, 000012.log, 000034.table or\n"
                  "000035.values. The database need not be in order, nor even be there.",
       .maximum_words = 1,
       .options = {{"--entries", "", "of a table: every entry, not only the pages"},
                   {"--whole", "", "keys and values in the log in full"}},
       .access = Access::kNone,
       .run = inspect},
      {.name = "where",
       .group = kGroup,
       .synopsis = "KEY",
       .summary = "Show in which log segment and page of which table a key lies.",
       .details = "Every version that the files hold, newest first.",
       .minimum_words = 1,
       .maximum_words = 1,
       .access = Access::kNone,
       .completes_keys = true,
       .run = where},
  };
}

}  // namespace ashlar::tools
