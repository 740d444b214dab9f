// A value file: large values, each once, with their keys. The whole format is in docs/FORMAT.md.
//
//   page 0   then, each at a multiple of 8
//   +--------+--------+------------+--------------+-----+-------+- - -
//   | header | crc32c | key length | value length | key | value |
//   |        | 4      | 4          | 4            |     |       |
//   +--------+--------+------------+--------------+-----+-------+- - -
//
// Example (file 7, offset 4096, key "k", value "vvvv"):
//   ed 25 9b 3f | 01 00 00 00 | 04 00 00 00 | 6b | 76 76 76 76
//
// [VALUE-1] crc32c covers everything behind it and is seeded by (file number, offset of the
// record),
//           so that bytes verify only where they were written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ashlar/result.h"
#include "base/value_pointer.h"

namespace ashlar {

inline constexpr uint32_t kValueFileMagic = 0xDB01FA1E;
inline constexpr uint32_t kValueFileVersion = 1;
inline constexpr std::size_t kValueRecordHeaderBytes = 12;
inline constexpr std::size_t kValueRecordAlignment = 8;

// Which format the file has: that above, or the log's (table/segment_values.h).
enum class ValueFileKind : unsigned char { kRecords = 1, kSegment = 2 };

// What the manifest keeps about a value file.
struct ValueFileSummary {
  uint64_t file_number = 0;
  uint64_t file_bytes = 0;
  uint64_t record_count = 0;
  uint64_t value_bytes = 0;  // of the values alone
  // Of all bytes but the header page's checksum, that page last; of a segment, its header's.
  uint32_t file_checksum = 0;
  ValueFileKind kind = ValueFileKind::kRecords;
  bool in_key_order = true;  // records of neighbouring keys lie side by side

  friend bool operator==(const ValueFileSummary&, const ValueFileSummary&) = default;
};

struct ValueFileHeader {
  uint64_t file_number = 0;
  uint64_t file_bytes = 0;
  uint64_t record_count = 0;
};

// Writes the whole page.
void encode_value_file_header(const ValueFileHeader& header, char* page);
// kCorruption with `path`; kUnsupported if written by a newer version.
Result<ValueFileHeader> decode_value_file_header(const char* page, const std::string& path);

// Checksum of the record at `offset`, from its lengths on.
uint32_t value_record_checksum(uint64_t file_number, uint64_t offset, std::string_view key,
                               std::string_view value);

// The value that `pointer`, which was stored for `key`, leads to; `record` begins at its offset and
// is as long as it says, or longer. Without `verify` the record's checksum is compared with the
// pointer's, and its bytes are not. kCorruption with `path` and offset.
Result<std::string_view> value_of_record(std::string_view record, const ValuePointer& pointer,
                                         std::string_view key, bool verify,
                                         const std::string& path);

// Where the record behind this one begins.
inline constexpr uint64_t next_value_record(uint64_t offset, uint64_t key_bytes,
                                            uint64_t value_bytes) {
  const uint64_t end = offset + kValueRecordHeaderBytes + key_bytes + value_bytes;
  return (end + kValueRecordAlignment - 1) / kValueRecordAlignment * kValueRecordAlignment;
}

}  // namespace ashlar
