// Kills a process in the middle of its writes and looks for what it was promised.
#pragma once

#include <string>

namespace ashlar::examples {

// Starts this program again as a child that writes to the database in `folder`, which must not be
// open; kills it with SIGKILL; opens the database and checks that every write the child had been
// acknowledged is there. Prints what it finds; ends the process with a sentence if one is missing.
void show_crash(const std::string& folder);

// What the child runs: writes, and reports each acknowledged write on standard output, until it is
// killed.
[[noreturn]] void write_until_killed(const std::string& folder);

// The argument that makes main() call write_until_killed.
inline constexpr const char* kWriteUntilKilled = "--write-until-killed";

}  // namespace ashlar::examples
