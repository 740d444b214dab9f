#include "document/json_number.h"

#include <gtest/gtest.h>

namespace ashlar {
namespace {

std::string decimal(std::string_view text) {
  const auto spelling = spell_number(text);
  if (!spelling) return "none";
  const DecimalNumber number(*spelling);
  return (number.negative ? "-0." : "0.") + number.digits + " e" +
         (number.exponent_negative ? "-" : "") + number.exponent;
}

TEST(JsonNumber, OnlyTheGrammarOfJsonIsTaken) {
  for (const std::string_view text :
       {"0", "-0", "10", "1.50", "1e5", "1E+05", "-1.0e-0", "0.0e0"}) {
    EXPECT_TRUE(spell_number(text)) << text;
  }
  for (const std::string_view text : {"", "-", "+1", "01", "-01", ".5", "1.", "1.e5", "1e", "1e+",
                                      "1 ", " 1", "1e5.0", "0x1", "1e1e1", "--1", "inf", "nan"}) {
    EXPECT_FALSE(spell_number(text)) << text;
  }
}

TEST(JsonNumber, DecimalFormHasNoZerosAtTheEnds) {
  EXPECT_EQ(decimal("1"), "0.1 e1");
  EXPECT_EQ(decimal("-120.50"), "-0.1205 e3");
  EXPECT_EQ(decimal("0.00120"), "0.12 e-2");
  EXPECT_EQ(decimal("0.1"), "0.1 e0");
  EXPECT_EQ(decimal("0.000e5"), "0. e2");
  EXPECT_EQ(decimal("1000e-3"), "0.1 e1");
  EXPECT_EQ(decimal("1000e-4"), "0.1 e0");
  EXPECT_EQ(decimal("1e0005"), "0.1 e6");
}

TEST(JsonNumber, ExponentsOfAnyLengthAreAddedExactly) {
  EXPECT_EQ(decimal("1e99999999999999999999"), "0.1 e100000000000000000000");
  EXPECT_EQ(decimal("0.01e100000000000000000000"), "0.1 e99999999999999999999");
  EXPECT_EQ(decimal("100e-100000000000000000001"), "0.1 e-99999999999999999998");
  EXPECT_EQ(decimal("0.001e-99999999999999999999"), "0.1 e-100000000000000000001");
  EXPECT_EQ(decimal("0.001e1"), "0.1 e-1");
  EXPECT_EQ(decimal("1e-1"), "0.1 e0");
  EXPECT_EQ(decimal("1e-3"), "0.1 e-2");
}

TEST(JsonNumber, DigitsAreAddedAndTaken) {
  std::string digits = "999999999999999999999";
  add_to_digits(&digits, 1);
  EXPECT_EQ(digits, "1000000000000000000000");
  take_from_digits(&digits, 1);
  EXPECT_EQ(digits, "999999999999999999999");
  add_to_digits(&digits, 18446744073709551615u);
  EXPECT_EQ(digits, "1018446744073709551614");
  digits = "18446744073709551615";
  take_from_digits(&digits, 18446744073709551615u);
  EXPECT_EQ(digits, "0");
}

TEST(JsonNumber, BigNumberGivesTheSmallestKind) {
  EXPECT_EQ(JsonValue::big_number("1").as_int(), 1);
  EXPECT_EQ(JsonValue::big_number("9223372036854775808").as_uint(), 9223372036854775808u);
  EXPECT_EQ(JsonValue::big_number("0.5").as_double(), 0.5);
  EXPECT_EQ(JsonValue::big_number("1e999").as_text(), "1e999");
  EXPECT_FALSE(parse_number("1x"));
}

}  // namespace
}  // namespace ashlar
