#include "tools/json_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace ashlar::tools {
namespace {

using testing::StartsWith;

std::string error_of(std::string_view line) {
  return std::string(parse_json_line(line).status().message());
}

TEST(JsonLines, ValuesKeepTheirText) {
  const JsonLine entry =
      *parse_json_line(R"( {"key": "a\u00e9", "value": {"b": 1.10, "a": [1, 2]}} )");
  EXPECT_EQ(entry.key, "aé");
  EXPECT_EQ(entry.value, R"({"b":1.10,"a":[1,2]})");
  EXPECT_FALSE(entry.expires_at_ms.has_value());
}

TEST(JsonLines, EachKindOfValueHasItsForm) {
  EXPECT_EQ(format_json_line("k", "{\"a\":1}"), R"({"key": "k", "value": {"a":1}})");
  EXPECT_EQ(format_json_line("k", "text"), R"({"key": "k", "value_text": "text"})");
  EXPECT_EQ(format_json_line("k", "{\"a\": 1}"), R"({"key": "k", "value_text": "{\"a\": 1}"})");
  EXPECT_EQ(format_json_line("\xff", "\xff", 5),
            R"({"key_base64": "/w==", "value_base64": "/w==", "expires_at_ms": 5})");
}

TEST(JsonLines, AnyBytesComeBack) {
  std::mt19937 random(1);
  const std::string alphabet("{}[]\",:\\ \n0123456789truenl.-e\xc3\xa9\xff\0", 33);
  for (int round = 0; round < 20000; ++round) {
    std::string key;
    std::string value;
    for (auto length = random() % 8; length > 0; --length)
      key += alphabet[random() % alphabet.size()];
    for (auto length = random() % 12; length > 0; --length)
      value += alphabet[random() % alphabet.size()];
    const std::string line = format_json_line(key, value, round);
    ASSERT_EQ(line.find('\n'), std::string::npos);
    const auto entry = parse_json_line(line);
    ASSERT_TRUE(entry.ok()) << line << " " << entry.status().to_string();
    ASSERT_EQ(entry->key, key) << line;
    ASSERT_EQ(entry->value, value) << line;
    ASSERT_EQ(entry->expires_at_ms, round);
  }
}

TEST(JsonLines, ErrorsNameTheColumn) {
  EXPECT_THAT(error_of(R"({"key": "a", "value": })"), StartsWith("column 23: "));
  EXPECT_THAT(error_of("[1]"), StartsWith("column 1: an object"));
  EXPECT_THAT(error_of("{}"), StartsWith("column 2: \"key\""));
  EXPECT_THAT(error_of(R"({"key": "a"})"), StartsWith("column 12: \"value\""));
  EXPECT_THAT(error_of(R"({"key": 1, "value": 2})"), StartsWith("column 9: a string"));
  EXPECT_THAT(error_of(R"({"key": "a", "note": 1})"), StartsWith("column 14: unknown member"));
  EXPECT_THAT(error_of(R"({"key": "a", "key": "b", "value": 1})"),
              StartsWith("column 21: a second"));
  EXPECT_THAT(error_of(R"({"key": "a", "value": 1, "value_text": "b"})"),
              StartsWith("column 40: a second"));
  EXPECT_THAT(error_of(R"({"key_base64": "?", "value": 1})"), StartsWith("column 16: not base64"));
  EXPECT_THAT(error_of(R"({"key": "a", "value": 1, "expires_at_ms": -1})"),
              StartsWith("column 43: milliseconds"));
  EXPECT_THAT(error_of("\xff"), StartsWith("column 1: "));
}

TEST(JsonLines, DamagedLinesEndInAnErrorOrAnEntry) {
  const std::string good =
      R"({"key": "a\n", "value": {"b": [1, "x"]}, "expires_at_ms": 1900000000000})";
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char replacement : {'{', '}', '"', '\\', ',', ':', ' ', '\0', '\xff'}) {
      std::string bad = good;
      bad[at] = replacement;
      const auto entry = parse_json_line(bad);
      if (entry.ok()) continue;
      EXPECT_THAT(std::string(entry.status().message()), StartsWith("column "));
    }
    EXPECT_FALSE(parse_json_line(good.substr(0, at)).ok());
  }
}

}  // namespace
}  // namespace ashlar::tools
