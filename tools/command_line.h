// The process's own command line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ashlar/options.h"

namespace ashlar::tools {

struct CommandLine {
  std::string path;                // of the database; may be empty
  std::vector<std::string> words;  // command and arguments as typed; none opens the shell
  Options options;
  bool json = false;
};

// Nothing when all is done already (--help, --version) or the line is wrong, with the exit code in
// *exit_code.
std::optional<CommandLine> parse_command_line(int argc, const char* const* argv, int* exit_code);

}  // namespace ashlar::tools
