// A command of the program: what it is called, how it is used, and what it does. The table of all
// of them drives dispatch, help and completion.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ashlar/result.h"
#include "tools/arguments.h"

namespace ashlar::tools {

class Session;

// True: done, or yes. False: the answer is no. Otherwise an error.
using Outcome = Result<bool>;

// What a command needs the database for. One that only reads opens it read-only when it is run by
// itself, so that it works beside a live writer and creates nothing.
enum class Access : unsigned char { kNone, kRead, kWrite };

struct Command {
  std::string_view name = {};
  std::string_view group = {};     // heading in the help
  std::string_view synopsis = {};  // arguments, without the options
  std::string_view summary = {};   // one line
  std::string_view details = {};   // further lines, or nothing
  // Its argument is the rest of the line as it stands, for tools/query_grammar.h to read; an option
  // may stand anywhere in it.
  bool takes_text = false;
  std::size_t minimum_words = 0;
  std::size_t maximum_words = 0;
  std::vector<CommandOption> options = {};
  Access access = Access::kRead;
  bool completes_keys = false;  // its arguments are keys
  Outcome (*run)(Session& session, const Arguments& arguments) = nullptr;
};

// Every command, in the order of the help.
const std::vector<Command>& all_commands();
// Null if there is none of that name.
const Command* find_command(std::string_view name);

// "range FROM [TO] [--reverse] [--limit N]"
std::string usage_of(const Command& command);
// The command's page.
std::string help_for(const Command& command);
// The list of all commands by group.
std::string help_overview();

// Options that every command takes.
const std::vector<CommandOption>& common_options();

// One per file in commands/.
std::vector<Command> key_commands();
std::vector<Command> range_commands();
std::vector<Command> document_commands();
std::vector<Command> query_commands();
std::vector<Command> change_commands();
std::vector<Command> index_commands();
std::vector<Command> lifetime_commands();
std::vector<Command> transaction_commands();
std::vector<Command> transfer_commands();
std::vector<Command> care_commands();
std::vector<Command> backup_commands();
std::vector<Command> inspect_commands();
std::vector<Command> bench_commands();
std::vector<Command> sim_commands();
std::vector<Command> shell_commands();

}  // namespace ashlar::tools
