// Choosing how to run a query.
#pragma once

#include <memory>
#include <vector>

#include "ashlar/result.h"
#include "index/index.h"
#include "query/plan.h"
#include "query/query_spec.h"

namespace ashlar {

// Considers a scan of all documents, each index, intersections of two and three, and a union for
// the branches of an `or`, and takes the cheapest. Numbers of entries come from the indexes' own
// trees, so that nothing has to be counted along and nothing grows old.
//
//   kInvalidArgument  the plan that the query or its resume token demands can't be used.
Result<Plan> make_plan(const QuerySpec& spec,
                       const std::vector<std::shared_ptr<const Index>>& indexes,
                       ReadMoment& moment);

}  // namespace ashlar
