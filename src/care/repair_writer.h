// The new database that a repair makes.
#pragma once

#include <string>

#include "ashlar/repair.h"
#include "base/memory_budget.h"
#include "care/repair_sources.h"
#include "env/env.h"

namespace ashlar {

// Writes the newest version of each key into settled tables of a new database in `folder`, which is
// empty, and counts what it writes and leaves out. Only users' keys unless `keep_system_keys`.
Status write_repaired(Env& env, const std::string& folder, const RepairOptions& options,
                      bool keep_system_keys, MemoryBudget* budget, RepairSources* sources,
                      RepairReport* report);

}  // namespace ashlar
