#include "document/number_key.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/try.h"
#include "document/big_integer.h"
#include "document/json_number.h"

namespace ashlar {
namespace {

constexpr char kTieBelow = '\x00';
constexpr char kTieExact = '\x01';
constexpr char kTieAbove = '\x02';
constexpr uint64_t kSignBit = uint64_t{1} << 63;
constexpr std::size_t kLongExponent = 0xff;  // from this length on, the length takes 8 bytes more

void append_big_endian(uint64_t value, std::string* out) {
  char bytes[sizeof value];
  for (std::size_t at = 0; at < sizeof value; ++at) {
    bytes[at] = static_cast<char>(value >> (8 * (sizeof value - 1 - at)));
  }
  out->append(bytes, sizeof bytes);
}

void invert(std::size_t from, std::string* bytes) {
  for (std::size_t i = from; i < bytes->size(); ++i) (*bytes)[i] = static_cast<char>(~(*bytes)[i]);
}

// Bits that order as the doubles do.
uint64_t ordered_bits(double value) {
  const auto bits = std::bit_cast<uint64_t>(value == 0 ? 0.0 : value);
  return (bits & kSignBit) != 0 ? ~bits : bits | kSignBit;
}

double double_of(uint64_t ordered) {
  return std::bit_cast<double>((ordered & kSignBit) != 0 ? ordered & ~kSignBit : ~ordered);
}

// `whole` and `rest` are those of the magnitude.
std::string key_among_doubles(bool negative, double whole, const std::string& rest) {
  std::string key(1, kNumberAmongDoubles);
  append_big_endian(ordered_bits(negative ? -whole : whole), &key);
  if (rest.empty()) {
    key.push_back(kTieExact);
    return key;
  }
  key.push_back(negative ? kTieBelow : kTieAbove);
  const std::size_t start = key.size();
  key.push_back(static_cast<char>(rest.size()));
  key.append(rest);
  if (negative) invert(start, &key);
  return key;
}

std::string integer_key(bool negative, uint64_t magnitude) {
  const int cut = std::max(static_cast<int>(std::bit_width(magnitude)) - kDoubleBits, 0);
  const uint64_t rest = magnitude & ((uint64_t{1} << cut) - 1);
  return key_among_doubles(negative, static_cast<double>(magnitude - rest),
                           BigInteger::from_integer(rest).to_bytes());
}

std::string decimal_key(const DecimalNumber& number) {
  std::string key(1, number.negative ? kNumberBelowDoubles : kNumberAboveDoubles);
  if (number.exponent.size() < kLongExponent) {
    key.push_back(static_cast<char>(number.exponent.size()));
  } else {
    key.push_back(static_cast<char>(kLongExponent));
    append_big_endian(number.exponent.size(), &key);
  }
  key.append(number.exponent);
  const std::string& digits = number.digits;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int low = i + 1 < digits.size() ? digits[i + 1] - '0' : 0;
    key.push_back(static_cast<char>((digits[i] - '0') * 10 + low + 1));
  }
  key.push_back('\0');
  if (number.negative) invert(1, &key);
  return key;
}

std::string big_number_key(std::string_view text) {
  const auto spelling = spell_number(text);
  ASHLAR_CHECK(spelling.has_value());
  if (spelling->is_integer() && spelling->integer.size() <= BigInteger::kMaximumDigits) {
    if (const auto split = BigInteger::from_digits(spelling->integer).split()) {
      return key_among_doubles(spelling->negative, split->whole, split->rest.to_bytes());
    }
  }
  return decimal_key(DecimalNumber(*spelling));
}

// Of a number that a double may not hold.
std::string number_key_with_rest(const JsonValue& number) {
  switch (number.kind()) {
    case JsonValue::Kind::kInt: {
      const int64_t value = number.as_int();
      const auto bits = static_cast<uint64_t>(value);
      return integer_key(value < 0, value < 0 ? 0 - bits : bits);
    }
    case JsonValue::Kind::kUint:
      return integer_key(false, number.as_uint());
    default:
      return big_number_key(number.as_text());
  }
}

JsonValue smallest_kind(double value) {
  if (value == std::trunc(value)) {
    if (value >= -0x1p63 && value < 0x1p63) return JsonValue::integer(static_cast<int64_t>(value));
    if (value >= 0 && value < 0x1p64) {
      return JsonValue::unsigned_integer(static_cast<uint64_t>(value));
    }
  }
  return JsonValue::number(value);
}

Result<JsonValue> take_among_doubles(KeyReader* reader) {
  const double whole = double_of(reader->integer());
  const char tie = static_cast<char>(reader->byte());
  if (!reader->ok()) return reader->error("cut off");
  if (!std::isfinite(whole)) return reader->error("a number that is not finite");
  if (tie == kTieExact) return smallest_kind(whole);
  if (tie != kTieBelow && tie != kTieAbove) return reader->error("a number with a wrong tie");
  const bool negative = tie == kTieBelow;
  const std::string length = reader->bytes(1, negative);
  const std::string rest =
      length.empty() ? "" : reader->bytes(static_cast<unsigned char>(length[0]), negative);
  if (!reader->ok()) return reader->error("cut off");
  // Only where a double leaves out bits, and only bits that it leaves out.
  const double magnitude = std::fabs(whole);
  if (magnitude < 0x1p53 || std::signbit(whole) != negative) {
    return reader->error("a rest where there is none");
  }
  BigInteger number = BigInteger::from_double(magnitude);
  number.add(BigInteger::from_bytes(rest));
  return *parse_number((negative ? "-" : "") + number.to_digits());
}

// The digits two by two, up to their end.
Result<std::string> take_digits(KeyReader* reader, bool negative) {
  std::string digits;
  while (true) {
    const std::string pair = reader->bytes(1, negative);
    if (pair.empty()) return reader->error("cut off");
    const int value = static_cast<unsigned char>(pair[0]) - 1;
    if (value < 0) break;
    if (value > 99) return reader->error("a number with wrong digits");
    digits.push_back(static_cast<char>('0' + value / 10));
    digits.push_back(static_cast<char>('0' + value % 10));
  }
  if (digits.empty()) return reader->error("a number without digits");
  if (digits.back() == '0') digits.pop_back();
  return digits;
}

// The text of 0.DIGITS * 10^EXPONENT: all digits where an integer just above DBL_MAX would be read
// as a double in any other form, else 1.25e400.
std::string spelled(std::string digits, std::string exponent) {
  if (exponent == std::to_string(BigInteger::kMaximumDigits) &&
      digits.size() <= BigInteger::kMaximumDigits) {
    digits.resize(BigInteger::kMaximumDigits, '0');
    return digits;
  }
  if (digits.size() > 1) digits.insert(1, ".");
  take_from_digits(&exponent, 1);
  return digits + "e" + exponent;
}

Result<JsonValue> take_beyond_doubles(KeyReader* reader, bool negative) {
  const std::string first = reader->bytes(1, negative);
  if (!reader->ok()) return reader->error("cut off");
  uint64_t length = static_cast<unsigned char>(first[0]);
  if (length == kLongExponent) length = reader->integer(negative);
  const std::string exponent = reader->bytes(length, negative);
  if (!reader->ok()) return reader->error("cut off");
  if (exponent.find_first_of("123456789") != 0 ||
      exponent.find_first_not_of("0123456789") != std::string::npos) {
    return reader->error("a number with a wrong exponent");
  }
  ASHLAR_TRY_ASSIGN(std::string digits, take_digits(reader, negative));
  auto number = parse_number((negative ? "-" : "") + spelled(std::move(digits), exponent));
  if (!number) return reader->error("a number with wrong digits");
  return std::move(*number);
}

}  // namespace

void append_number_key(const JsonValue& number, std::string* out) {
  constexpr int64_t kExactBelow = int64_t{1} << kDoubleBits;
  double exact = 0;
  if (number.kind() == JsonValue::Kind::kDouble) {
    exact = number.as_double();
  } else if (number.kind() == JsonValue::Kind::kInt && number.as_int() < kExactBelow &&
             number.as_int() > -kExactBelow) {
    exact = static_cast<double>(number.as_int());
  } else {
    out->append(number_key_with_rest(number));
    return;
  }
  out->push_back(kNumberAmongDoubles);
  append_big_endian(ordered_bits(exact), out);
  out->push_back(kTieExact);
}

std::string number_key(const JsonValue& number) {
  std::string key;
  append_number_key(number, &key);
  return key;
}

Result<JsonValue> take_number_key(KeyReader* reader) {
  const std::size_t start = reader->offset();
  const char type = static_cast<char>(reader->peek());
  reader->byte();
  auto number = type == kNumberAmongDoubles
                    ? take_among_doubles(reader)
                    : take_beyond_doubles(reader, type == kNumberBelowDoubles);
  if (!number.ok()) return number;
  // Each number has one key, so another one is damage.
  if (!reader->matches(start, number_key(*number))) {
    return reader->error("a number that is not in its one form");
  }
  return number;
}

}  // namespace ashlar
