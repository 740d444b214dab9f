// Checking everything that can be checked about a table.
#pragma once

#include <functional>
#include <string>

#include "ashlar/status.h"
#include "base/memory_budget.h"
#include "table/table_file.h"
#include "table/table_summary.h"

namespace ashlar {

// Reads every byte of the file: checksums of pages, groups and the whole, structure and order of
// leaves, fences, the maplet (every key is found at its place, and nothing else is there), range
// tombstones, counts and the summary. Calls `problem`, if not empty, for each finding with file and
// offset. Returns the first finding, or what kept it from going on. Takes about an eighth of the
// table, and a megabyte, from the budget.
Status verify_table(const TableFile& file, const TableSummary& summary, MemoryBudget* budget,
                    const std::function<void(std::string)>& problem);

}  // namespace ashlar
