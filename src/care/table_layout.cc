#include "care/table_layout.h"

#include <algorithm>

#include "base/checksum.h"
#include "base/coding.h"
#include "base/try.h"
#include "table/compression.h"
#include "table/leaf.h"

namespace ashlar {
namespace {

// More pages than any table has: data pages, and their index.
constexpr uint32_t kMostPages = 2 * kMaximumDataPages + (1u << 16);
// Without a header, so many pages at the file's end are tried for the one that tells its number.
constexpr uint64_t kLastPagesTried = 8;

}  // namespace

Result<std::unique_ptr<TableLayout>> TableLayout::open(Env& env, const std::string& path,
                                                       uint64_t number) {
  ASHLAR_TRY_ASSIGN(auto file, env.open_file(path, {.mode = OpenMode::kRead}));
  ASHLAR_TRY_ASSIGN(const uint64_t bytes, file->size());
  std::unique_ptr<TableLayout> layout(new TableLayout(std::move(file), number, bytes));
  const Status headed = layout->read_header();
  if (!headed.ok()) {
    if (headed.is(StatusCode::kUnsupported)) return headed;
    ASHLAR_TRY(layout->find_header());
  }
  if (layout->header_.compressed()) layout->find_groups();
  return layout;
}

Status TableLayout::read_header() {
  std::array<char, kPageBytes> page;
  if (!read(0, page.data(), page.size())) return damaged(path(), 0, "the header can't be read");
  ASHLAR_TRY_ASSIGN(header_, decode_table_header(page.data(), path()));
  if (header_.file_number != number_) {
    return damaged(path(), 0, "is table " + std::to_string(header_.file_number));
  }
  has_header_ = true;
  return {};
}

// The last page whose number can be told gives the number of pages; counted back from there, the
// index begins where pages no longer follow one another. An uncompressed table is pages throughout.
Status TableLayout::find_header() {
  header_ = TableHeader{};
  header_.file_number = number_;
  header_.file_bytes = file_bytes_;
  const uint64_t file_pages = file_bytes_ / kPageBytes;
  std::array<char, kPageBytes> bytes;
  for (uint64_t back = 1; back <= std::min(kLastPagesTried, file_pages); ++back) {
    const uint64_t at = file_pages - back;
    if (!read(at * kPageBytes, bytes.data(), bytes.size())) continue;
    for (uint32_t page = 1; page < kMostPages; ++page) {
      if (!page_is_sealed(bytes.data(), number_, page)) continue;
      header_.page_count = page + static_cast<uint32_t>(back);
      if (page == at) {
        find_last_data_page(header_.page_count);
        return {};
      }
      header_.compression = Compression::kLz4;  // or another: each group says itself
      uint64_t first = at;
      uint32_t first_page = page;
      while (first > 1 && first_page > 1 &&
             read((first - 1) * kPageBytes, bytes.data(), bytes.size()) &&
             page_is_sealed(bytes.data(), number_, first_page - 1)) {
        --first;
        --first_page;
      }
      header_.index_offset = first * kPageBytes;
      header_.data_page_count = first_page - 1;
      header_.group_directory_page = first_page;
      return {};
    }
  }
  return damaged(path(), 0, "neither the header nor a page of the index can be read");
}

// Of an uncompressed table: behind the data pages are only pages that verify and are no leaves.
void TableLayout::find_last_data_page(uint32_t page_count) {
  std::array<char, kPageBytes> bytes;
  uint32_t last = page_count - 1;
  for (; last > 0; --last) {
    const bool sealed = read(uint64_t{last} * kPageBytes, bytes.data(), bytes.size()) &&
                        page_is_sealed(bytes.data(), number_, last);
    if (!sealed || find_page_problem(bytes.data()) == nullptr) break;
  }
  header_.data_page_count = last;
  header_.index_offset = uint64_t{last + 1} * kPageBytes;
}

// By the directory as far as it can be read; where it can't, by the groups themselves.
void TableLayout::find_groups() {
  const uint32_t count = header_.group_count();
  const uint64_t limit = std::min(header_.index_offset, file_bytes_);
  groups_.resize(count);
  std::array<char, kPageBytes> directory;
  bool readable = false;
  uint64_t behind = kPageBytes;  // where the last group ended; 0: not known
  for (uint32_t group = 0; group < count; ++group) {
    const uint32_t slot = group % kGroupsPerDirectoryPage;
    if (slot == 0) {
      const uint32_t page = header_.group_directory_page + group / kGroupsPerDirectoryPage;
      readable = read(offset_of(page), directory.data(), directory.size()) &&
                 page_is_sealed(directory.data(), number_, page);
    }
    Group found{behind, 0};
    if (readable) {
      const char* at = directory.data() + slot * sizeof(uint64_t);
      found = {load<uint32_t>(at), load<uint32_t>(at + 4)};
    } else if (behind != 0) {
      found.stored_bytes = measure_group(group, behind, limit);
    }
    const bool sensible = found.offset >= kPageBytes && found.stored_bytes >= kGroupHeaderBytes &&
                          found.stored_bytes <= kGroupHeaderBytes + kCompressedGroupBytes &&
                          found.offset + found.stored_bytes <= limit;
    groups_[group] = sensible ? found : Group{};
    behind = sensible ? found.offset + found.stored_bytes : 0;
  }
}

uint32_t TableLayout::measure_group(uint32_t group, uint64_t offset, uint64_t limit) const {
  if (offset + kGroupHeaderBytes > limit) return 0;
  std::string stored(std::min<uint64_t>(kGroupHeaderBytes + kCompressedGroupBytes, limit - offset),
                     '\0');
  if (!read(offset, stored.data(), stored.size())) return 0;
  const uint32_t wanted = load<uint32_t>(stored.data() + 4);
  const uint32_t first_page = group * kPagesPerGroup + 1;
  uint32_t checksum =
      crc32c(std::string_view(stored).substr(0, 1), checksum_seed(number_, first_page));
  for (std::size_t end = kGroupHeaderBytes; end < stored.size();) {
    checksum = crc32c(std::string_view(stored).substr(end++, 1), checksum);
    if (checksum == wanted) return static_cast<uint32_t>(end);
  }
  return 0;
}

uint64_t TableLayout::offset_of(uint32_t page) const {
  if (page > header_.data_page_count) {
    return header_.index_offset + uint64_t{page - header_.first_index_page()} * kPageBytes;
  }
  if (page == 0 || !header_.compressed()) return uint64_t{page} * kPageBytes;
  return groups_[(page - 1) / kPagesPerGroup].offset;
}

bool TableLayout::read(uint64_t offset, char* to, std::size_t bytes) const {
  return offset + bytes <= file_bytes_ && file_->read(offset, to, bytes).ok();
}

bool TableLayout::is_sound(uint32_t page, const char* bytes) const {
  if (!page_is_sealed(bytes, number_, page)) return false;
  return page > header_.data_page_count || find_page_problem(bytes) == nullptr;
}

// Pages are judged one by one: of a damaged group some may have come through.
void TableLayout::load_group(uint32_t group) {
  loaded_group_ = group;
  buffer_.fill(0);
  const Group& place = groups_[group];
  std::string stored(place.stored_bytes, '\0');
  if (place.offset == 0 || !read(place.offset, stored.data(), stored.size())) return;
  const uint32_t first = group * kPagesPerGroup + 1;
  const uint32_t pages = std::min(kPagesPerGroup, header_.data_page_count - first + 1);
  const auto compression = static_cast<unsigned char>(stored[0]);
  if (compression > static_cast<unsigned char>(Compression::kZstd)) return;
  (void)decompress(static_cast<Compression>(compression),
                   std::string_view(stored).substr(kGroupHeaderBytes), buffer_.data(),
                   std::size_t{pages} * kPageBytes);
}

const char* TableLayout::page(uint32_t number) {
  if (header_.compressed() && header_.is_data_page(number)) {
    const uint32_t group = (number - 1) / kPagesPerGroup;
    if (group != loaded_group_) load_group(group);
    const char* const bytes =
        buffer_.data() + std::size_t{(number - 1) % kPagesPerGroup} * kPageBytes;
    return is_sound(number, bytes) ? bytes : nullptr;
  }
  loaded_group_ = UINT32_MAX;
  const bool there = read(offset_of(number), buffer_.data(), kPageBytes);
  return there && is_sound(number, buffer_.data()) ? buffer_.data() : nullptr;
}

}  // namespace ashlar
