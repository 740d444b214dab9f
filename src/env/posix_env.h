// The real world, through POSIX and Linux.
#pragma once

#include "env/env.h"

namespace ashlar {

// One for the process; never destroyed.
Env* real_env();

}  // namespace ashlar
