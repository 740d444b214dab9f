// One operation, as it lies in the log and, the same bytes, in the memtable.
//
//   0           8           9
//   +-----------+-----------+----------------+-----+- - - - - - -+----------------+-------+--------+
//   | timestamp | operation | key length     | key | expires at  | value length   | value | crc32c |
//   | 8         | 1         | varint         |     | 8, if bit 4 | varint         |       | 4      |
//   +-----------+-----------+----------------+-----+- - - - - - -+----------------+-------+--------+
//
//   timestamp   microseconds since the epoch, the same for all operations of a commit
//   operation   bits 0..3: 1 set, 2 delete, 3 delete range (the value is the range's end; empty: no
//               end); bit 4: an expiry follows the key; bit 5: the value is a ValuePointer
//   expires at  milliseconds since the epoch
//   crc32c      of all bytes before it
//
// Example (timestamp 1, set "k" = "v"):
//   01 00 00 00 00 00 00 00 | 01 | 01 | 6b | 01 | 76 | 7c f6 18 d9
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ashlar/result.h"
#include "base/coding.h"
#include "base/entry.h"

namespace ashlar {

// Parts of the byte that says what an operation does.
namespace operation_code {
inline constexpr unsigned kKindMask = 0x0f;
inline constexpr unsigned kHasExpiry = 0x10;
inline constexpr unsigned kIsPointer = 0x20;
}  // namespace operation_code

struct Operation {
  uint64_t timestamp_us = 0;
  EntryKind kind = EntryKind::kSet;
  bool value_is_pointer = false;
  uint64_t expires_at_ms = 0;  // 0: never
  std::string_view key;
  std::string_view value;
  uint32_t checksum = 0;  // as stored; filled in by decoding
};

// Bytes that encode_operation() will append.
std::size_t encoded_operation_bytes(const Operation& operation);

// Appends the operation, with its checksum, which it returns.
uint32_t encode_operation(const Operation& operation, std::string* out);

// The operation at the front of `bytes`, whose views point into them; *consumed gets its length.
// Checks the structure, and the checksum if `verify`. kCorruption says what does not hold.
Result<Operation> decode_operation(std::string_view bytes, std::size_t* consumed,
                                   bool verify = true);

// The same for bytes that were encoded in this process. Inline, so that whoever copies parts of it
// need not wait for the whole to reach memory.
inline Operation decode_trusted_operation(const char* bytes) {
  Operation operation;
  operation.timestamp_us = load<uint64_t>(bytes);
  const auto code = static_cast<unsigned char>(bytes[8]);
  const char* const unbounded = bytes + (std::size_t{2} << 30);
  uint64_t length = 0;
  const char* at = load_varint(bytes + 9, unbounded, &length);
  operation.key = std::string_view(at, length);
  at += length;
  if ((code & operation_code::kHasExpiry) != 0) {
    operation.expires_at_ms = load<uint64_t>(at);
    at += 8;
  }
  at = load_varint(at, unbounded, &length);
  operation.value = std::string_view(at, length);
  operation.kind = static_cast<EntryKind>(code & operation_code::kKindMask);
  operation.value_is_pointer = (code & operation_code::kIsPointer) != 0;
  operation.checksum = load<uint32_t>(at + length);
  return operation;
}

}  // namespace ashlar
