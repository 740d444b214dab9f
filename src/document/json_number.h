// Numbers as JSON spells them (RFC 8259, section 6), and what kind of value holds each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "document/json_value.h"

namespace ashlar {

// The parts of a number's text; views into it.
struct NumberSpelling {
  bool negative = false;
  std::string_view integer;   // the digits in front of the point; at least one
  std::string_view fraction;  // the digits behind it
  std::string_view exponent;  // the digits behind the e and its sign
  bool exponent_negative = false;

  bool is_integer() const { return fraction.empty() && exponent.empty(); }
};

// Nullopt if `text` as a whole is no JSON number.
std::optional<NumberSpelling> spell_number(std::string_view text);

// The value in the smallest kind that holds it; monostate if no kind but text does. What is too
// small for a double is zero, as it is for every reader of doubles.
using NumberContent = std::variant<std::monostate, int64_t, uint64_t, double>;
NumberContent number_content(const NumberSpelling& spelling, std::string_view text);

// Nullopt if `text` as a whole is no JSON number.
std::optional<JsonValue> parse_number(std::string_view text);

// A number as 0.DIGITS * 10^EXPONENT, with no zero at either end of the digits. The exponent is
// text as well, since a document may hold 1e99999999999999999999.
struct DecimalNumber {
  bool negative = false;
  std::string digits;  // empty: zero
  bool exponent_negative = false;
  std::string exponent;  // without zeros in front; "0" if it is zero

  explicit DecimalNumber(const NumberSpelling& spelling);
};

// Adds to, or takes from, a number written as digits. The result of the latter must not be
// negative; it has no zeros in front.
void add_to_digits(std::string* digits, uint64_t amount);
void take_from_digits(std::string* digits, uint64_t amount);

}  // namespace ashlar
