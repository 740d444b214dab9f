// help, exit: the shell itself.
#include <fmt/format.h>

#include "tools/command.h"
#include "tools/query_completion.h"
#include "tools/session.h"

namespace ashlar::tools {

namespace {

constexpr std::string_view kProgramHelp =
    "ashlar DB              open a shell on the database in folder DB\n"
    "ashlar DB COMMAND …    run one command\n"
    "ashlar --help          options of the program\n\n";

Outcome help(Session& session, const Arguments& arguments) {
  const Output& out = session.out();
  const Command* command = nullptr;
  if (arguments.size() > 0) {
    command = find_command(arguments[0]);
    if (command == nullptr) {
      return Status::invalid_argument(fmt::format("there is no command '{}'", arguments[0]));
    }
  }
  if (arguments.has("--commands")) {
    for (const Command& each : all_commands()) out.line(each.name);
  } else if (arguments.has("--options")) {
    for (const auto* options : {command ? &command->options : nullptr, &common_options()}) {
      if (options == nullptr) continue;
      for (const CommandOption& option : *options) out.line(option.name);
    }
  } else if (arguments.has("--words")) {
    if (command != nullptr) {
      for (const std::string& word : query_words(command->name)) out.line(word);
    }
  } else if (command != nullptr) {
    out.bytes(help_for(*command));
  } else {
    out.bytes(fmt::format("{}{}\nhelp COMMAND describes one.\n", kProgramHelp, help_overview()));
  }
  return true;
}

Outcome leave(Session& session, const Arguments&) {
  session.leave();
  return true;
}

}  // namespace

std::vector<Command> shell_commands() {
  constexpr std::string_view kGroup = "Shell";
  return {
      {.name = "help",
       .group = kGroup,
       .synopsis = "[COMMAND]",
       .summary = "List the commands, or describe one.",
       .maximum_words = 1,
       .options = {{"--commands", "", "only the names, one a line"},
                   {"--options", "", "only the names of the command's options"},
                   {"--words", "", "only the words that a query command is made of"}},
       .access = Access::kNone,
       .run = help},
      {.name = "exit",
       .group = kGroup,
       .summary = "Leave the shell; so does Control-D.",
       .access = Access::kNone,
       .run = leave},
  };
}

}  // namespace ashlar::tools
