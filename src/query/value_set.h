// Sets of JSON values as intervals of their order.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "document/json_value.h"

namespace ashlar {

// A place between values: just before one, or just behind it.
struct ValueCut {
  JsonValue value;
  bool behind = false;

  static ValueCut before(JsonValue value) { return {std::move(value), false}; }
  static ValueCut after(JsonValue value) { return {std::move(value), true}; }
};
bool is_below(const ValueCut& a, const ValueCut& b);

// The values between two cuts; without `high`, all that follow `low`. The least cut lies before
// null.
struct ValueInterval {
  ValueCut low;
  std::optional<ValueCut> high;

  // One value, and that is it.
  bool is_point() const;
};

// [SET-1] Intervals are sorted, not empty, and do not touch.
//
// Threads: as a plain value.
class ValueSet {
 public:
  // No value.
  ValueSet() = default;
  static ValueSet all();
  static ValueSet point(const JsonValue& value);
  // Values of the same class as `like` (null, bool, number, string, array, object), from `low` to
  // `high` where given.
  static ValueSet within_class(const JsonValue& like, std::optional<ValueCut> low,
                               std::optional<ValueCut> high);

  const std::vector<ValueInterval>& intervals() const { return intervals_; }
  bool is_empty() const { return intervals_.empty(); }
  bool is_all() const;
  bool is_points() const;
  bool contains(const JsonValue& value) const;
  bool includes(const ValueSet& other) const;
  bool overlaps_arrays() const;

  ValueSet complement() const;
  friend ValueSet intersect(const ValueSet& a, const ValueSet& b);
  static ValueSet union_of(const std::vector<ValueSet>& sets);
  static ValueSet points(const std::vector<JsonValue>& values);

  // "= 5", "> 3 and <= 9", "5, 7": for people.
  std::string describe() const;

 private:
  explicit ValueSet(std::vector<ValueInterval> intervals);

  std::vector<ValueInterval> intervals_;
};

}  // namespace ashlar
