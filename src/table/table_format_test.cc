#include "table/table_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "base/coding.h"

namespace ashlar {
namespace {

using ::testing::HasSubstr;

// Two data pages, one page of fences, one of the maplet.
TableHeader sound_header() {
  TableHeader header;
  header.entry_count = 10;
  header.index_offset = 3 * kPageBytes;
  header.file_number = 7;
  header.page_count = 5;
  header.data_page_count = 2;
  header.fence_page = 3;
  header.maplet_page = 4;
  header.bucket_count = 1;
  header.file_bytes = 5 * kPageBytes;
  header.prefix = "prefix";
  return header;
}

// The same, compressed, with a group directory in front of the fences.
TableHeader sound_compressed_header() {
  TableHeader header = sound_header();
  header.compression = Compression::kLz4;
  header.group_directory_page = 3;
  header.fence_page = 4;
  header.maplet_page = 5;
  header.page_count = 6;
  header.index_offset = 2 * kPageBytes;
  header.file_bytes = 5 * kPageBytes;
  return header;
}

Result<TableHeader> decoded(const TableHeader& header) {
  std::array<char, kPageBytes> page;
  encode_table_header(header, page.data());
  return decode_table_header(page.data(), "t");
}

struct Misplacement {
  void (*change)(TableHeader& header);
  const char* problem;
};

void expect_refused(const TableHeader& sound, std::initializer_list<Misplacement> misplacements) {
  ASSERT_TRUE(decoded(sound).ok()) << decoded(sound).status().to_string();
  std::size_t number = 0;
  for (const Misplacement& misplacement : misplacements) {
    TableHeader header = sound;
    misplacement.change(header);
    const Result<TableHeader> found = decoded(header);
    ASSERT_TRUE(found.status().is(StatusCode::kCorruption)) << "change " << number;
    EXPECT_THAT(std::string(found.status().message()), HasSubstr(misplacement.problem))
        << "change " << number;
    ++number;
  }
}

TEST(TableFormat, HeaderWhosePartsDontFitIsCorruption) {
  expect_refused(
      sound_header(),
      {{[](TableHeader& h) { h.page_count = 0; }, "page counts"},
       {[](TableHeader& h) { h.page_count = h.data_page_count; }, "page counts"},
       {[](TableHeader& h) {
          h.data_page_count = kMaximumDataPages + 1;
          h.page_count = kMaximumDataPages + 4;
        },
        "page counts"},
       {[](TableHeader& h) { ++h.index_offset; }, "index offset and file length"},
       {[](TableHeader& h) { h.index_offset = 0; }, "index offset and file length"},
       {[](TableHeader& h) { h.index_offset = h.file_bytes + kPageBytes; },
        "index offset and file length"},
       {[](TableHeader& h) { h.index_offset = UINT64_MAX - kPageBytes + 1; },
        "index offset and file length"},
       {[](TableHeader& h) { h.file_bytes += kPageBytes; }, "index offset and file length"},
       {[](TableHeader& h) {
          h.index_offset += kPageBytes;
          h.file_bytes += kPageBytes;
        },
        "index offset and data page count"},
       {[](TableHeader& h) { h.fence_page = 2; }, "fences"},
       {[](TableHeader& h) { h.fence_page = UINT32_MAX; }, "fences"},
       {[](TableHeader& h) { h.fence_page = 5; }, "fences"},
       {[](TableHeader& h) { h.maplet_page = 0; }, "maplet"},
       {[](TableHeader& h) { h.bucket_count = UINT32_MAX; }, "maplet"},
       {[](TableHeader& h) {
          h.range_tombstone_count = 1;
          h.range_tombstone_page = 5;
        },
        "range tombstones"},
       {[](TableHeader& h) { h.entry_count = 0; }, "number of entries"},
       {[](TableHeader& h) { h.bucket_count = 0; }, "number of entries"}});
}

TEST(TableFormat, GroupDirectoryOutOfTheIndexIsCorruption) {
  expect_refused(sound_compressed_header(),
                 {{[](TableHeader& h) { h.group_directory_page = 2; }, "group directory"},
                  {[](TableHeader& h) { h.group_directory_page = 6; }, "group directory"}});
}

TEST(TableFormat, UnknownCompressionIsUnsupportedAndALongPrefixCorruption) {
  std::array<char, kPageBytes> page;
  encode_table_header(sound_header(), page.data());
  store(page.data() + 40, uint32_t{4});
  seal_page(page.data(), 7, 0);
  EXPECT_TRUE(decode_table_header(page.data(), "t").status().is(StatusCode::kUnsupported));
  encode_table_header(sound_header(), page.data());
  store(page.data() + 68, uint16_t{kMaximumTablePrefixBytes + 1});
  seal_page(page.data(), 7, 0);
  EXPECT_TRUE(decode_table_header(page.data(), "t").status().is(StatusCode::kCorruption));
}

}  // namespace
}  // namespace ashlar
