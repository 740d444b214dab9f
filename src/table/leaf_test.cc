#include "table/leaf.h"

#include <gtest/gtest.h>

namespace ashlar {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    const auto value = static_cast<unsigned char>(byte);
    out.append(1, kDigits[value >> 4]).append(1, kDigits[value & 15]).append(" ");
  }
  if (!out.empty()) out.pop_back();
  return out;
}

TEST(Leaf, ExampleOfTheFormat) {
  LeafWriter writer;
  ASSERT_TRUE(writer.try_add({.key = "key1", .sequence = 7, .value = "a"}, 11, true));
  ASSERT_TRUE(writer.try_add({.key = "key2", .kind = EntryKind::kDelete, .value = {}}, 12, true));
  std::string page;
  std::vector<LeafWriter::Placed> placed;
  writer.write(&page, &placed);
  EXPECT_EQ(hex(std::string_view(page).substr(0, 40)),
            "01 01 02 00 03 00 00 00 6b 65 79 00 14 00 1c 00 00 31 00 32 "
            "41 01 01 07 31 61 00 00 02 01 00 32 00 00 00 00 00 00 00 00");
  ASSERT_EQ(placed.size(), 2u);
  EXPECT_EQ(placed[0].offset, 20u);
  EXPECT_EQ(placed[1].offset, 28u);
  EXPECT_EQ(placed[1].tag, 12u);

  ASSERT_EQ(find_page_problem(page.data()), nullptr);
  const LeafView leaf(page.data());
  EXPECT_EQ(find_order_problem(leaf), nullptr);
  EXPECT_EQ(leaf.prefix(), "key");
  EXPECT_EQ(leaf.record(0).suffix, "1");
  EXPECT_EQ(leaf.record(0).value, "a");
  EXPECT_EQ(leaf.record(0).sequence, 7u);
  EXPECT_EQ(leaf.record(1).kind, EntryKind::kDelete);
}

TEST(Leaf, WideRecordGoesOnInNumberedPages) {
  const std::string value(5000, 'v');
  LeafWriter writer;
  ASSERT_TRUE(writer.try_add({.key = "k", .value = value}, 0, true));
  EXPECT_EQ(writer.span(), 2u);
  EXPECT_FALSE(writer.try_add({.key = "l", .value = {}}, 0, true));
  std::string pages;
  std::vector<LeafWriter::Placed> placed;
  writer.write(&pages, &placed);
  ASSERT_EQ(pages.size(), 2 * kPageBytes);
  EXPECT_EQ(hex(std::string_view(pages).substr(0, 17)),
            "01 02 01 00 00 00 00 00 0c 00 00 6b 01 01 88 27 6b");
  EXPECT_EQ(hex(std::string_view(pages).substr(kPageBytes, 5)), "02 01 00 00 76");
  for (const std::size_t at : {std::size_t{0}, kPageBytes}) {
    EXPECT_EQ(find_page_problem(pages.data() + at), nullptr);
  }
  WideRecord wide;
  Record record;
  ASSERT_TRUE(wide.append(pages.data(), 0));
  EXPECT_FALSE(wide.decode(&record));
  EXPECT_FALSE(wide.append(pages.data() + kPageBytes, 2));
  ASSERT_TRUE(wide.append(pages.data() + kPageBytes, 1));
  ASSERT_TRUE(wide.decode(&record));
  EXPECT_EQ(record.value, value);
}

TEST(Leaf, LowerBoundFollowsKeysThenSequences) {
  LeafWriter writer;
  const std::vector<std::pair<std::string, SequenceNumber>> entries = {
      {"pa", 3}, {"pa", 1}, {std::string("pa\0", 3), 5}, {"pab", 2}, {"pabc", 9}, {"pabc", 0}};
  for (const auto& [key, sequence] : entries) {
    ASSERT_TRUE(writer.try_add({.key = key, .sequence = sequence, .value = {}}, 0, false));
  }
  std::string page;
  std::vector<LeafWriter::Placed> placed;
  writer.write(&page, &placed);
  const LeafView leaf(page.data());
  const auto slot = [&](std::string_view key, SequenceNumber sequence) {
    return leaf.lower_bound_in(leaf.slots_like(key), key, sequence);
  };
  EXPECT_EQ(slot("", 0), 0u);
  EXPECT_EQ(slot("p", 0), 0u);
  EXPECT_EQ(slot("pa", 9), 0u);
  EXPECT_EQ(slot("pa", 3), 0u);
  EXPECT_EQ(slot("pa", 2), 1u);
  EXPECT_EQ(slot("pa", 0), 2u);
  EXPECT_EQ(slot(std::string_view("pa\0", 3), 5), 2u);
  EXPECT_EQ(slot(std::string_view("pa\0\0", 4), 5), 3u);
  EXPECT_EQ(slot("pabc", 8), 5u);
  EXPECT_EQ(slot("pabd", 8), 6u);
  EXPECT_EQ(slot("q", 8), 6u);
}

}  // namespace
}  // namespace ashlar
