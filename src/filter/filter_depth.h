// How deep a filter is, and how deep it may be: deep enough for anybody, and shallow enough that
// every walk over it is safe and either spelling of it can be read.
#pragma once

#include "ashlar/status.h"
#include "filter/filter_node.h"

namespace ashlar {

// Levels of the tree, operands included.
int filter_depth(const FilterNode& filter);

//   kInvalidArgument  deeper than kMaximumFilterDepth.
Status check_filter_depth(int depth);

}  // namespace ashlar
