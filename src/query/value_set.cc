#include "query/value_set.h"

#include <algorithm>
#include <utility>

#include "document/json_order.h"
#include "document/json_text.h"

namespace ashlar {
namespace {

// So many points of a set are named to people.
constexpr std::size_t kDescribedIntervals = 5;

ValueCut least() {
  return ValueCut::before(JsonValue());
}

// Whether an interval that ends at `high` ends before `cut`, or there.
bool ends_by(const std::optional<ValueCut>& high, const ValueCut& cut) {
  return high && !is_below(cut, *high);
}

std::optional<ValueCut> lower(const std::optional<ValueCut>& a, const std::optional<ValueCut>& b) {
  if (!a) return b;
  if (!b) return a;
  return is_below(*b, *a) ? b : a;
}

// The class's first value, and the cut behind its last one. Numbers have no least: they begin
// behind true.
std::pair<ValueCut, std::optional<ValueCut>> bounds_of_class(const JsonValue& like) {
  const ValueCut strings = ValueCut::before(JsonValue::string(""));
  const ValueCut arrays = ValueCut::before(JsonValue::array());
  const ValueCut objects = ValueCut::before(JsonValue::object());
  switch (like.kind()) {
    case JsonValue::Kind::kNull:
      return {least(), ValueCut::after(JsonValue())};
    case JsonValue::Kind::kBool:
      return {ValueCut::before(JsonValue::boolean(false)),
              ValueCut::after(JsonValue::boolean(true))};
    case JsonValue::Kind::kString:
      return {strings, arrays};
    case JsonValue::Kind::kArray:
      return {arrays, objects};
    case JsonValue::Kind::kObject:
      return {objects, std::nullopt};
    default:
      return {ValueCut::after(JsonValue::boolean(true)), strings};
  }
}

std::string describe_interval(const ValueInterval& interval) {
  if (interval.is_point()) return "= " + to_json(interval.low.value);
  std::string text = interval.low.behind ? "> " : ">= ";
  text += to_json(interval.low.value);
  if (interval.high) {
    text += interval.high->behind ? " and <= " : " and < ";
    text += to_json(interval.high->value);
  }
  return text;
}

}  // namespace

bool is_below(const ValueCut& a, const ValueCut& b) {
  const std::weak_ordering order = compare_json(a.value, b.value);
  return order < 0 || (order == 0 && !a.behind && b.behind);
}

bool ValueInterval::is_point() const {
  return high && !low.behind && high->behind && compare_json(low.value, high->value) == 0;
}

ValueSet::ValueSet(std::vector<ValueInterval> intervals) {
  std::sort(intervals.begin(), intervals.end(),
            [](const ValueInterval& a, const ValueInterval& b) { return is_below(a.low, b.low); });
  for (ValueInterval& interval : intervals) {
    if (ends_by(interval.high, interval.low)) continue;  // empty
    if (intervals_.empty() ||
        (intervals_.back().high && is_below(*intervals_.back().high, interval.low))) {
      intervals_.push_back(std::move(interval));
      continue;
    }
    auto& end = intervals_.back().high;
    if (end && (!interval.high || is_below(*end, *interval.high))) end = interval.high;
  }
}

ValueSet ValueSet::all() {
  return ValueSet({{least(), std::nullopt}});
}

ValueSet ValueSet::point(const JsonValue& value) {
  ValueSet set;
  set.intervals_.push_back({ValueCut::before(value), ValueCut::after(value)});
  return set;
}

ValueSet ValueSet::points(const std::vector<JsonValue>& values) {
  std::vector<ValueInterval> intervals;
  for (const JsonValue& value : values) {
    intervals.push_back({ValueCut::before(value), ValueCut::after(value)});
  }
  return ValueSet(std::move(intervals));
}

ValueSet ValueSet::within_class(const JsonValue& like, std::optional<ValueCut> low,
                                std::optional<ValueCut> high) {
  auto [first, end] = bounds_of_class(like);
  return ValueSet({{low ? std::move(*low) : std::move(first), high ? std::move(high) : end}});
}

bool ValueSet::is_all() const {
  return intervals_.size() == 1 && !intervals_.front().high &&
         !is_below(least(), intervals_.front().low);
}

bool ValueSet::is_points() const {
  return std::all_of(intervals_.begin(), intervals_.end(),
                     [](const ValueInterval& interval) { return interval.is_point(); });
}

bool ValueSet::contains(const JsonValue& value) const {
  return includes(point(value));
}

bool ValueSet::includes(const ValueSet& other) const {
  return intersect(*this, other).intervals_.size() == other.intervals_.size() &&
         intersect(complement(), other).is_empty();
}

bool ValueSet::overlaps_arrays() const {
  // What ends among values of a class before arrays, as most sets do.
  const bool ends_before =
      std::all_of(intervals_.begin(), intervals_.end(), [](const ValueInterval& interval) {
        return interval.high && !interval.high->value.is_array() &&
               !interval.high->value.is_object();
      });
  if (ends_before) return false;
  return !intersect(*this, within_class(JsonValue::array(), {}, {})).is_empty();
}

ValueSet ValueSet::complement() const {
  std::vector<ValueInterval> gaps;
  std::optional<ValueCut> from = least();
  for (const ValueInterval& interval : intervals_) {
    gaps.push_back({*from, interval.low});
    from = interval.high;
    if (!from) break;
  }
  if (from) gaps.push_back({*from, std::nullopt});
  return ValueSet(std::move(gaps));
}

ValueSet intersect(const ValueSet& a, const ValueSet& b) {
  std::vector<ValueInterval> common;
  auto left = a.intervals_.begin();
  auto right = b.intervals_.begin();
  while (left != a.intervals_.end() && right != b.intervals_.end()) {
    const ValueCut& low = is_below(left->low, right->low) ? right->low : left->low;
    const auto high = lower(left->high, right->high);
    if (!ends_by(high, low)) common.push_back({low, high});
    const bool left_ends_first =
        left->high && (!right->high || is_below(*left->high, *right->high));
    ++(left_ends_first ? left : right);
  }
  return ValueSet(std::move(common));
}

ValueSet ValueSet::union_of(const std::vector<ValueSet>& sets) {
  std::vector<ValueInterval> all;
  for (const ValueSet& set : sets) {
    all.insert(all.end(), set.intervals_.begin(), set.intervals_.end());
  }
  return ValueSet(std::move(all));
}

std::string ValueSet::describe() const {
  if (is_all()) return "any value";
  if (is_empty()) return "no value";
  std::string text;
  for (std::size_t number = 0; number < intervals_.size(); ++number) {
    if (number == kDescribedIntervals) {
      return text + " or " + std::to_string(intervals_.size() - number) + " more";
    }
    text += (number == 0 ? "" : " or ") + describe_interval(intervals_[number]);
  }
  return text;
}

}  // namespace ashlar
