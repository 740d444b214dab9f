#include "table/table_format.h"

#include <cstring>

#include "base/checksum.h"
#include "base/coding.h"
#include "table/maplet.h"

namespace ashlar {
namespace {

constexpr std::size_t kTablePrefixOffset = 104;

uint32_t page_checksum(const char* page, uint64_t file_number, uint64_t page_number) {
  return crc32c({page, kPageContentBytes}, checksum_seed(file_number, page_number));
}

// True if `count` pages from `first` on are index pages.
bool in_index(const TableHeader& header, uint32_t first, uint32_t count) {
  return first >= header.first_index_page() && first <= header.page_count &&
         count <= header.page_count - first;
}

// What is wrong with the places that the header names, or null.
const char* find_misplacement(const TableHeader& header) {
  if (header.page_count == 0 || header.data_page_count >= header.page_count ||
      header.data_page_count > kMaximumDataPages) {
    return "page counts don't agree";
  }
  const uint64_t index_pages = header.page_count - header.first_index_page();
  if (header.index_offset % kPageBytes != 0 || header.index_offset < kPageBytes ||
      header.index_offset > header.file_bytes ||
      header.file_bytes - header.index_offset != index_pages * kPageBytes) {
    return "index offset and file length don't agree";
  }
  if (!header.compressed() &&
      header.index_offset != uint64_t{header.first_index_page()} * kPageBytes) {
    return "index offset and data page count don't agree";
  }
  if (header.compressed() && !in_index(header, header.group_directory_page,
                                       pages_for(header.group_count(), kGroupsPerDirectoryPage))) {
    return "group directory is out of place";
  }
  if (!in_index(header, header.fence_page, pages_for(header.data_page_count, kFencesPerPage))) {
    return "fences are out of place";
  }
  if (!in_index(header, header.maplet_page, pages_for(header.bucket_count, kBucketsPerPage))) {
    return "maplet is out of place";
  }
  if (header.range_tombstone_count > 0 && !in_index(header, header.range_tombstone_page, 1)) {
    return "range tombstones are out of place";
  }
  const bool has_entries = header.entry_count > 0;
  if (has_entries != (header.data_page_count > 0) || has_entries != (header.bucket_count > 0)) {
    return "number of entries and page counts don't agree";
  }
  return nullptr;
}

}  // namespace

Status damaged(const std::string& path, uint64_t offset, std::string_view what) {
  return Status::corruption(path + ": offset " + std::to_string(offset) + ": " + std::string(what));
}

void seal_page(char* page, uint64_t file_number, uint64_t page_number) {
  store(page + kPageContentBytes, page_checksum(page, file_number, page_number));
}

bool page_is_sealed(const char* page, uint64_t file_number, uint64_t page_number) {
  return load<uint32_t>(page + kPageContentBytes) == page_checksum(page, file_number, page_number);
}

void encode_table_header(const TableHeader& header, char* page) {
  std::memset(page, 0, kPageBytes);
  store(page, kTableMagic);
  store(page + 4, kTableVersion);
  store(page + 8, header.entry_count);
  store(page + 16, header.index_offset);
  store(page + 24, header.file_number);
  store(page + 32, header.page_count);
  store(page + 36, header.data_page_count);
  store(page + 40, static_cast<uint32_t>(header.compression));
  store(page + 44, header.group_directory_page);
  store(page + 48, header.fence_page);
  store(page + 52, header.maplet_page);
  store(page + 56, header.bucket_count);
  store(page + 60, header.range_tombstone_page);
  store(page + 64, header.range_tombstone_count);
  store(page + 68, static_cast<uint16_t>(header.prefix.size()));
  store(page + 72, header.smallest_sequence);
  store(page + 80, header.largest_sequence);
  store(page + 88, header.tombstone_count);
  store(page + 96, header.file_bytes);
  std::memcpy(page + kTablePrefixOffset, header.prefix.data(), header.prefix.size());
  seal_page(page, header.file_number, 0);
}

Result<TableHeader> decode_table_header(const char* page, const std::string& path) {
  if (load<uint32_t>(page) != kTableMagic) return damaged(path, 0, "is not a table");
  TableHeader header;
  header.file_number = load<uint64_t>(page + 24);
  if (!page_is_sealed(page, header.file_number, 0)) {
    return damaged(path, 0, "header checksum does not match");
  }
  if (load<uint32_t>(page + 4) != kTableVersion) {
    return Status::unsupported(path + ": table version " +
                               std::to_string(load<uint32_t>(page + 4)) + " is not known");
  }
  header.entry_count = load<uint64_t>(page + 8);
  header.index_offset = load<uint64_t>(page + 16);
  header.page_count = load<uint32_t>(page + 32);
  header.data_page_count = load<uint32_t>(page + 36);
  const auto compression = load<uint32_t>(page + 40);
  header.group_directory_page = load<uint32_t>(page + 44);
  header.fence_page = load<uint32_t>(page + 48);
  header.maplet_page = load<uint32_t>(page + 52);
  header.bucket_count = load<uint32_t>(page + 56);
  header.range_tombstone_page = load<uint32_t>(page + 60);
  header.range_tombstone_count = load<uint32_t>(page + 64);
  const std::size_t prefix_bytes = load<uint16_t>(page + 68);
  header.smallest_sequence = load<uint64_t>(page + 72);
  header.largest_sequence = load<uint64_t>(page + 80);
  header.tombstone_count = load<uint64_t>(page + 88);
  header.file_bytes = load<uint64_t>(page + 96);
  if (compression > static_cast<uint32_t>(Compression::kZstd)) {
    return Status::unsupported(path + ": compression " + std::to_string(compression) +
                               " is not known");
  }
  header.compression = static_cast<Compression>(compression);
  if (prefix_bytes > kMaximumTablePrefixBytes) return damaged(path, 68, "table prefix is too long");
  header.prefix.assign(page + kTablePrefixOffset, prefix_bytes);
  if (const char* problem = find_misplacement(header); problem != nullptr) {
    return damaged(path, 0, problem);
  }
  return header;
}

}  // namespace ashlar
