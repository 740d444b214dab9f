#include "base/decimal.h"

#include <charconv>

namespace ashlar {

Result<int64_t> add_to_decimal(std::string_view text, int64_t delta) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Status::invalid_argument("increment: the value is no 64-bit integer");
  }
  int64_t sum = 0;
  if (__builtin_add_overflow(value, delta, &sum)) {
    return Status::invalid_argument("increment: the sum would overflow a 64-bit integer");
  }
  return sum;
}

}  // namespace ashlar
