// Scalars against whole documents: what the fast reader finds is what a path finds in the document.
#include "document/json_scalars.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "document/document_test_support.h"
#include "document/json_order.h"

namespace ashlar {
namespace {

SingularPath path(std::string_view text) {
  auto parsed = SingularPath::parse(text);
  EXPECT_TRUE(parsed.ok()) << text;
  return std::move(parsed).value();
}

// What is found at the paths: "null", "true", #1.5, "text" or - for nothing; "" if the reader
// leaves the document to others.
std::string scalars_of(std::string_view text, const std::vector<const char*>& paths) {
  WantedScalars wanted;
  std::vector<std::size_t> places;
  for (const char* const one : paths) places.push_back(wanted.add(path(one)));
  std::vector<ScalarText> found(wanted.places());
  if (!read_scalars(text, wanted, found.data())) return "";
  std::string shown;
  for (const std::size_t place : places) {
    const ScalarText& scalar = found[place];
    switch (scalar.kind) {
      case ScalarText::Kind::kMissing:
        shown += "-";
        break;
      case ScalarText::Kind::kNull:
        shown += "null";
        break;
      case ScalarText::Kind::kFalse:
      case ScalarText::Kind::kTrue:
        shown += scalar.kind == ScalarText::Kind::kTrue ? "true" : "false";
        break;
      case ScalarText::Kind::kNumber:
        shown += "#" + std::string(scalar.text);
        break;
      case ScalarText::Kind::kString:
        shown += "\"" + std::string(scalar.text) + "\"";
        break;
    }
    shown += " ";
  }
  return shown;
}

TEST(JsonScalars, AreFoundWhereTheyStand) {
  constexpr std::string_view kText =
      R"( {"a": -1.50e1, "b": {"c": "x y", "d": true}, "e": null, "f": false, "g": [1]} )";
  EXPECT_EQ(scalars_of(kText, {"$.a", "$.b.c"}), "#-1.50e1 \"x y\" ");
  EXPECT_EQ(scalars_of(kText, {"$.b.d", "$.e", "$.f", "$.b.d"}), "true null false true ");
  EXPECT_EQ(scalars_of(kText, {"$.x", "$.a.x", "$.b.x", "$.e.x"}), "- - - - ");
  EXPECT_EQ(scalars_of(kText, {"$.a[0]", "$.b[0]", "$[0]"}), "- - - ");
}

TEST(JsonScalars, LeavesArraysObjectsAndStrangeTextsToOthers) {
  constexpr std::string_view kText = R"({"a":[1],"b":{"c":1}})";
  for (const char* const one : {"$.a", "$.a[0]", "$.a.c", "$.b", "$"}) {
    EXPECT_EQ(scalars_of(kText, {one}), "") << one;
  }
  EXPECT_EQ(scalars_of(kText, {"$.b.c", "$.b"}), "");
  for (const char* const text : {"1", "[]", "", R"({"a":"\n"})", R"({"\u0061":1})", R"({"a":1}x)",
                                 R"({"a":1,"a":2})", "{\"b\":\"\xff\"}", R"({"a":tru})"}) {
    EXPECT_EQ(scalars_of(text, {"$.a"}), "") << text;
  }
}

TEST(JsonScalars, HaveTheKeysOfTheirValuesWhereverTheyAreRead) {
  const char* const given = std::getenv("ASHLAR_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20'262;
  SCOPED_TRACE("ASHLAR_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  static const std::vector<const char*> kPaths = {"$.a",    "$.b",     "$.a.b", "$.b.a",
                                                  "$.a[0]", "$.c.a.b", "$.ab",  "$['é']"};
  int accepted = 0;
  int present = 0;
  for (int round = 0; round < 20'000; ++round) {
    JsonValue::Object members;
    for (const char* const name : {"a", "b", "c", "ab", "é"}) {
      if (random() % 2 == 0) {
        members.push_back({name, random_json(random, static_cast<int>(random() % 3))});
      }
    }
    const JsonValue document = JsonValue::object(std::move(members));
    const std::string text = to_json(document);
    WantedScalars wanted;
    std::vector<SingularPath> paths;
    std::vector<std::size_t> places;
    for (const char* const one : kPaths) {
      if (random() % 4 != 0) continue;
      paths.push_back(path(one));
      places.push_back(wanted.add(paths.back()));
    }
    std::vector<ScalarText> found(wanted.places());
    if (!read_scalars(text, wanted, found.data())) continue;
    ++accepted;
    for (std::size_t at = 0; at < paths.size(); ++at) {
      const JsonValue* const expected = paths[at].find(document);
      const ScalarText& scalar = found[places[at]];
      ASSERT_EQ(scalar.kind != ScalarText::Kind::kMissing, expected != nullptr)
          << text << " " << paths[at].to_string();
      if (expected != nullptr) ++present;
      const bool descending = random() % 2 == 0;
      std::string key;
      std::string expected_key;
      append_order_key(scalar, descending, &key);
      append_order_key(expected == nullptr ? JsonValue() : *expected, descending, &expected_key);
      ASSERT_EQ(key, expected_key) << text << " " << paths[at].to_string();
    }
  }
  EXPECT_GT(accepted, 4'000);
  EXPECT_GT(present, 1'000);
}

}  // namespace
}  // namespace ashlar
