#include "tools/json_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ashlar::tools {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(JsonText, CompactTextKeepsEverythingButWhiteSpace) {
  EXPECT_EQ(compact_json(" { \"b\" : [ 1.10 , 12345678901234567890123 ], \"a b\":null } "),
            R"({"b":[1.10,12345678901234567890123],"a b":null})");
  EXPECT_EQ(compact_json(R"("a \" b")"), R"("a \" b")");
}

TEST(JsonText, OnlyCompactJsonIsCompact) {
  for (const char* yes : {"1", "-0.5e3", "null", "\"x y\"", "{}", "{\"a\":[1,{}]}"}) {
    EXPECT_TRUE(is_compact_json(yes)) << yes;
  }
  for (const char* no : {"", "x", "1 ", "{\"a\": 1}", "{\"a\":1,}", "[1", "01", "nul", "\xff",
                         "\xef\xbb\xbf{}", "\"\xff\"", "1e999", "\"\\ud800\""}) {
    EXPECT_FALSE(is_compact_json(no)) << no;
  }
}

TEST(JsonText, ErrorsNameTheColumn) {
  EXPECT_TRUE(check_json("{\"a\": 1}").ok());
  EXPECT_THAT(std::string(check_json("{\"a\": x}").message()), StartsWith("column 7: "));
  EXPECT_THAT(std::string(check_json(std::string_view("[1]\0x", 5)).message()),
              StartsWith("column 4: "));
  EXPECT_THAT(std::string(check_json("").message()), StartsWith("column 1: "));
  EXPECT_THAT(std::string(check_json("[1e999]").message()), HasSubstr("number overflow"));
}

TEST(JsonText, ShowsOnOneLineOrSeveral) {
  const char* text = R"({"a":[1,{}],"b":[],"c":"x"})";
  EXPECT_EQ(show_json(text, {}), R"({"a": [1, {}], "b": [], "c": "x"})");
  EXPECT_EQ(show_json(text, {.indented = true}),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": [],\n  \"c\": \"x\"\n}");
}

TEST(JsonText, ColoursTellNamesFromStrings) {
  EXPECT_EQ(show_json(R"({"a":"b"})", {.coloured = true}),
            "{\x1b[34m\"a\"\x1b[0m: \x1b[32m\"b\"\x1b[0m}");
}

TEST(JsonText, ExtentEndsBehindTheFirstValue) {
  EXPECT_EQ(json_extent(R"({"}": [1]} x)"), 10u);
  EXPECT_EQ(json_extent(R"("a\"b" x)"), 6u);
  EXPECT_EQ(json_extent("12,"), 2u);
  EXPECT_EQ(json_extent("[1"), 0u);
  EXPECT_EQ(json_extent("\"a\\"), 0u);
}

}  // namespace
}  // namespace ashlar::tools
