#include "document/json_order.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "document/document_test_support.h"

namespace ashlar {
namespace {

std::string key(const JsonValue& value, bool descending = false) {
  std::string bytes;
  append_order_key(value, descending, &bytes);
  return bytes;
}

int sign(std::weak_ordering order) {
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

// Values in their order; those on one line are equal.
const std::vector<std::vector<const char*>> kOrder = {
    {"null"},
    {"false"},
    {"true"},
    {"-1e99999999999999999999999"},
    {"-1e999999999", "-10e999999998", "-0.01e1000000001"},
    {"-1.5e400", "-15e399"},
    {"-1e400"},
    {"-1.7976931348623157e308"},
    {"-18446744073709551617"},
    {"-18446744073709551616", "-1.8446744073709551616e19"},
    {"-9223372036854775809"},
    {"-9223372036854775808", "-9223372036854775808.0"},
    {"-9007199254740993"},
    {"-9007199254740992", "-9007199254740992.0"},
    {"-2"},
    {"-1.5"},
    {"-1", "-1.0"},
    {"-5e-324"},
    {"0", "-0", "0.0", "-0.0", "1e-999"},
    {"5e-324"},
    {"0.1"},
    {"0.10000000000000002"},
    {"1", "1.0", "1e0", "0.1e1"},
    {"1.0000000000000002"},
    {"2"},
    {"10"},
    {"9007199254740992", "9007199254740992.0"},
    {"9007199254740993"},
    {"9007199254740994", "9007199254740994.0"},
    {"9223372036854775807"},
    {"9223372036854775808", "9223372036854775808.0", "9.223372036854775808e18"},
    {"9223372036854775809"},
    {"18446744073709551615"},
    {"18446744073709551616", "18446744073709551616.0"},
    {"18446744073709551617"},
    {"99999999999999991611392", "9.999999999999999e22"},
    {"99999999999999991611393"},
    {"100000000000000000000000"},
    {"1.7976931348623157e308"},
    {"1.9e308"},
    {"1e309"},
    {"1e400", "10e399", "0.00001e405", "1000e397"},
    {"1.0000000000000000000000000000000000000001e400"},
    {"1.5e400"},
    {"1e401"},
    {"1e999999999"},
    {"1e99999999999999999999999", "100e99999999999999999999997"},
    {"\"\""},
    {R"("\u0000")"},
    {R"("\u0000\u0000")"},
    {R"("\u0001")"},
    {R"("A")"},
    {R"("a")"},
    {R"("a\u0000")"},
    {R"("a\u0001")"},
    {R"("aa")"},
    {R"("b")"},
    {R"("\u00e9")"},
    {R"("\uffff")"},
    {R"("\ud83d\ude00")"},
    {"[]"},
    {"[null]"},
    {"[null,null]"},
    {"[1]", "[1.0]"},
    {"[1,0]"},
    {"[1,\"\"]"},
    {"[2]"},
    {"[\"a\"]"},
    {"[\"a\",\"b\"]"},
    {"[\"ab\"]"},
    {"[[]]"},
    {"[[],[]]"},
    {"[[1]]"},
    {"[{}]"},
    {"{}"},
    {R"({"":1})"},
    {R"({"a":1})", R"({"a":1.0})"},
    {R"({"a":1,"b":2})", R"({"b":2,"a":1})"},
    {R"({"a":1,"c":0})"},
    {R"({"a":2})"},
    {R"({"a":[]})"},
    {R"({"a\u0000":0})"},
    {R"({"aa":0})"},
    {R"({"b":0})"},
};

TEST(JsonOrder, ValuesAndKeysHaveTheWrittenOrder) {
  for (std::size_t i = 0; i < kOrder.size(); ++i) {
    for (std::size_t j = 0; j < kOrder.size(); ++j) {
      const int expected = i < j ? -1 : i > j ? 1 : 0;
      for (const char* a : kOrder[i]) {
        for (const char* b : kOrder[j]) {
          const JsonValue x = json(a);
          const JsonValue y = json(b);
          EXPECT_EQ(sign(compare_json(x, y)), expected) << a << " and " << b;
          EXPECT_EQ(sign(key(x) <=> key(y)), expected) << a << " and " << b;
          EXPECT_EQ(sign(key(x, true) <=> key(y, true)), -expected) << a << " and " << b;
        }
      }
    }
  }
}

TEST(JsonOrder, IntegersAroundTheLargestDoubleAreInTheirOrder) {
  // The largest double is 2^1024 - 2^971; integers are compared with it exactly.
  const std::string largest_but_last_digit =
      "1797693134862315708145274237317043567980705675258449965989174768031572607800285387605895"
      "5863276687817154045895351438246423432132688946418276846754670353751698604991057655128207"
      "6245490090389328944075868508455133942304583236903222948165808559332123348274797826204144"
      "72316873817718091929988125040402618412485836";
  const JsonValue below = json(largest_but_last_digit + "7");
  const JsonValue equal = json("1.7976931348623157e308");
  const JsonValue same = json(largest_but_last_digit + "8");
  const JsonValue above = json(largest_but_last_digit + "9");
  EXPECT_EQ(below.kind(), JsonValue::Kind::kBigNumber);
  EXPECT_TRUE(compare_json(below, equal) < 0);
  EXPECT_TRUE(compare_json(same, equal) == 0);
  EXPECT_TRUE(compare_json(above, equal) > 0);
  EXPECT_TRUE(compare_json(above, json("1.8e308")) < 0);
  EXPECT_TRUE(compare_json(above, json("1e309")) < 0);
  for (const JsonValue& value : {below, same, equal, above}) {
    const std::string bytes = key(value);
    std::string_view left = bytes;
    const auto back = take_order_key(&left, false);
    ASSERT_TRUE(back.ok()) << back.status().to_string();
    EXPECT_TRUE(compare_json(*back, value) == 0);
  }
}

TEST(JsonOrder, BytesAreThoseOfTheExample) {
  EXPECT_EQ(key(json(R"(["a",1])")), std::string("\x18\x10"
                                                 "a\0\0\x09\xbf\xf0\0\0\0\0\0\0\x01\0",
                                                 16));
  EXPECT_EQ(key(json("9007199254740993")), std::string("\x09\xc3\x40\0\0\0\0\0\0\x02\x01\x01", 12));
  EXPECT_EQ(key(json("1.25e400")), std::string("\x0a\x03"
                                               "401\x0d\x33\0",
                                               8));
}

TEST(JsonOrder, KeysStandOneBehindTheOther) {
  const std::vector<std::string> values = {"null",           "\"a\"", "1e400",
                                           "[1,{\"x\":[]}]", "-7",    "18446744073709551617"};
  std::string bytes;
  for (std::size_t i = 0; i < values.size(); ++i)
    append_order_key(json(values[i]), i % 2 == 1, &bytes);
  std::string_view left = bytes;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto value = take_order_key(&left, i % 2 == 1);
    ASSERT_TRUE(value.ok()) << value.status().to_string();
    EXPECT_TRUE(compare_json(*value, json(values[i])) == 0);
  }
  EXPECT_TRUE(left.empty());
}

TEST(JsonOrder, NumbersComeBackInTheSmallestKind) {
  const auto back = [](std::string_view text) {
    const std::string bytes = key(json(text));
    std::string_view left = bytes;
    auto value = take_order_key(&left, false);
    return value.ok() ? to_json(*value) : value.status().to_string();
  };
  EXPECT_EQ(back("1.0"), "1");
  EXPECT_EQ(back("-0.0"), "0");
  EXPECT_EQ(back("0.5"), "0.5");
  EXPECT_EQ(back("9223372036854775808.0"), "9223372036854775808");
  EXPECT_EQ(back("9007199254740993"), "9007199254740993");
  EXPECT_EQ(back("-9223372036854775809"), "-9223372036854775809");
  EXPECT_EQ(back("100000000000000000000000"), "100000000000000000000000");
  EXPECT_EQ(back("0.0125e402"), "1.25e400");
  EXPECT_EQ(back("-1e99999999999999999999999"), "-1e99999999999999999999999");
}

TEST(JsonOrder, WrongKeysAreCorruption) {
  const std::vector<std::string> wrong = {
      "",
      std::string("\x00", 1),
      "\x04",
      "\x10",
      std::string("\x10"
                  "a\0",
                  3),
      std::string("\x10"
                  "a\0\x01",
                  4),
      std::string("\x10\xff\0\0", 4),
      "\x18",
      "\x18\x01",
      std::string("\x20\x01\0", 3),
      // Members that are not sorted, and one twice.
      std::string("\x20\x10"
                  "b\0\0\x01\x10"
                  "a\0\0\x01\0",
                  13),
      std::string("\x20\x10"
                  "a\0\0\x01\x10"
                  "a\0\0\x01\0",
                  13),
      // Infinity, -0, a wrong tie, a rest where there is none, a rest that is cut off.
      std::string("\x09\xff\xf0\0\0\0\0\0\0\x01", 10),
      std::string("\x09\x7f\xff\xff\xff\xff\xff\xff\xff\x01", 10),
      std::string("\x09\xbf\xf0\0\0\0\0\0\0\x03", 10),
      std::string("\x09\xbf\xf0\0\0\0\0\0\0\x02\x01\x01", 12),
      std::string("\x09\xc3\x40\0\0\0\0\0\0\x02\x01", 11),
      // A rest of nothing, of more than the double leaves out, with a zero in front.
      std::string("\x09\xc3\x40\0\0\0\0\0\0\x02\0", 11),
      std::string("\x09\xc3\x40\0\0\0\0\0\0\x02\x01\x02", 12),
      std::string("\x09\xc3\x40\0\0\0\0\0\0\x02\x02\0\x01", 13),
      // Decimals: cut off, no digits, a number that a double holds, a wrong digit, a zero in front.
      std::string("\x0a\x03"
                  "401\x0d",
                  6),
      std::string("\x0a\x03"
                  "401\0",
                  6),
      std::string("\x0a\x01"
                  "1\x0d\0",
                  5),
      std::string("\x0a\x03"
                  "401\x66\0",
                  7),
      std::string("\x0a\x04"
                  "0401\x0d\0",
                  8),
      std::string("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                  "1",
                  11),
  };
  for (const std::string& bytes : wrong) {
    std::string_view left = bytes;
    const auto value = take_order_key(&left, false);
    ASSERT_FALSE(value.ok()) << ::testing::PrintToString(bytes) << ": " << to_json(*value);
    EXPECT_TRUE(value.status().is(StatusCode::kCorruption));
    EXPECT_EQ(left, bytes);
  }
}

TEST(JsonOrder, KeysNestedTooDeepAreCorruption) {
  const std::string bytes(100000, '\x18');
  std::string_view left = bytes;
  EXPECT_TRUE(take_order_key(&left, false).status().is(StatusCode::kCorruption));
}

TEST(JsonOrder, RandomValuesAreOrderedAsTheirKeysAndComeBack) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<JsonValue> values;
    for (int i = 0; i < 12; ++i) values.push_back(random_json(random, 3));
    for (const JsonValue& a : values) {
      for (const JsonValue& b : values) {
        const int expected = sign(compare_json(a, b));
        ASSERT_EQ(sign(key(a) <=> key(b)), expected) << seed << to_json(a) << to_json(b);
        ASSERT_EQ(sign(key(b, true) <=> key(a, true)), expected) << seed;
        ASSERT_EQ(sign(compare_json(b, a)), -expected) << seed;
        const bool begins_with = key(b).starts_with(key(a));
        ASSERT_EQ(begins_with, expected == 0) << seed;
      }
      for (const bool descending : {false, true}) {
        const std::string bytes = key(a, descending);
        std::string_view left = bytes;
        const auto back = take_order_key(&left, descending);
        ASSERT_TRUE(back.ok()) << seed << to_json(a) << back.status().to_string();
        ASSERT_TRUE(left.empty()) << seed;
        ASSERT_EQ(key(*back, descending), bytes) << seed;
      }
    }
  }
}

TEST(JsonOrder, DamagedKeysAreRefusedOrTheOneFormOfAnother) {
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    std::mt19937_64 random(seed);
    std::string bytes = key(random_json(random, 3));
    bytes[random() % bytes.size()] ^= static_cast<char>(random() % 255 + 1);
    std::string_view left = bytes;
    const auto value = take_order_key(&left, false);
    if (!value.ok()) continue;
    ASSERT_EQ(key(*value), bytes.substr(0, bytes.size() - left.size())) << seed;
  }
}

// Whole, with something behind, and cut off anywhere.
TEST(JsonOrder, KeysArePassedAsTheyAreTaken) {
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    std::mt19937_64 random(seed);
    const bool descending = random() % 2 == 0;
    std::string bytes = key(random_json(random, static_cast<int>(random() % 3)), descending);
    if (random() % 2 == 0) bytes += key(random_json(random, 0), descending);
    if (random() % 2 == 0) bytes.resize(random() % bytes.size());
    std::string_view taken = bytes;
    std::string_view passed = bytes;
    const bool ok = take_order_key(&taken, descending).ok();
    ASSERT_EQ(pass_order_key(&passed, descending).ok(), ok) << seed;
    ASSERT_TRUE(!ok || passed.size() == taken.size()) << seed;
    const auto text = descending ? std::nullopt : text_in_order_key(bytes);
    std::string_view left = bytes;
    const auto value = take_order_key(&left, descending);
    if (!value.ok() || descending) continue;
    const bool plain = value->is_string() && value->as_text().find('\0') == std::string::npos;
    ASSERT_EQ(text.has_value(), plain) << seed;
    ASSERT_TRUE(!plain || *text == value->as_text()) << seed;
  }
}

}  // namespace
}  // namespace ashlar
