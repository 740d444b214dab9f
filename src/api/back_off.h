// The pause before a transaction that met another one is run again.
#pragma once

#include "env/env.h"

namespace ashlar {

// `attempt` counts from 0. At most 20 ms.
void pause_before_attempt(Env& env, int attempt);

}  // namespace ashlar
