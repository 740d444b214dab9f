// Whole numbers of up to 1024 bits: those of doubles, and those between two of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar {

// Number of bits of the significand of a double.
inline constexpr int kDoubleBits = 53;

// A number that is not negative.
class BigInteger {
 public:
  // Any integer below 2^1024 has at most this many digits.
  static constexpr std::size_t kMaximumDigits = 309;

  // At most kMaximumDigits decimal digits.
  static BigInteger from_digits(std::string_view digits);
  static BigInteger from_integer(uint64_t value);
  // A finite double that is whole and not negative.
  static BigInteger from_double(double value);
  // Big-endian.
  static BigInteger from_bytes(std::string_view bytes);

  bool is_zero() const { return limbs_.empty(); }
  int bit_width() const;
  std::string to_digits() const;
  std::string to_bytes() const;  // no zero in front; empty: zero

  // Splits off the bits that a double cannot hold; nullopt if the number is above DBL_MAX.
  struct Split;
  std::optional<Split> split() const;

  void add(const BigInteger& other);

 private:
  void multiply_add(uint32_t factor, uint32_t addend);
  uint32_t divide(uint32_t divisor);  // returns the remainder
  void shift_left(int bits);
  void trim();

  std::vector<uint32_t> limbs_;  // the lowest first; the last is not 0
};

struct BigInteger::Split {
  double whole;  // the number with those bits zero
  BigInteger rest;
};

}  // namespace ashlar
