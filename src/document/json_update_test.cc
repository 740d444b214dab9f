#include "document/json_update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "document/document_test_support.h"
#include "document/json_arithmetic.h"
#include "document/json_merge.h"
#include "document/json_order.h"

namespace ashlar {
namespace {

using ::testing::HasSubstr;

SingularPath path(std::string_view text) {
  auto parsed = SingularPath::parse(text);
  EXPECT_TRUE(parsed.ok()) << text << ": " << parsed.status().to_string();
  return parsed.ok() ? std::move(*parsed) : SingularPath();
}

// The document after the update, or the error.
std::string updated(std::string_view document, const JsonUpdate& update) {
  JsonValue value = json(document);
  const Status status = update.apply(&value);
  if (status.ok()) return to_json(value);
  EXPECT_EQ(to_json(value), to_json(json(document))) << "changed in spite of the error";
  return std::string(status.message());
}

std::string set(std::string_view document, std::string_view where, std::string_view value) {
  return updated(document, JsonUpdate().set(path(where), json(value)));
}
std::string unset(std::string_view document, std::string_view where) {
  return updated(document, JsonUpdate().unset(path(where)));
}
std::string increment(std::string_view document, std::string_view where, std::string_view amount) {
  return updated(document, JsonUpdate().increment(path(where), json(amount)));
}
std::string append(std::string_view document, std::string_view where, std::string_view value) {
  return updated(document, JsonUpdate().append(path(where), json(value)));
}

TEST(JsonUpdate, AnEmptyUpdateChangesNothing) {
  EXPECT_TRUE(JsonUpdate().is_empty());
  EXPECT_EQ(updated(R"({"a":1})", JsonUpdate()), R"({"a":1})");
}

TEST(JsonUpdate, SetReplacesAndAdds) {
  EXPECT_EQ(set(R"({"a":1,"b":2})", "a", "[3]"), R"({"a":[3],"b":2})");
  EXPECT_EQ(set(R"({"a":1})", "b", "null"), R"({"a":1,"b":null})");
  EXPECT_EQ(set(R"({"a":[1,2]})", "a[0]", "9"), R"({"a":[9,2]})");
  EXPECT_EQ(set(R"({"a":[1,2]})", "a[-1]", "9"), R"({"a":[1,9]})");
  EXPECT_EQ(set(R"({"a":1})", "$", "[2]"), "[2]");
  EXPECT_EQ(set("[{\"a\":1}]", "$[0].a", "2"), "[{\"a\":2}]");
}

TEST(JsonUpdate, SetMakesWhatIsMissingOnTheWay) {
  EXPECT_EQ(set("{}", "a.b.c", "1"), R"({"a":{"b":{"c":1}}})");
  EXPECT_EQ(set(R"({"a":{"x":0}})", "a.b.c", "1"), R"({"a":{"x":0,"b":{"c":1}}})");
  EXPECT_EQ(set(R"({"a":[1]})", "a[1]", "2"), R"({"a":[1,2]})");
  EXPECT_EQ(set(R"({"a":[]})", "a[0].b", "2"), R"({"a":[{"b":2}]})");
}

TEST(JsonUpdate, SetRefusesPathsThroughOtherValues) {
  EXPECT_THAT(set(R"({"a":1})", "a.b", "1"),
              HasSubstr("operation 1 (set $['a']['b']): there is a number, not an object"));
  EXPECT_THAT(set(R"({"a":null})", "a.b", "1"), HasSubstr("there is null, not an object"));
  EXPECT_THAT(set(R"({"a":[]})", "a.b", "1"), HasSubstr("there is an array, not an object"));
  EXPECT_THAT(set(R"({"a":{}})", "a[0]", "1"), HasSubstr("there is an object, not an array"));
  EXPECT_THAT(set(R"({"a":"x"})", "a[0]", "1"), HasSubstr("there is a string, not an array"));
  EXPECT_THAT(set(R"({"a":true})", "a.b.c", "1"), HasSubstr("there is a boolean, not an object"));
  EXPECT_THAT(set("{}", "a[0]", "1"), HasSubstr("there is no array yet"));
  EXPECT_THAT(set(R"({"a":[1]})", "a[2]", "1"), HasSubstr("index 2 of an array of 1"));
  EXPECT_THAT(set(R"({"a":[1]})", "a[-2]", "1"), HasSubstr("index -2 of an array of 1"));
  EXPECT_THAT(set(R"({"a":[]})", "a[-1]", "1"), HasSubstr("index -1 of an array of 0"));
}

TEST(JsonUpdate, UnsetRemovesWhatIsThere) {
  EXPECT_EQ(unset(R"({"a":1,"b":2})", "a"), R"({"b":2})");
  EXPECT_EQ(unset(R"({"a":{"b":1}})", "a.b"), R"({"a":{}})");
  EXPECT_EQ(unset("[1,2,3]", "$[1]"), "[1,3]");
  EXPECT_EQ(unset("[1,2,3]", "$[-1]"), "[1,2]");
}

TEST(JsonUpdate, UnsetOfWhatIsNotThereChangesNothing) {
  for (const char* where : {"x", "a.x", "a[0]", "a.x.y", "l[2]", "l[-3]", "l.a", "n.a", "x[3]"}) {
    EXPECT_EQ(unset(R"({"a":{},"l":[1,2],"n":null})", where), R"({"a":{},"l":[1,2],"n":null})")
        << where;
  }
  EXPECT_THAT(unset("{}", "$"), HasSubstr("cannot be removed"));
}

TEST(JsonUpdate, IncrementAddsNumbers) {
  EXPECT_EQ(increment(R"({"a":1})", "a", "2"), R"({"a":3})");
  EXPECT_EQ(increment(R"({"a":1})", "a", "-2"), R"({"a":-1})");
  EXPECT_EQ(increment(R"({"a":1})", "a", "0.5"), R"({"a":1.5})");
  EXPECT_EQ(increment(R"({"a":1.5})", "a", "1"), R"({"a":2.5})");
  EXPECT_EQ(increment("{}", "a.b", "5"), R"({"a":{"b":5}})");
  EXPECT_EQ(increment("{}", "a", "0.5"), R"({"a":0.5})");
  EXPECT_EQ(increment("[]", "$[0]", "7"), "[7]");
  EXPECT_EQ(increment("1", "$", "1"), "2");
}

TEST(JsonUpdate, IncrementStaysInTheRangeOfItsKind) {
  EXPECT_EQ(increment("9223372036854775806", "$", "1"), "9223372036854775807");
  EXPECT_THAT(increment("9223372036854775807", "$", "1"), HasSubstr("out of range"));
  EXPECT_EQ(increment("-9223372036854775807", "$", "-1"), "-9223372036854775808");
  EXPECT_THAT(increment("-9223372036854775808", "$", "-1"), HasSubstr("out of range"));
  EXPECT_EQ(increment("9223372036854775808", "$", "1"), "9223372036854775809");
  EXPECT_EQ(increment("9223372036854775808", "$", "-1"), "9223372036854775807");
  EXPECT_EQ(increment("-1", "$", "18446744073709551615"), "18446744073709551614");
  EXPECT_EQ(increment("-9223372036854775808", "$", "9223372036854775808"), "0");
  EXPECT_THAT(increment("18446744073709551615", "$", "1"), HasSubstr("out of range"));
  EXPECT_THAT(increment("9223372036854775808", "$", "9223372036854775808"),
              HasSubstr("out of range"));
  EXPECT_THAT(increment("1.7e308", "$", "1.7e308"), HasSubstr("out of range"));
  EXPECT_THAT(increment("18446744073709551616", "$", "1"), HasSubstr("more than 64 bits"));
  EXPECT_THAT(increment("1", "$", "1e400"), HasSubstr("takes no sum"));
}

TEST(JsonUpdate, IncrementRefusesWhatIsNoNumber) {
  EXPECT_THAT(increment(R"({"a":"1"})", "a", "1"), HasSubstr("there is a string, not a number"));
  EXPECT_THAT(increment(R"({"a":null})", "a", "1"), HasSubstr("there is null, not a number"));
  EXPECT_THAT(increment(R"({"a":1})", "a", "\"1\""), HasSubstr("the amount is no number"));
  EXPECT_FALSE(add_numbers(json("1"), json("null")).ok());
}

TEST(JsonUpdate, AppendAddsAnElement) {
  EXPECT_EQ(append(R"({"a":[1]})", "a", "[2]"), R"({"a":[1,[2]]})");
  EXPECT_EQ(append("{}", "a", "1"), R"({"a":[1]})");
  EXPECT_EQ(append("{}", "a.b", "1"), R"({"a":{"b":[1]}})");
  EXPECT_EQ(append("[]", "$", "1"), "[1]");
  EXPECT_EQ(append("[]", "$[0]", "1"), "[[1]]");
  EXPECT_THAT(append(R"({"a":{}})", "a", "1"), HasSubstr("there is an object, not an array"));
  EXPECT_THAT(append(R"({"a":null})", "a", "1"), HasSubstr("there is null, not an array"));
}

TEST(JsonUpdate, OperationsSeeWhatTheOnesBeforeDid) {
  EXPECT_EQ(updated("{}", JsonUpdate()
                              .set(path("a.n"), json("1"))
                              .increment(path("a.n"), json("2"))
                              .append(path("l"), json("\"x\""))
                              .set(path("l[1]"), json("\"y\""))
                              .unset(path("l[0]"))
                              .merge(json(R"({"a":{"m":true}})"))),
            R"({"a":{"n":3,"m":true},"l":["y"]})");
}

TEST(JsonUpdate, AllOrNothing) {
  const JsonUpdate update =
      JsonUpdate().set(path("a"), json("2")).unset(path("b")).increment(path("c"), json("1"));
  EXPECT_THAT(updated(R"({"a":1,"b":1,"c":"x"})", update),
              HasSubstr("operation 3 (increment $['c']): there is a string"));
}

TEST(JsonUpdate, DepthIsLimited) {
  std::string deep;
  for (int i = 0; i < kMaximumJsonDepth - 1; ++i) deep += "[";
  deep += std::string(kMaximumJsonDepth - 1, ']');
  JsonValue document = json("{}");
  EXPECT_TRUE(JsonUpdate().set(path("a"), json(deep)).apply(&document).ok());
  EXPECT_TRUE(parse_json(to_json(document)).ok());
  JsonValue other = json("{}");
  EXPECT_TRUE(JsonUpdate().set(path("a.b"), json(deep)).apply(&other).is(StatusCode::kTooLarge));
  EXPECT_EQ(to_json(other), "{}");
  std::string long_path = "a";
  for (int i = 0; i < kMaximumJsonDepth; ++i) long_path += ".a";
  EXPECT_TRUE(JsonUpdate().set(path(long_path), json("1")).apply(&other).is(StatusCode::kTooLarge));
}

TEST(JsonUpdate, MergePatchOfTheAppendixOfRfc7386) {
  struct Example {
    const char* original;
    const char* patch;
    const char* result;
  };
  constexpr Example kExamples[] = {
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", "{}"},
      {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
      {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
      {R"({"a":"foo"})", "null", "null"},
      {R"({"a":"foo"})", R"("bar")", R"("bar")"},
      {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
      {"[1,2]", R"({"a":"b","c":null})", R"({"a":"b"})"},
      {"{}", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
  };
  for (const Example& example : kExamples) {
    EXPECT_EQ(updated(example.original, JsonUpdate().merge(json(example.patch))), example.result)
        << example.original << " with " << example.patch;
  }
}

TEST(JsonUpdate, MergingTwiceIsMergingOnce) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 random(seed);
    JsonValue once = random_json(random, 4);
    const JsonValue patch = random_json(random, 4);
    merge_patch(patch, &once);
    JsonValue twice = once;
    merge_patch(patch, &twice);
    ASSERT_EQ(to_json(twice), to_json(once)) << "seed " << seed << ": " << to_json(patch);
  }
}

TEST(JsonUpdate, WhatWasSetIsFoundAgain) {
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    std::mt19937_64 random(seed);
    JsonValue document = random_json(random, 3);
    const std::string before = to_json(document);
    std::string where = "$";
    for (uint64_t i = random() % 3 + 1; i > 0; --i) {
      where += random() % 2 == 0 ? "['a']" : "[" + std::to_string(random() % 3) + "]";
    }
    const JsonValue value = random_json(random, 2);
    const Status status = JsonUpdate().set(path(where), value).apply(&document);
    if (!status.ok()) {
      ASSERT_EQ(to_json(document), before) << "seed " << seed;
      continue;
    }
    const JsonValue* found = path(where).find(document);
    ASSERT_NE(found, nullptr) << "seed " << seed;
    ASSERT_EQ(to_json(*found), to_json(value)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace ashlar
