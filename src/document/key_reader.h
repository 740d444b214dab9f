// Takes the parts of an order key off its front.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "ashlar/status.h"

namespace ashlar {

// Gives the bytes as they are in ascending keys, whichever kind is read. At the end it gives zeros,
// and ok() is false from then on.
class KeyReader {
 public:
  KeyReader(std::string_view bytes, bool descending)
      : bytes_(bytes), mask_(descending ? '\xff' : '\0') {}

  bool ok() const { return ok_; }
  std::size_t offset() const { return at_; }
  // Whether what was taken since `start` is `ascending`.
  bool matches(std::size_t start, std::string_view ascending) const {
    const std::string_view taken = bytes_.substr(start, at_ - start);
    return std::equal(taken.begin(), taken.end(), ascending.begin(), ascending.end(),
                      [this](char a, char b) { return static_cast<char>(a ^ mask_) == b; });
  }

  // The next byte without taking it.
  unsigned char peek() {
    if (at_ < bytes_.size()) return static_cast<unsigned char>(bytes_[at_] ^ mask_);
    ok_ = false;
    return 0;
  }
  unsigned char byte() {
    const unsigned char value = peek();
    if (ok_) ++at_;
    return value;
  }
  // Appends what lies before the next zero, or before the end.
  void take_until_zero(std::string* out) {
    const std::size_t zero = std::min(bytes_.find(mask_, at_), bytes_.size());
    const std::size_t start = out->size();
    out->append(bytes_.substr(at_, zero - at_));
    if (mask_ != '\0') {
      for (std::size_t i = start; i < out->size(); ++i) {
        (*out)[i] = static_cast<char>((*out)[i] ^ mask_);
      }
    }
    at_ = zero;
  }
  // `inverted`: every bit of them, once more.
  std::string bytes(uint64_t count, bool inverted = false) {
    if (!ok_ || bytes_.size() - at_ < count) {
      ok_ = false;
      return {};
    }
    std::string result(bytes_.substr(at_, count));
    const char mask = inverted ? static_cast<char>(~mask_) : mask_;
    for (char& each : result) each = static_cast<char>(each ^ mask);
    at_ += count;
    return result;
  }
  uint64_t integer(bool inverted = false) {
    uint64_t value = 0;
    for (const char each : bytes(sizeof(value), inverted)) {
      value = value << 8 | static_cast<unsigned char>(each);
    }
    return value;
  }

  Status error(std::string_view what) const {
    return Status::corruption("order key: offset " + std::to_string(at_) + ": " +
                              std::string(what));
  }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  char mask_;
  bool ok_ = true;
};

}  // namespace ashlar
