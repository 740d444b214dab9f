// What the Tab key offers in the shell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ashlar::tools {

class Session;

struct Completion {
  std::string insert;                // what certainly follows the cursor; may be empty
  std::vector<std::string> choices;  // to be listed when nothing certain follows
};

// `line` is what stands before the cursor: the first word is a command, a word that begins with --
// an option, the others keys where the command takes keys, or what a query is made of.
Completion complete(std::string_view line, Session& session);

}  // namespace ashlar::tools
