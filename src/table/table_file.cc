#include "table/table_file.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/checksum.h"
#include "base/coding.h"
#include "base/mutants.h"
#include "base/try.h"
#include "table/compression.h"
#include "table/leaf.h"

namespace ashlar {
namespace {

// Compressed bytes that are read in one piece, at least a group.
constexpr std::size_t kCompressedReadBytes = std::size_t{256} << 10;

}  // namespace

Result<std::unique_ptr<TableFile>> TableFile::open(Env& env, const std::string& path,
                                                   MemoryBudget* budget) {
  ASHLAR_TRY_ASSIGN(std::unique_ptr<File> file, env.open_file(path, {.mode = OpenMode::kRead}));
  ASHLAR_TRY_ASSIGN(const uint64_t bytes, file->size());
  if (bytes < kPageBytes) return damaged(path, bytes, "the file is too short for a table");
  std::unique_ptr<TableFile> table(new TableFile(std::move(file), budget));
  std::array<char, kPageBytes> page;
  ASHLAR_TRY(table->file_->read(0, page.data(), page.size()));
  ASHLAR_TRY_ASSIGN(table->header_, decode_table_header(page.data(), path));
  if (table->header_.file_bytes != bytes) {
    return damaged(path, bytes,
                   "the file should have " + std::to_string(table->header_.file_bytes) + " bytes");
  }
  table->file_->advise(0, bytes, File::Advice::kRandom);
  ASHLAR_TRY(table->load_groups());
  return table;
}

Status TableFile::load_groups() {
  const uint32_t count = header_.group_count();
  groups_.reserve(count);
  memory_.set(count * sizeof(Group));
  std::array<char, kPageBytes> page;
  uint64_t behind = kPageBytes;
  for (uint32_t group = 0; group < count; ++group) {
    const uint32_t slot = group % kGroupsPerDirectoryPage;
    const uint32_t number = header_.group_directory_page + group / kGroupsPerDirectoryPage;
    if (slot == 0) ASHLAR_TRY(load(number, 1, page.data()));
    const char* at = page.data() + slot * sizeof(uint64_t);
    const Group found{ashlar::load<uint32_t>(at), ashlar::load<uint32_t>(at + 4)};
    if (found.offset != behind || found.stored_bytes < kGroupHeaderBytes ||
        found.stored_bytes > kGroupHeaderBytes + kCompressedGroupBytes ||
        behind + found.stored_bytes > header_.index_offset) {
      return damaged(path(), file_offset(number), "the group directory is wrong");
    }
    behind += found.stored_bytes;
    groups_.push_back(found);
  }
  return {};
}

uint64_t TableFile::file_offset(uint32_t page) const {
  if (page >= header_.first_index_page()) {
    return header_.index_offset + uint64_t{page - header_.first_index_page()} * kPageBytes;
  }
  if (page > 0 && header_.compressed()) return groups_[group_of(page)].offset;
  return uint64_t{page} * kPageBytes;
}

Status TableFile::check_page(uint32_t page, const char* bytes) const {
  if (!page_is_sealed(bytes, header_.file_number, page) &&
      !ASHLAR_MUTANT("page-checksums-not-checked")) {
    return damaged(path(), file_offset(page),
                   "page " + std::to_string(page) + ": checksum does not match");
  }
  if (!header_.is_data_page(page)) return {};
  if (const char* problem = find_page_problem(bytes); problem != nullptr) {
    return damaged(path(), file_offset(page), "page " + std::to_string(page) + ": " + problem);
  }
  return {};
}

Status TableFile::load(uint32_t first, uint32_t count, char* to) const {
  ASHLAR_CHECK(count <= header_.page_count && first <= header_.page_count - count);
  if (header_.compressed() && header_.is_data_page(first)) return load_compressed(first, count, to);
  ASHLAR_TRY(file_->read(file_offset(first), to, std::size_t{count} * kPageBytes));
  for (uint32_t i = 0; i < count; ++i) {
    ASHLAR_TRY(check_page(first + i, to + std::size_t{i} * kPageBytes));
  }
  return {};
}

Status TableFile::load_compressed(uint32_t first, uint32_t count, char* to) const {
  ASHLAR_CHECK(first == first_page_of_group(group_of(first)));
  uint32_t group = group_of(first);
  const uint32_t end_group = group_of(first + count - 1) + 1;
  std::string stored;
  while (group < end_group) {
    const uint64_t start = groups_[group].offset;
    uint32_t end = group;
    std::size_t bytes = 0;
    do {
      bytes += groups_[end++].stored_bytes;
    } while (end < end_group && bytes + groups_[end].stored_bytes <= kCompressedReadBytes);
    stored.resize(bytes);
    ASHLAR_TRY(file_->read(start, stored.data(), bytes));
    for (; group < end; ++group) {
      const std::string_view piece = std::string_view(stored).substr(groups_[group].offset - start,
                                                                     groups_[group].stored_bytes);
      ASHLAR_TRY(decompress_group(
          group, piece, to + std::size_t{first_page_of_group(group) - first} * kPageBytes));
    }
  }
  return {};
}

Status TableFile::decompress_group(uint32_t group, std::string_view stored, char* to) const {
  const uint32_t first = first_page_of_group(group);
  const uint32_t pages = std::min(kPagesPerGroup, header_.data_page_count - first + 1);
  const std::string_view payload = stored.substr(kGroupHeaderBytes);
  uint32_t checksum = crc32c(stored.substr(0, 1), checksum_seed(header_.file_number, first));
  checksum = crc32c(payload, checksum);
  const auto compression = static_cast<unsigned char>(stored[0]);
  const bool known = compression <= static_cast<unsigned char>(Compression::kZstd) &&
                     stored.substr(1, 3) == std::string_view("\0\0\0", 3);
  if (!known || ashlar::load<uint32_t>(stored.data() + 4) != checksum) {
    return damaged(path(), groups_[group].offset,
                   "group " + std::to_string(group) + ": checksum does not match");
  }
  if (!decompress(static_cast<Compression>(compression), payload, to, pages * kPageBytes)) {
    return damaged(path(), groups_[group].offset,
                   "group " + std::to_string(group) + " does not decompress");
  }
  for (uint32_t i = 0; i < pages; ++i) {
    ASHLAR_TRY(check_page(first + i, to + std::size_t{i} * kPageBytes));
  }
  return {};
}

Result<std::vector<RangeTombstone>> TableFile::load_range_tombstones() const {
  std::vector<RangeTombstone> tombstones;
  if (header_.range_tombstone_count == 0) return tombstones;
  std::string bytes;
  std::array<char, kPageBytes> page;
  for (uint32_t number = header_.range_tombstone_page; number < header_.page_count; ++number) {
    ASHLAR_TRY(load(number, 1, page.data()));
    bytes.append(page.data(), kPageContentBytes);
  }
  ByteReader reader(bytes);
  for (uint32_t i = 0; i < header_.range_tombstone_count && reader.ok(); ++i) {
    RangeTombstone tombstone;
    tombstone.from = reader.prefixed();
    tombstone.to = reader.prefixed();
    tombstone.sequence = reader.varint();
    tombstones.push_back(std::move(tombstone));
  }
  if (!reader.ok()) {
    return damaged(path(), file_offset(header_.range_tombstone_page),
                   "range tombstones are cut off");
  }
  return tombstones;
}

}  // namespace ashlar
