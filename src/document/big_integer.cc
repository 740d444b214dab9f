#include "document/big_integer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace ashlar {
namespace {

constexpr int kLimbBits = 32;
constexpr std::size_t kLimbBytes = kLimbBits / 8;
constexpr std::size_t kChunkDigits = 9;  // a power of ten that a limb holds
constexpr uint32_t kChunk = 1'000'000'000;

uint32_t power_of_ten(std::size_t exponent) {
  uint32_t power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

}  // namespace

BigInteger BigInteger::from_digits(std::string_view digits) {
  ASHLAR_CHECK(digits.size() <= kMaximumDigits);
  BigInteger result;
  while (!digits.empty()) {
    const std::string_view chunk = digits.substr(0, kChunkDigits);
    uint32_t value = 0;
    for (const char digit : chunk) value = value * 10 + static_cast<uint32_t>(digit - '0');
    result.multiply_add(power_of_ten(chunk.size()), value);
    digits.remove_prefix(chunk.size());
  }
  return result;
}

BigInteger BigInteger::from_integer(uint64_t value) {
  BigInteger result;
  result.limbs_ = {static_cast<uint32_t>(value), static_cast<uint32_t>(value >> kLimbBits)};
  result.trim();
  return result;
}

BigInteger BigInteger::from_double(double value) {
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);  // in [0.5, 1)
  if (exponent <= 64) return from_integer(static_cast<uint64_t>(value));
  BigInteger result = from_integer(static_cast<uint64_t>(std::ldexp(fraction, kDoubleBits)));
  result.shift_left(exponent - kDoubleBits);
  return result;
}

BigInteger BigInteger::from_bytes(std::string_view bytes) {
  BigInteger result;
  result.limbs_.resize((bytes.size() + kLimbBytes - 1) / kLimbBytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[bytes.size() - 1 - i]);
    result.limbs_[i / kLimbBytes] |= uint32_t{byte} << (8 * (i % kLimbBytes));
  }
  result.trim();
  return result;
}

int BigInteger::bit_width() const {
  if (limbs_.empty()) return 0;
  return static_cast<int>(limbs_.size() - 1) * kLimbBits +
         static_cast<int>(std::bit_width(limbs_.back()));
}

std::string BigInteger::to_digits() const {
  BigInteger rest = *this;
  std::string reversed;
  while (!rest.is_zero()) {
    uint32_t chunk = rest.divide(kChunk);
    for (std::size_t i = 0; i < kChunkDigits; ++i, chunk /= 10) {
      reversed.push_back(static_cast<char>('0' + chunk % 10));
    }
  }
  reversed.erase(reversed.find_last_not_of('0') + 1);
  if (reversed.empty()) return "0";
  return {reversed.rbegin(), reversed.rend()};
}

std::string BigInteger::to_bytes() const {
  std::string bytes;
  for (int shift = (bit_width() + 7) / 8 * 8 - 8; shift >= 0; shift -= 8) {
    const uint32_t limb = limbs_[static_cast<std::size_t>(shift / kLimbBits)];
    bytes.push_back(static_cast<char>(limb >> (shift % kLimbBits)));
  }
  return bytes;
}

std::optional<BigInteger::Split> BigInteger::split() const {
  constexpr int kMaximumBits = std::numeric_limits<double>::max_exponent;
  if (bit_width() > kMaximumBits) return std::nullopt;
  BigInteger rest = *this;
  BigInteger whole = *this;
  const int cut = std::max(bit_width() - kDoubleBits, 0);
  const auto limb = static_cast<std::size_t>(cut / kLimbBits);
  const uint32_t mask = (uint32_t{1} << (cut % kLimbBits)) - 1;
  if (limb < limbs_.size()) {
    rest.limbs_.resize(limb + 1);
    rest.limbs_[limb] &= mask;
    whole.limbs_[limb] &= ~mask;
    std::fill_n(whole.limbs_.begin(), limb, 0);
  }
  rest.trim();
  whole.trim();
  double value = 0;  // every sum is exact, for no bit is lower than the 53rd
  for (std::size_t i = whole.limbs_.size(); i-- > 0;) {
    value += std::ldexp(whole.limbs_[i], static_cast<int>(i) * kLimbBits);
  }
  if (value == std::numeric_limits<double>::max() && !rest.is_zero()) return std::nullopt;
  return Split{value, std::move(rest)};
}

void BigInteger::add(const BigInteger& other) {
  limbs_.resize(std::max(limbs_.size(), other.limbs_.size()) + 1);
  uint64_t carry = 0;
  for (std::size_t i = 0; i < limbs_.size(); ++i) {
    carry += limbs_[i];
    if (i < other.limbs_.size()) carry += other.limbs_[i];
    limbs_[i] = static_cast<uint32_t>(carry);
    carry >>= kLimbBits;
  }
  trim();
}

void BigInteger::multiply_add(uint32_t factor, uint32_t addend) {
  uint64_t carry = addend;
  for (uint32_t& limb : limbs_) {
    carry += uint64_t{limb} * factor;
    limb = static_cast<uint32_t>(carry);
    carry >>= kLimbBits;
  }
  if (carry > 0) limbs_.push_back(static_cast<uint32_t>(carry));
}

uint32_t BigInteger::divide(uint32_t divisor) {
  uint64_t remainder = 0;
  for (std::size_t i = limbs_.size(); i-- > 0;) {
    remainder = remainder << kLimbBits | limbs_[i];
    limbs_[i] = static_cast<uint32_t>(remainder / divisor);
    remainder %= divisor;
  }
  trim();
  return static_cast<uint32_t>(remainder);
}

void BigInteger::shift_left(int bits) {
  multiply_add(uint32_t{1} << (bits % kLimbBits), 0);
  limbs_.insert(limbs_.begin(), static_cast<std::size_t>(bits / kLimbBits), 0);
}

void BigInteger::trim() {
  while (!limbs_.empty() && limbs_.back() == 0) limbs_.pop_back();
}

}  // namespace ashlar
