// Repair, but for what only the layers above can bring in order.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "ashlar/repair.h"

namespace ashlar {

// Opens the new database in `folder`, brings in order what lost entries have thrown out of it, and
// verifies it. May add notes to the report.
using FinishRepair = std::function<Status(const std::string& folder, RepairReport* report)>;

// As ashlar::repair(). Should `finish` fail, it is done once more without system keys
// (base/key_space.h), which what was lost may have left in no order that can be mended.
Status repair_and_finish(std::string_view path, std::string_view destination,
                         const RepairOptions& options, const FinishRepair& finish,
                         RepairReport* report);

}  // namespace ashlar
