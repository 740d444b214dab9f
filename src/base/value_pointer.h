// Where a large value lies: what a table stores in its place.
//
//   0             8         16       20       24
//   +-------------+---------+--------+--------+
//   | file number | offset  | length | crc32c |   crc32c is that of the value's record in the file
//   +-------------+---------+--------+--------+
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/coding.h"

namespace ashlar {

struct ValuePointer {
  uint64_t file_number = 0;
  uint64_t offset = 0;   // of the value's record in that file
  uint32_t length = 0;   // bytes of the value alone
  uint32_t checksum = 0;

  static constexpr std::size_t kEncodedBytes = 24;

  std::string encode() const {
    std::string out;
    append_fixed(&out, file_number);
    append_fixed(&out, offset);
    append_fixed(&out, length);
    append_fixed(&out, checksum);
    return out;
  }

  // False if `bytes` has another length than an encoded pointer.
  static bool decode(std::string_view bytes, ValuePointer* pointer) {
    if (bytes.size() != kEncodedBytes) return false;
    pointer->file_number = load<uint64_t>(bytes.data());
    pointer->offset = load<uint64_t>(bytes.data() + 8);
    pointer->length = load<uint32_t>(bytes.data() + 16);
    pointer->checksum = load<uint32_t>(bytes.data() + 20);
    return true;
  }

  friend bool operator==(const ValuePointer&, const ValuePointer&) = default;
};

}  // namespace ashlar
