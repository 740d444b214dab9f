#include "filter/filter_depth.h"

#include <algorithm>
#include <string>

#include "filter/filter.h"

namespace ashlar {
namespace {

int value_depth(const JsonValue& value) {
  int below = 0;
  if (value.is_array()) {
    for (const JsonValue& element : value.as_array()) below = std::max(below, value_depth(element));
  } else if (value.is_object()) {
    for (const auto& member : value.as_object()) below = std::max(below, value_depth(member.value));
  } else {
    return 0;
  }
  return below + 1;
}

}  // namespace

int filter_depth(const FilterNode& filter) {
  int below = value_depth(filter.operand);
  for (const FilterNodePtr& child : filter.children) below = std::max(below, filter_depth(*child));
  return below + 1;
}

Status check_filter_depth(int depth) {
  if (depth <= kMaximumFilterDepth) return {};
  return Status::invalid_argument("a filter nested deeper than " +
                                  std::to_string(kMaximumFilterDepth) + " levels");
}

}  // namespace ashlar
