// JSONPath against cases that others have agreed on: what the paths, documents and values in
// tests/data/jsonpath_cases.json are is the selection of the JSONPath Compliance Test Suite that
// concerns names, indexes, slices, filters, search and what stands between them (RFC 9535).
//
// "found" has [path, document, values in their order]; "refused" has paths that are none.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "document/json_path.h"
#include "document/json_text.h"

namespace ashlar {
namespace {

JsonValue cases() {
  std::ifstream file(ASHLAR_JSONPATH_CASES);
  std::stringstream text;
  text << file.rdbuf();
  auto parsed = parse_json(text.str());
  EXPECT_TRUE(parsed.ok()) << parsed.status().to_string();
  return parsed.ok() ? std::move(parsed).value() : JsonValue();
}

TEST(JsonPathCompliance, PathsFindWhatTheyMean) {
  const JsonValue all = cases();
  ASSERT_TRUE(all.is_object());
  for (const JsonValue& each : all.find("found")->as_array()) {
    const std::string& text = each.as_array()[0].as_text();
    const auto path = JsonPath::parse(text);
    ASSERT_TRUE(path.ok()) << text << ": " << path.status().to_string();
    JsonValue::Array found;
    for (const JsonValue* value : path->select(each.as_array()[1])) found.push_back(*value);
    EXPECT_EQ(to_json(JsonValue::array(std::move(found))), to_json(each.as_array()[2])) << text;
  }
  EXPECT_GT(all.find("found")->as_array().size(), 150u);
}

TEST(JsonPathCompliance, WhatIsNoPathIsRefused) {
  const JsonValue all = cases();
  ASSERT_TRUE(all.is_object());
  for (const JsonValue& each : all.find("refused")->as_array()) {
    const auto path = JsonPath::parse(each.as_text());
    EXPECT_TRUE(path.status().is(StatusCode::kInvalidArgument)) << each.as_text();
    EXPECT_FALSE(path.status().message().empty()) << each.as_text();
  }
  EXPECT_GT(all.find("refused")->as_array().size(), 120u);
}

// A singular path finds what the same path means as any path, or is refused because it may mean
// more; the one that may leave out "$." too.
TEST(JsonPathCompliance, SingularPathsAgree) {
  const JsonValue all = cases();
  ASSERT_TRUE(all.is_object());
  int singular = 0;
  for (const JsonValue& each : all.find("found")->as_array()) {
    const std::string& text = each.as_array()[0].as_text();
    const auto path = SingularPath::parse(text);
    if (!path.ok()) continue;
    ++singular;
    const JsonValue* const found = path->find(each.as_array()[1]);
    const JsonValue::Array& expected = each.as_array()[2].as_array();
    ASSERT_EQ(found == nullptr, expected.empty()) << text;
    EXPECT_TRUE(found == nullptr || to_json(*found) == to_json(expected.front())) << text;
  }
  for (const JsonValue& each : all.find("refused")->as_array()) {
    EXPECT_FALSE(SingularPath::parse(each.as_text()).ok()) << each.as_text();
  }
  EXPECT_GT(singular, 30);
}

}  // namespace
}  // namespace ashlar
