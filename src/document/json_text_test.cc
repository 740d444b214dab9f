#include "document/json_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "document/document_test_support.h"

namespace ashlar {
namespace {

using ::testing::HasSubstr;

std::string rewritten(std::string_view text) {
  return to_json(json(text));
}

void expect_refused(std::string_view text, std::string_view why) {
  const auto value = parse_json(text);
  ASSERT_FALSE(value.ok()) << text << " was read as " << to_json(*value);
  EXPECT_TRUE(value.status().is(StatusCode::kInvalidArgument)) << text;
  EXPECT_THAT(std::string(value.status().message()), HasSubstr(why)) << text;
}

std::string nested(int depth) {
  const auto count = static_cast<std::size_t>(depth);
  return std::string(count, '[') + std::string(count, ']');
}

TEST(JsonText, CompactTextIsWrittenAsItWasRead) {
  for (const std::string_view text :
       {"null", "true", "false", "0", "-1", "1.5", "\"a\"", "[]", "{}", "[1,[2,{}],null]",
        R"({"b":1,"a":{"c":[true,false]},"":""})", "9223372036854775807", "-9223372036854775808",
        "18446744073709551615", "18446744073709551616", "-9223372036854775809", "1e400",
        "-1.50e+999999999999999999999"}) {
    EXPECT_EQ(rewritten(text), text);
  }
}

TEST(JsonText, WhiteSpaceIsLeftOut) {
  EXPECT_EQ(rewritten(" \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \n"), R"({"a":[1,2],"b":{}})");
  EXPECT_EQ(rewritten("  7  "), "7");
}

TEST(JsonText, NumbersAreOfTheKindThatHoldsThem) {
  EXPECT_EQ(json("9223372036854775807").kind(), JsonValue::Kind::kInt);
  EXPECT_EQ(json("9223372036854775808").kind(), JsonValue::Kind::kUint);
  EXPECT_EQ(json("18446744073709551616").kind(), JsonValue::Kind::kBigNumber);
  EXPECT_EQ(json("-9223372036854775809").kind(), JsonValue::Kind::kBigNumber);
  EXPECT_EQ(json("1.0").kind(), JsonValue::Kind::kDouble);
  EXPECT_EQ(json("1e308").kind(), JsonValue::Kind::kDouble);
  EXPECT_EQ(json("1e309").kind(), JsonValue::Kind::kBigNumber);
  EXPECT_EQ(json("1e-400").as_double(), 0);
  EXPECT_EQ(json("0e99999999999999999999").as_double(), 0);
  EXPECT_EQ(json("0.000001e-99999999999999999999").as_double(), 0);
}

TEST(JsonText, DoublesAreWrittenShortAndReadBackAsDoubles) {
  EXPECT_EQ(rewritten("0.1"), "0.1");
  EXPECT_EQ(rewritten("100.0"), "100.0");
  EXPECT_EQ(rewritten("1E2"), "100.0");
  EXPECT_EQ(rewritten("1e22"), "1e+22");
  EXPECT_EQ(rewritten("-0.0"), "-0.0");
  EXPECT_EQ(rewritten("5e-324"), "5e-324");
  EXPECT_EQ(rewritten("1.7976931348623157e308"), "1.7976931348623157e+308");
}

TEST(JsonText, StringsAreUnescapedAndEscapedWhereTheyMustBe) {
  EXPECT_EQ(json(R"("\"\\\/\b\f\n\r\tA\u00e9\ud83d\ude00")").as_text(),
            "\"\\/\b\f\n\r\tA\xc3\xa9\xf0\x9f\x98\x80");
  EXPECT_EQ(json(R"("a\u0000b")").as_text(), std::string("a\0b", 3));
  EXPECT_EQ(to_json(JsonValue::string(std::string("\0\x1f\"\\/\b\f\n\r\t\x7f", 11))),
            "\"\\u0000\\u001f\\\"\\\\/\\b\\f\\n\\r\\t\x7f\"");
  EXPECT_EQ(rewritten(R"({"\u0061\n":1})"), R"({"a\n":1})");
}

TEST(JsonText, WrongTextIsRefusedWithItsOffset) {
  expect_refused("", "offset 0: there is no value");
  expect_refused("  ", "offset 2: there is no value");
  expect_refused("tru", "offset 0");
  expect_refused("[nul]", "offset 1");
  expect_refused("01", "offset 0");
  expect_refused("[+1]", "offset 1");
  expect_refused("[1.]", "offset 1");
  expect_refused("[.5]", "offset 1");
  expect_refused("[1e]", "offset 1");
  expect_refused("[0x10]", "offset 1");
  expect_refused("NaN", "offset 0");
  expect_refused("[1,]", "offset 3");
  expect_refused("[1 2]", "offset 3");
  expect_refused("[,1]", "offset 1");
  expect_refused("{\"a\" 1}", "offset");
  expect_refused("{\"a\":}", "offset");
  expect_refused("{a:1}", "offset");
  expect_refused("{1:1}", "offset");
  expect_refused("{\"a\":1,}", "offset");
  expect_refused("[1", "not closed");
  expect_refused("{\"a\":[1}", "offset");
  expect_refused("]", "offset 0");
  expect_refused("\"abc", "offset 4: a string is not closed");
  expect_refused("[\"a\nb\"]", "offset 3: a control character");
  expect_refused(R"(["\x"])", "escape");
  expect_refused(R"(["\u12g4"])", "escape");
  expect_refused("'a'", "offset 0");
  expect_refused("// comment\n1", "offset 0");
}

TEST(JsonText, WhatFollowsTheValueIsRefused) {
  expect_refused("1 2", "offset 2: something follows");
  expect_refused("\"a\" x", "offset 4: something follows");
  expect_refused("[1][2]", "offset 3: something follows");
  expect_refused("{} {}", "offset 3: something follows");
  expect_refused("null,", "offset 4: something follows");
  expect_refused("[1] 2", "something follows");
}

TEST(JsonText, ANameMayStandOnlyOnceInAnObject) {
  expect_refused(R"({"a":1,"b":2,"a":3})", R"(offset 13: the name "a" a second time)");
  expect_refused(R"([{"x":{"k":1,"\u006b":2}}])", R"(offset 13: the name "k" a second time)");
  EXPECT_EQ(rewritten(R"([{"a":{"a":1}},{"a":2}])"), R"([{"a":{"a":1}},{"a":2}])");
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += "\"n" + std::to_string(i) + "\":{\"n1\":" + "1},";
  EXPECT_EQ(rewritten(many + "\"last\":1}"), many + "\"last\":1}");
  expect_refused(many + "\"n50\":1}",
                 "offset " + std::to_string(many.size()) + ": the name \"n50\"");
}

TEST(JsonText, WhatIsNotUtf8IsRefused) {
  expect_refused("\"a\xff\"", "offset 2: not UTF-8");
  expect_refused("\"\xc3\"", "offset 1: not UTF-8");
  expect_refused("\"\xed\xa0\x80\"", "offset 1: not UTF-8");
  expect_refused("\"\xc3\xa9\xf4\x90\x80\x80\"", "offset 3: not UTF-8");
}

TEST(JsonText, HalfASurrogatePairIsRefused) {
  expect_refused(R"("\ud800")", "offset 1: half a surrogate pair");
  expect_refused(R"("a\udc00")", "offset 2: half a surrogate pair");
  expect_refused(R"("\ud800\ud800")", "offset 1: half");
  expect_refused(R"("\ud800\u0061")", "offset 1: half");
  expect_refused(R"({"\udfff":1})", "offset 2: half");
  expect_refused(R"("\ud83d\ude00\ude00")", "offset 13: half");
  EXPECT_EQ(json(R"("\\ud800")").as_text(), "\\ud800");
}

TEST(JsonText, DepthIsLimited) {
  EXPECT_EQ(rewritten(nested(kMaximumJsonDepth)), nested(kMaximumJsonDepth));
  expect_refused(nested(kMaximumJsonDepth + 1), "nested deeper than 256");
  expect_refused(nested(100000), "nested deeper than 256");
  expect_refused(std::string(100000, '['), "not JSON");
  std::string objects;
  for (int i = 0; i <= kMaximumJsonDepth; ++i) objects += "{\"a\":";
  expect_refused(objects + "1" + std::string(kMaximumJsonDepth + 1, '}'), "nested deeper");
}

TEST(JsonText, AParserThatRefusedATextReadsTheNextOne) {
  for (int i = 0; i < 3; ++i) {
    expect_refused(R"({"a":1,"b":{"c":[1,2)", "not closed");
    expect_refused(R"({"a":1,"b":{"c":1,"c":2}})", "second time");
    EXPECT_EQ(rewritten(R"({"a":1,"b":{"c":1}})"), R"({"a":1,"b":{"c":1}})");
  }
}

TEST(JsonText, LargeDocumentsAreRead) {
  std::string text = "[\"" + std::string(3 << 20, 'x') + "\"";
  for (int i = 0; i < 100000; ++i) text += "," + std::to_string(i);
  text += "]";
  EXPECT_TRUE(rewritten(text) == text);
  EXPECT_EQ(rewritten("[1]"), "[1]");
}

TEST(JsonText, ThreadsReadAtTheSameTime) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([thread] {
      const std::string text = "{\"thread\":" + std::to_string(thread) + ",\"list\":[1.5,\"\\n\"]}";
      for (int i = 0; i < 500; ++i) EXPECT_EQ(rewritten(text), text);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(JsonText, RandomValuesAreReadBackAsTheyWere) {
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    std::mt19937_64 random(seed);
    const std::string text = to_json(random_json(random, 4));
    const auto again = parse_json(text);
    ASSERT_TRUE(again.ok()) << "seed " << seed << ": " << text << again.status().to_string();
    ASSERT_EQ(to_json(*again), text) << "seed " << seed;
  }
}

TEST(JsonText, DamagedTextIsReadOrRefusedButNeverMore) {
  const std::string text =
      R"({"a":[1,2.5e3,{"b":null,"c":"x\n\u00e9"}],"d":{"e":[[],{}]},"g":-12})";
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    std::mt19937_64 random(seed);
    std::string damaged = text;
    for (uint64_t i = random() % 3 + 1; i > 0; --i) {
      static constexpr std::string_view kBytes = "[]{},:\"\\u0 1ae-\xff\x01";
      damaged[random() % damaged.size()] = kBytes[random() % kBytes.size()];
    }
    const auto value = parse_json(damaged);
    if (!value.ok()) {
      ASSERT_FALSE(value.status().message().empty()) << "seed " << seed;
      continue;
    }
    const std::string written = to_json(*value);
    ASSERT_EQ(rewritten(written), written) << "seed " << seed << ": " << damaged;
  }
}

}  // namespace
}  // namespace ashlar
