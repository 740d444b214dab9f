#include "base/checksum.h"

#include <gtest/gtest.h>
#include <isa-l/crc.h>

#include <set>
#include <string>

namespace ashlar {
namespace {

// RFC 3720, appendix B.4, and the check value of the polynomial's catalogue entry.
TEST(Checksum, MatchesThePublishedValues) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  std::string rising;
  for (char c = 0; c < 32; ++c) rising.push_back(c);
  EXPECT_EQ(crc32c(rising), 0x46dd794eu);
}

// What a processor without the instructions computes, by the library's tables.
TEST(Checksum, IsTheSameWithoutVectorInstructions) {
  std::string bytes;
  for (unsigned size = 0; size < 700; ++size) {
    const uint32_t plain = ~crc32_iscsi_base(reinterpret_cast<unsigned char*>(bytes.data()),
                                             static_cast<int>(size), ~0u);
    ASSERT_EQ(crc32c(bytes), plain) << size;
    bytes.push_back(static_cast<char>(size * 151 >> 3));
  }
}

TEST(Checksum, GoesOnFromEarlierBytes) {
  const std::string bytes(1000, 'x');
  for (std::size_t cut = 0; cut <= bytes.size(); cut += 37) {
    const std::string_view view(bytes);
    EXPECT_EQ(crc32c(view.substr(cut), crc32c(view.substr(0, cut))), crc32c(view));
  }
  EXPECT_EQ(crc32c("", 17), 17u);
  EXPECT_EQ(crc32c(""), 0u);
}

TEST(Checksum, FindsEverySingleDamagedBit) {
  std::string bytes = "a page of a table";
  const uint32_t whole = crc32c(bytes);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_NE(crc32c(bytes), whole);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  }
}

// Byte by byte after docs/FORMAT.md, so that files made by one build are read by all.
TEST(Checksum, SeedsAreAsTheFormatSays) {
  EXPECT_EQ(checksum_seed(0, 0), 0xc0c24d60u);
  EXPECT_EQ(checksum_seed(7, 4096), 0xf5d04929u);
}

TEST(Checksum, SeedsTellFilesAndPlacesApart) {
  std::set<uint32_t> seeds;
  for (uint64_t file = 0; file < 100; ++file) {
    for (uint64_t page = 0; page < 100; ++page) seeds.insert(checksum_seed(file, page * 4096));
  }
  EXPECT_GE(seeds.size(), 9999u);  // 10000 numbers of 32 bits collide once in a hundred runs
}

}  // namespace
}  // namespace ashlar
