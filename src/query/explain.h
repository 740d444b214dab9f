// A plan and what happened when it was run, in words and as JSON.
#pragma once

#include <cstdint>

#include "ashlar/query.h"
#include "query/query_run.h"

namespace ashlar {

// Of a run that has come to its end in `time_ns`, planning included.
Explanation explain_run(const QueryRun& run, uint64_t time_ns);

}  // namespace ashlar
