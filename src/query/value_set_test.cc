#include "query/value_set.h"

#include <gtest/gtest.h>

#include <vector>

#include "document/json_text.h"

namespace ashlar {
namespace {

JsonValue value_of(std::string_view text) {
  return parse_json(text).value();
}

// One value of each kind and several of some, in their order.
const std::vector<JsonValue>& samples() {
  static const std::vector<JsonValue> values = [] {
    std::vector<JsonValue> all;
    for (const char* text : {"null", "false", "true", "-5", "1", "2", "2.5", "3", "\"\"", "\"a\"",
                             "\"ab\"", "\"b\"", "[]", "[1]", "[1,2]", "{}", "{\"a\":1}"}) {
      all.push_back(value_of(text));
    }
    return all;
  }();
  return values;
}

// Which of the samples are in it.
std::vector<bool> members(const ValueSet& set) {
  std::vector<bool> in;
  for (const JsonValue& value : samples()) in.push_back(set.contains(value));
  return in;
}

std::vector<ValueSet> some_sets() {
  std::vector<ValueSet> sets{ValueSet(), ValueSet::all()};
  for (const JsonValue& low : samples()) {
    sets.push_back(ValueSet::point(low));
    sets.push_back(ValueSet::within_class(low, ValueCut::before(low), {}));
    sets.push_back(ValueSet::within_class(low, ValueCut::after(low), {}));
    sets.push_back(ValueSet::within_class(low, {}, ValueCut::before(low)));
  }
  sets.push_back(ValueSet::points({value_of("3"), value_of("1"), value_of("\"a\"")}));
  return sets;
}

TEST(ValueSet, OperationsAgreeWithMembership) {
  for (const ValueSet& a : some_sets()) {
    const auto in_a = members(a);
    const auto outside = members(a.complement());
    for (std::size_t at = 0; at < in_a.size(); ++at) EXPECT_NE(in_a[at], outside[at]);
    for (const ValueSet& b : some_sets()) {
      const auto in_b = members(b);
      const auto both = members(intersect(a, b));
      const auto any = members(ValueSet::union_of({a, b}));
      for (std::size_t at = 0; at < in_a.size(); ++at) {
        EXPECT_EQ(both[at], in_a[at] && in_b[at]);
        EXPECT_EQ(any[at], in_a[at] || in_b[at]);
        EXPECT_TRUE(in_a[at] || !in_b[at] || !a.includes(b));
      }
      EXPECT_TRUE(ValueSet::union_of({a, b}).includes(a));
      EXPECT_TRUE(a.includes(intersect(a, b)));
    }
  }
}

TEST(ValueSet, RangesStayWithinTheirClass) {
  const ValueSet numbers =
      ValueSet::within_class(value_of("1"), ValueCut::after(value_of("1")), {});
  EXPECT_TRUE(numbers.contains(value_of("1e300")));
  EXPECT_FALSE(numbers.contains(value_of("1")));
  EXPECT_FALSE(numbers.contains(value_of("\"\"")));
  EXPECT_FALSE(ValueSet::within_class(value_of("1"), {}, ValueCut::after(value_of("1")))
                   .contains(value_of("true")));
}

TEST(ValueSet, PointsThatAreEqualAreOne) {
  const ValueSet set = ValueSet::points({value_of("1"), value_of("1.0"), value_of("2")});
  EXPECT_EQ(set.intervals().size(), 2u);
  EXPECT_TRUE(set.is_points());
  EXPECT_FALSE(set.complement().is_points());
}

}  // namespace
}  // namespace ashlar
