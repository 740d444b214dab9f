#include "tools/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>

#include "tools/command.h"
#include "tools/exit_code.h"
#include "tools/units.h"

namespace ashlar::tools {

namespace {

// CLI11's check of a value that one of our parsers reads: an empty text means that it is fine.
template <typename Value>
CLI::Validator readable_by(Result<Value> (*parse)(std::string_view)) {
  return CLI::Validator(
      [parse](std::string& text) {
        const auto value = parse(text);
        return value.ok() ? std::string() : std::string(value.status().message());
      },
      "");
}

// What is typed, before it is turned into a CommandLine.
struct Typed {
  std::string memory;
  std::string durability = "disk";
  std::string compression = "lz4";
  bool no_create = false;
};

void declare(CLI::App& app, CommandLine& line, Typed& typed) {
  app.set_version_flag("--version", "ashlar " ASHLAR_VERSION, "print the version");
  app.set_help_flag("--help", "print this help");
  app.add_option("DB", line.path, "folder of the database");
  app.add_option("--memory", typed.memory, "memory that the engine may use: 64M, 4G (512M)")
      ->type_name("SIZE")
      ->check(readable_by(parse_bytes));
  app.add_option("--durability", typed.durability, "when a write is done: disk or process (disk)")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"disk", "process"}));
  app.add_option("--compression", typed.compression, "none, lz4, snappy or zstd (lz4)")
      ->type_name("KIND")
      ->check(CLI::IsMember({"none", "lz4", "snappy", "zstd"}));
  app.add_option("--log-archive", line.options.log_archive,
                 "keep the log there, to restore any moment")
      ->type_name("FOLDER");
  app.add_flag("--read-only", line.options.read_only, "write nothing; works beside a live writer");
  app.add_flag("--no-create", typed.no_create, "fail when there is no database");
  app.add_flag("--json", line.json, "print results as JSON");
  app.footer(
      [] { return "\nCommands (ashlar DB COMMAND --help describes one):\n\n" + help_overview(); });
  app.prefix_command();
}

void apply(const Typed& typed, Options* options) {
  const std::map<std::string, Compression> compressions = {{"none", Compression::kNone},
                                                           {"lz4", Compression::kLz4},
                                                           {"snappy", Compression::kSnappy},
                                                           {"zstd", Compression::kZstd}};
  if (!typed.memory.empty()) options->memory_budget = *parse_bytes(typed.memory);
  options->durability = typed.durability == "disk" ? Durability::kDisk : Durability::kProcess;
  options->compression = compressions.at(typed.compression);
  options->create_if_missing = !typed.no_create;
}

// `ashlar help set` and `ashlar inspect FILE` name no database; a folder that has a command's name
// is reached as ./help.
void take_command_from_path(CommandLine* line) {
  const Command* command = find_command(line->path);
  if (command == nullptr || command->access != Access::kNone) return;
  line->words.insert(line->words.begin(), line->path);
  line->path.clear();
}

}  // namespace

std::optional<CommandLine> parse_command_line(int argc, const char* const* argv, int* exit_code) {
  CLI::App app("An embedded key-value database: shell and commands.", "ashlar");
  CommandLine line;
  Typed typed;
  try {
    declare(app, line, typed);
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool asked_for = error.get_exit_code() == 0;
    app.exit(error);
    *exit_code = asked_for ? kExitOk : kExitUsage;
    return std::nullopt;
  }
  if (line.path.empty()) {
    fmt::print(stderr,
               "ashlar: no database is named\nusage: ashlar [OPTIONS] DB [COMMAND …]\n"
               "'ashlar --help' lists options and commands\n");
    *exit_code = kExitUsage;
    return std::nullopt;
  }
  line.words = app.remaining();
  take_command_from_path(&line);
  apply(typed, &line.options);
  return line;
}

}  // namespace ashlar::tools
