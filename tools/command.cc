#include "tools/command.h"

#include <fmt/format.h>

#include <algorithm>

namespace ashlar::tools {

namespace {

std::vector<Command> assemble() {
  std::vector<Command> commands;
  for (auto family :
       {key_commands, range_commands, document_commands, query_commands, change_commands,
        index_commands, lifetime_commands, transaction_commands, transfer_commands, care_commands,
        backup_commands, inspect_commands, bench_commands, sim_commands, shell_commands}) {
    std::ranges::move(family(), std::back_inserter(commands));
  }
  return commands;
}

std::string option_form(const CommandOption& option) {
  return option.value.empty() ? std::string(option.name)
                              : fmt::format("{} {}", option.name, option.value);
}

}  // namespace

const std::vector<Command>& all_commands() {
  static const std::vector<Command> commands = assemble();
  return commands;
}

const Command* find_command(std::string_view name) {
  const auto found = std::ranges::find(all_commands(), name, &Command::name);
  return found == all_commands().end() ? nullptr : &*found;
}

const std::vector<CommandOption>& common_options() {
  static const std::vector<CommandOption> options = {
      {"--json", "", "print the result as JSON"},
      {"--help", "", "describe the command"},
  };
  return options;
}

std::string usage_of(const Command& command) {
  std::string usage(command.name);
  if (!command.synopsis.empty()) usage += fmt::format(" {}", command.synopsis);
  for (const CommandOption& option : command.options) {
    usage += fmt::format(" [{}]", option_form(option));
  }
  return usage;
}

std::string help_for(const Command& command) {
  std::string help = fmt::format("{}\n\n{}\n", usage_of(command), command.summary);
  if (!command.details.empty()) help += fmt::format("\n{}\n", command.details);
  help += "\nOptions:\n";
  for (const auto* options : {&command.options, &common_options()}) {
    for (const CommandOption& option : *options) {
      help += fmt::format("  {:<22}{}\n", option_form(option), option.help);
    }
  }
  return help;
}

std::string help_overview() {
  std::string help;
  std::string_view group;
  for (const Command& command : all_commands()) {
    if (command.group != group) {
      group = command.group;
      help += fmt::format("{}{}\n", help.empty() ? "" : "\n", group);
    }
    const std::string form = fmt::format("{} {}", command.name, command.synopsis);
    help += fmt::format("  {:<32}{}\n", form, command.summary);
  }
  return help;
}

}  // namespace ashlar::tools
