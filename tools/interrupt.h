// Control-C: ends what is running, cleanly, at its next step.
#pragma once

#include "ashlar/status.h"

namespace ashlar::tools {

// From now on the first SIGINT or SIGTERM only sets the flag; a second one ends the process.
void catch_interrupts();
// Clears the flag, before a new command.
void forget_interrupt();
bool interrupted();

inline Status interrupted_error() {
  return Status::aborted("interrupted");
}

}  // namespace ashlar::tools
