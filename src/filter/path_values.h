// The values that a path means in a document when arrays on the way stand for their elements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "document/json_path.h"
#include "document/json_value.h"

namespace ashlar {

// Where a document starts: elements that are arrays themselves are not looked through, as the
// arrays within arrays are not on the way of a path.
enum class PathRoot : unsigned char { kDocument, kElement };

namespace path_values_internal {

inline const JsonValue* element_at(const JsonValue& value, int64_t index) {
  if (!value.is_array()) return nullptr;
  const auto size = static_cast<int64_t>(value.as_array().size());
  if (index < 0) index += size;
  if (index < 0 || index >= size) return nullptr;
  return &value.as_array()[static_cast<std::size_t>(index)];
}

// `reached` counts calls of the visitor. True if it asked to stop.
template <typename Visitor>
bool visit(const JsonValue& value, const std::vector<PathStep>& steps, std::size_t at,
           bool through_arrays, std::size_t* reached, Visitor& visitor) {
  if (at == steps.size()) {
    ++*reached;
    return visitor(&value);
  }
  const PathStep& step = steps[at];
  if (value.is_array() && !step.is_index && through_arrays) {
    for (const JsonValue& element : value.as_array()) {
      if (element.is_object() && visit(element, steps, at, false, reached, visitor)) return true;
    }
    return false;
  }
  const JsonValue* const next =
      step.is_index ? element_at(value, step.index) : value.find(step.name);
  if (next != nullptr) return visit(*next, steps, at + 1, true, reached, visitor);
  ++*reached;
  return visitor(static_cast<const JsonValue*>(nullptr));
}

}  // namespace path_values_internal

// Calls visitor(const JsonValue*) for each value that the path means; null stands for a missing
// one. A visitor that returns true ends the visit, and true is returned.
//
// A name finds the member of an object; in an array, the members of those elements that are objects
// (not of elements of elements). A number finds the element of an array. Where a step finds
// nothing, that counts as one missing value, but elements that are not objects are passed over. If
// that leaves nothing at all, there is one missing value: the visitor is called at least once.
template <typename Visitor>
bool visit_path_values(const JsonValue& document, const SingularPath& path, Visitor&& visitor,
                       PathRoot root = PathRoot::kDocument) {
  std::size_t reached = 0;
  if (path_values_internal::visit(document, path.steps(), 0, root == PathRoot::kDocument, &reached,
                                  visitor)) {
    return true;
  }
  return reached == 0 && visitor(static_cast<const JsonValue*>(nullptr));
}

// The same for what comparisons look at, and so for what an index holds: each value at the path
// and, if it is an array, its elements too, behind it. For the element itself (an empty path from
// PathRoot::kElement) no elements.
template <typename Visitor>
bool visit_compared_values(const JsonValue& document, const SingularPath& path, Visitor&& visitor,
                           PathRoot root = PathRoot::kDocument) {
  const bool expand = !(path.steps().empty() && root == PathRoot::kElement);
  return visit_path_values(
      document, path,
      [&](const JsonValue* value) {
        if (visitor(value)) return true;
        if (!expand || value == nullptr || !value->is_array()) return false;
        for (const JsonValue& element : value->as_array()) {
          if (visitor(&element)) return true;
        }
        return false;
      },
      root);
}

}  // namespace ashlar
