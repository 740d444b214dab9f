// The frame of a table file: pages, their checksums, and the header. The whole format, byte by
// byte, is in docs/FORMAT.md, "Table"; leaf.h, maplet.h and compression.h have the parts inside.
//
//   page 0   1 ... data page count   then, up to page count
//   +--------+----------------------+-----------------+--------+--------+------------------+
//   | header | leaves               | group directory | fences | maplet | range tombstones |
//   +--------+----------------------+-----------------+--------+--------+------------------+
//
// [TABLE-1] Every page ends in crc32c of its first 4092 bytes, seeded by (file number, page
// number). [TABLE-2] Whatever enters memory from a file was checked by its checksum and, data
// pages, by its
//           structure; it is not checked again on access.
// [TABLE-3] The header is written last, and a file is named by nothing before it is synced.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ashlar/options.h"
#include "ashlar/result.h"
#include "base/entry.h"
#include "base/limits.h"

namespace ashlar {

inline constexpr uint32_t kTableMagic = 0x0000DB01;
inline constexpr uint32_t kTableVersion = 1;
inline constexpr std::size_t kPageContentBytes = kPageBytes - 4;
inline constexpr std::size_t kMaximumTablePrefixBytes = 1024;
inline constexpr uint32_t kFencesPerPage = 511;
inline constexpr uint32_t kGroupsPerDirectoryPage = 511;
inline constexpr uint32_t kPagesPerGroup = kCompressedGroupBytes / kPageBytes;
inline constexpr std::size_t kGroupHeaderBytes = 8;
// Records have 24-bit positions in units of four bytes, so the header and all data pages lie in the
// first 64 MiB of the image.
inline constexpr std::size_t kPositionUnit = 4;
inline constexpr uint32_t kMaximumDataPages =
    (std::size_t{1} << 24) * kPositionUnit / kPageBytes - 1;

// Page 0. Fields as in docs/FORMAT.md.
struct TableHeader {
  uint64_t entry_count = 0;
  uint64_t index_offset = 0;
  uint64_t file_number = 0;
  uint32_t page_count = 0;
  uint32_t data_page_count = 0;
  Compression compression = Compression::kNone;
  uint32_t group_directory_page = 0;
  uint32_t fence_page = 0;
  uint32_t maplet_page = 0;
  uint32_t bucket_count = 0;
  uint32_t range_tombstone_page = 0;
  uint32_t range_tombstone_count = 0;
  SequenceNumber smallest_sequence = 0;
  SequenceNumber largest_sequence = 0;
  uint64_t tombstone_count = 0;
  uint64_t file_bytes = 0;
  std::string prefix;

  bool compressed() const { return compression != Compression::kNone; }
  std::size_t image_bytes() const { return std::size_t{page_count} * kPageBytes; }
  uint32_t first_index_page() const { return data_page_count + 1; }
  uint32_t group_count() const {
    return compressed() ? (data_page_count + kPagesPerGroup - 1) / kPagesPerGroup : 0;
  }
  bool is_data_page(uint32_t page) const { return page >= 1 && page <= data_page_count; }
};

inline constexpr uint32_t pages_for(uint64_t items, uint32_t items_per_page) {
  return static_cast<uint32_t>((items + items_per_page - 1) / items_per_page);
}

// Writes the page's checksum into its end.
void seal_page(char* page, uint64_t file_number, uint64_t page_number);
bool page_is_sealed(const char* page, uint64_t file_number, uint64_t page_number);

// Writes the whole page, sealed.
void encode_table_header(const TableHeader& header, char* page);
// Checks everything that can be said of the header alone, the checksum by the file number that the
// header itself names.
//   kCorruption   with `path`.
//   kUnsupported  written by a newer version.
Result<TableHeader> decode_table_header(const char* page, const std::string& path);

// "folder/000034.table: offset 8192: what".
Status damaged(const std::string& path, uint64_t offset, std::string_view what);

}  // namespace ashlar
