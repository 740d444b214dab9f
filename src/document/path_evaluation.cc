#include "document/path_evaluation.h"

#include <algorithm>
#include <cstdint>

namespace ashlar {
namespace {

// Counted from the end if negative. Null if there is no such element.
const JsonValue* element_at(const JsonValue::Array& elements, int64_t index) {
  const auto size = static_cast<int64_t>(elements.size());
  if (index < 0) index += size;
  return index >= 0 && index < size ? &elements[static_cast<std::size_t>(index)] : nullptr;
}

// Walks one segment after the other, depth first, which gives the order of the RFC. The recursion
// is as deep as the document at most, for each segment leads further down; filters add to it.
class PathWalk {
 public:
  PathWalk(const PathQuery& query, const PathScope& scope, const PathVisitor& visitor)
      : query_(query), scope_(scope), visitor_(visitor) {}

  // False if the visitor has ended it; so do all the functions below.
  bool walk(const JsonValue& value, std::size_t segment) {
    if (segment == query_.segments.size()) return visitor_(value);
    return query_.segments[segment].descendant ? descend(value, segment) : select(value, segment);
  }

 private:
  bool descend(const JsonValue& value, std::size_t segment) {
    return select(value, segment) &&
           each_child(value, [&](const JsonValue& child) { return descend(child, segment); });
  }

  bool select(const JsonValue& value, std::size_t segment) {
    for (const PathSelector& selector : query_.segments[segment].selectors) {
      if (!apply(selector, value, segment + 1)) return false;
    }
    return true;
  }

  // Goes on with segment `next` from each value that the selector takes.
  bool apply(const PathSelector& selector, const JsonValue& value, std::size_t next) {
    switch (selector.kind) {
      case PathSelector::Kind::kName: {
        const JsonValue* member = value.find(selector.name);
        return member == nullptr || walk(*member, next);
      }
      case PathSelector::Kind::kIndex: {
        const JsonValue* element =
            value.is_array() ? element_at(value.as_array(), selector.index) : nullptr;
        return element == nullptr || walk(*element, next);
      }
      case PathSelector::Kind::kWildcard:
        return each_child(value, [&](const JsonValue& child) { return walk(child, next); });
      case PathSelector::Kind::kFilter:
        return each_child(value, [&](const JsonValue& child) {
          return !filter_holds(*selector.filter, {scope_.root, &child}) || walk(child, next);
        });
      case PathSelector::Kind::kSlice:
        return !value.is_array() || slice(selector, value.as_array(), next);
    }
    return true;
  }

  template <typename Function>
  static bool each_child(const JsonValue& value, const Function& function) {
    if (value.is_array()) {
      return std::all_of(value.as_array().begin(), value.as_array().end(), function);
    }
    if (!value.is_object()) return true;
    return std::all_of(value.as_object().begin(), value.as_object().end(),
                       [&](const JsonValue::Member& member) { return function(member.value); });
  }

  // RFC 9535, section 2.3.4.2.
  bool slice(const PathSelector& selector, const JsonValue::Array& elements, std::size_t next) {
    const auto size = static_cast<int64_t>(elements.size());
    const int64_t step = selector.step;
    const auto from_start = [size](int64_t index) { return index < 0 ? index + size : index; };
    if (step > 0) {
      const int64_t lower = std::clamp<int64_t>(from_start(selector.start.value_or(0)), 0, size);
      const int64_t upper = std::clamp<int64_t>(from_start(selector.end.value_or(size)), 0, size);
      for (int64_t i = lower; i < upper; i += step) {
        if (!walk(elements[static_cast<std::size_t>(i)], next)) return false;
      }
    } else if (step < 0) {
      const int64_t upper =
          std::clamp<int64_t>(from_start(selector.start.value_or(size - 1)), -1, size - 1);
      const int64_t lower =
          selector.end ? std::clamp<int64_t>(from_start(*selector.end), -1, size - 1) : -1;
      for (int64_t i = upper; i > lower; i += step) {
        if (!walk(elements[static_cast<std::size_t>(i)], next)) return false;
      }
    }
    return true;
  }

  const PathQuery& query_;
  const PathScope& scope_;
  const PathVisitor& visitor_;
};

}  // namespace

bool visit_path(const PathQuery& query, const PathScope& scope, const PathVisitor& visitor) {
  const JsonValue& start = query.from_root ? *scope.root : *scope.current;
  return PathWalk(query, scope, visitor).walk(start, 0);
}

}  // namespace ashlar
