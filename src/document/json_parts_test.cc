// Parts against whole documents: whatever the fast reader accepts, the full one does, and every
// wanted path finds the same in both.
#include "document/json_parts.h"

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

WantedParts wanted(const std::vector<const char*>& paths) {
  WantedParts parts;
  for (const char* const text : paths) parts.add(path(text));
  return parts;
}

// What is read, as text; "" if the reader leaves the document to parse_json().
std::string parts_of(std::string_view text, const std::vector<const char*>& paths) {
  JsonValue document;
  return read_parts(text, wanted(paths), &document) ? to_json(document) : "";
}

TEST(JsonParts, TakesWantedMembersOnly) {
  constexpr std::string_view kText =
      R"( {"a": 1, "b": {"c": [1, {"d": null}], "e": "x"}, "f": -2.5e1, "g": true} )";
  EXPECT_EQ(parts_of(kText, {}), "{}");
  EXPECT_EQ(parts_of(kText, {"$.a"}), R"({"a":1})");
  EXPECT_EQ(parts_of(kText, {"$.b.e", "$.g"}), R"({"b":{"e":"x"},"g":true})");
  EXPECT_EQ(parts_of(kText, {"$.b.e", "$.b"}), R"({"b":{"c":[1,{"d":null}],"e":"x"}})");
  EXPECT_EQ(parts_of(kText, {"$.f.none"}), R"({"f":-25.0})");
  EXPECT_EQ(parts_of(kText, {"$"}), to_json(json(kText)));
}

TEST(JsonParts, TakesArraysOnTheWayWhole) {
  constexpr std::string_view kText = R"({"items":[{"n":1,"m":2},[3],4],"z":0})";
  EXPECT_EQ(parts_of(kText, {"$.items.n"}), R"({"items":[{"n":1,"m":2},[3],4]})");
  EXPECT_EQ(parts_of(kText, {"$.items[0].n"}), R"({"items":[{"n":1,"m":2},[3],4]})");
}

TEST(JsonParts, UsesADocumentAgain) {
  JsonValue document = json(R"({"old":1,"older":{"x":2}})");
  ASSERT_TRUE(read_parts(R"({"a":[]})", wanted({"$.a"}), &document));
  EXPECT_EQ(to_json(document), R"({"a":[]})");
}

TEST(JsonParts, LeavesWhatItDoesNotKnowToTheFullReader) {
  const std::string deep = R"({"a":)" + std::string(40, '[') + std::string(40, ']') + "}";
  for (const std::string& text : {std::string(), std::string("1"), std::string("[]"), deep,
                                  std::string(R"({"a\u0062":1})"), std::string(R"({"a":"\n"})")}) {
    EXPECT_EQ(parts_of(text, {"$.a"}), "") << text;
  }
  EXPECT_EQ(parts_of(R"({"b":"\n","a":1})", {"$.a"}), R"({"a":1})");
}

TEST(JsonParts, RefusesWhatIsNoJson) {
  for (const char* const text : {R"({"a":1,})",
                                 R"({"a" 1})",
                                 R"({"a":1}x)",
                                 R"({"a":01})",
                                 R"({"a":1.})",
                                 R"({"a":1e})",
                                 R"({"a":-})",
                                 R"({"a":tru})",
                                 R"({"a":[1,]})",
                                 R"({"a":[1 2]})",
                                 R"({"a":1,"a":2})",
                                 R"({"b":{"c":1,"c":2}})",
                                 "{\"b\":\"\n\"}",
                                 "{\"b\":\"\xff\"}",
                                 "{\"\xc3\":1}",
                                 R"({"b":"\q"})",
                                 R"({"b":"x)",
                                 R"({"a")",
                                 "{",
                                 R"({"a":1)",
                                 "{\"a\":\"\xed\xa0\x80\"}"}) {
    EXPECT_FALSE(parse_json(text).ok()) << text;
    EXPECT_EQ(parts_of(text, {}), "") << text;
    EXPECT_EQ(parts_of(text, {"$.a"}), "") << text;
  }
}

TEST(JsonParts, TellsManyNamesApart) {
  std::string text = "{";
  for (int name = 0; name < 60; ++name) {
    text += "\"member" + std::to_string(name) + "\":" + std::to_string(name) + ",";
  }
  EXPECT_EQ(parts_of(text + "\"x\":1}", {"$.member59"}), R"({"member59":59})");
  EXPECT_EQ(parts_of(text + "\"member7\":1}", {"$.member59"}), "");
}

// Cuts out, puts in and changes bytes.
std::string damaged(std::string text, std::mt19937_64& random) {
  constexpr std::string_view kBytes = "{}[]\",:\\0 1.e-+tn\n\x80\xc3\xa9u";
  for (uint64_t left = random() % 3; left > 0 && !text.empty(); --left) {
    const std::size_t at = random() % text.size();
    const char byte = kBytes[random() % kBytes.size()];
    switch (random() % 3) {
      case 0:
        text.erase(at, 1 + random() % 3);
        break;
      case 1:
        text.insert(at, 1, byte);
        break;
      default:
        text[at] = byte;
    }
  }
  return text;
}

TEST(JsonParts, AgreeWithWholeDocuments) {
  const char* const given = std::getenv("ASHLAR_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20'261;
  SCOPED_TRACE("ASHLAR_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  static const std::vector<const char*> kPaths = {"$.a",    "$.b",     "$.a.b", "$.b.a",
                                                  "$.a[0]", "$.c.a.b", "$.ab",  "$['é']"};
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    JsonValue::Object members;
    for (const char* const name : {"a", "b", "c", "ab", "é"}) {
      if (random() % 2 == 0) members.push_back({name, random_json(random, 3)});
    }
    const std::string text = damaged(to_json(JsonValue::object(std::move(members))), random);
    WantedParts parts;
    std::vector<SingularPath> paths;
    for (const char* const one : kPaths) {
      if (random() % 3 != 0) continue;
      paths.push_back(path(one));
      parts.add(paths.back());
    }
    JsonValue document;
    if (!read_parts(text, parts, &document)) continue;
    ++accepted;
    const auto whole = parse_json(text);
    ASSERT_TRUE(whole.ok()) << text << ": " << whole.status().to_string();
    for (const SingularPath& one : paths) {
      const JsonValue* const part = one.find(document);
      const JsonValue* const expected = one.find(*whole);
      ASSERT_EQ(part != nullptr, expected != nullptr) << text << " " << one.to_string();
      if (part == nullptr) continue;
      ASSERT_EQ(to_json(*part), to_json(*expected)) << text;
    }
  }
  EXPECT_GT(accepted, 4'000);
}

}  // namespace
}  // namespace ashlar
