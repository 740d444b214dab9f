// The members of an object in the order of their names.
#pragma once

#include <algorithm>
#include <vector>

#include "document/json_value.h"

namespace ashlar {

// Pointers into `members`.
inline std::vector<const JsonValue::Member*> sorted_members(const JsonValue::Object& members) {
  std::vector<const JsonValue::Member*> sorted;
  sorted.reserve(members.size());
  for (const JsonValue::Member& member : members) sorted.push_back(&member);
  std::sort(
      sorted.begin(), sorted.end(),
      [](const JsonValue::Member* a, const JsonValue::Member* b) { return a->name < b->name; });
  return sorted;
}

}  // namespace ashlar
