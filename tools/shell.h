// Commands typed by a person, or read line by line from a pipe.
#pragma once

#include "tools/session.h"

namespace ashlar::tools {

// The interactive shell on the terminal, with history and completion, until `exit` or the end of
// the input. Returns the exit code: that of opening the database.
int run_shell(Session& session);

// Runs each line of standard input. An error ends it; a "no" does not. Returns the exit code of the
// last command.
int run_script(Session& session);

}  // namespace ashlar::tools
