#include "query/field_bounds.h"

#include <gtest/gtest.h>

#include "filter/filter.h"

namespace ashlar {
namespace {

std::string bounds_of(std::string_view filter, std::string_view field, bool single = true) {
  const Filter parsed = Filter::parse(filter).value();
  return field_bounds(parsed.root(), SingularPath::parse(field).value(), single).describe();
}

bool is_implied(std::string_view filter, std::string_view condition) {
  return implies(Filter::parse(filter).value().root(), Filter::parse(condition).value().root());
}

TEST(FieldBounds, ConditionsOnOneValueAreIntersected) {
  EXPECT_EQ(bounds_of("a > 1 and a <= 5 and b = 2", "$.a"), "> 1 and <= 5");
  EXPECT_EQ(bounds_of("a in (1, 7, 9) and a > 5", "$.a"), "= 7 or = 9");
  EXPECT_EQ(bounds_of("a = 1 and a = 2", "$.a"), "no value");
}

TEST(FieldBounds, OneConditionServesWhereThereAreManyValues) {
  EXPECT_EQ(bounds_of("a > 1 and a = 5", "$.a", false), "= 5");
  EXPECT_EQ(bounds_of("a = 1 and a = 2", "$.a", false), "= 1");
  EXPECT_EQ(bounds_of("any a ($ > 1 and $ < 5)", "$.a", false), "> 1 and < 5");
}

TEST(FieldBounds, AlternativesNeedBoundsInEachBranch) {
  EXPECT_EQ(bounds_of("a = 1 or a = 3", "$.a"), "= 1 or = 3");
  EXPECT_EQ(bounds_of("a = 1 or b = 3", "$.a"), "any value");
  EXPECT_EQ(bounds_of("not (a != 1 or b = 3)", "$.a"), "= 1");
}

TEST(FieldBounds, StringsBeginWithAPatternsPrefix) {
  EXPECT_EQ(bounds_of("a starts with \"ab\"", "$.a"), ">= \"ab\" and < \"ac\"");
  EXPECT_EQ(bounds_of("a matches /ab/", "$.a"), ">= \"\" and < []");
}

TEST(FieldBounds, ElementsHaveTheBoundsOfTheirFilter) {
  EXPECT_EQ(bounds_of("any c (d = 5 and e = 1)", "$.c.d", false), "= 5");
  EXPECT_EQ(bounds_of("any c (d = null)", "$.c.d", false), "any value");
  EXPECT_EQ(bounds_of("any c (d != 5)", "$.c.d", false), "any value");
  EXPECT_EQ(bounds_of("any c (d = 5)", "$.c", false), "any value");
}

TEST(FieldBounds, MissingIsNull) {
  EXPECT_EQ(bounds_of("a is missing", "$.a"), "= null");
  EXPECT_EQ(bounds_of("a exists", "$.a"), "any value");
  EXPECT_EQ(bounds_of("a = null", "$.a"), "= null");
}

TEST(Implication, FollowsFromTheSameConditionOrNarrowerValues) {
  EXPECT_TRUE(is_implied("a = 1 and b = 2", "b = 2"));
  EXPECT_TRUE(is_implied("a > 5", "a > 3"));
  EXPECT_FALSE(is_implied("a > 3", "a > 5"));
  EXPECT_TRUE(is_implied("a in (4, 5)", "a > 3 and a exists"));
  EXPECT_FALSE(is_implied("a = null", "a exists"));
  EXPECT_FALSE(is_implied("a != 5", "a exists"));
  EXPECT_FALSE(is_implied("a = 1 or b = 1", "a = 1"));
  EXPECT_TRUE(is_implied("a matches /^x/", "a is string"));
}

}  // namespace
}  // namespace ashlar
