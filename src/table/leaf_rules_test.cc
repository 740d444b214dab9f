// Each rule of a data page, broken in an otherwise sound one.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/value_pointer.h"
#include "table/leaf.h"

namespace ashlar {
namespace {

// Offsets in the leaf of the format's example, whose bytes are listed in leaf.h.
constexpr std::size_t kKind = 0;
constexpr std::size_t kSpan = 1;
constexpr std::size_t kCount = 2;
constexpr std::size_t kPrefixBytes = 4;
constexpr std::size_t kOffsets = 12;
constexpr std::size_t kHeads = 16;
constexpr std::size_t kFirstRecord = 20;
constexpr std::size_t kSecondRecord = 28;

std::string written(LeafWriter& writer) {
  std::string pages;
  std::vector<LeafWriter::Placed> placed;
  writer.write(&pages, &placed);
  return pages;
}

std::string example_leaf() {
  LeafWriter writer;
  EXPECT_TRUE(writer.try_add({.key = "key1", .sequence = 7, .value = "a"}, 0, false));
  EXPECT_TRUE(writer.try_add({.key = "key2", .kind = EntryKind::kDelete, .value = {}}, 0, false));
  return written(writer);
}

std::string wide_leaf(std::size_t value_bytes) {
  LeafWriter writer;
  const std::string value(value_bytes, 'v');
  EXPECT_TRUE(writer.try_add({.key = "k", .value = value}, 0, false));
  return written(writer);
}

std::string problem_of(const std::string& page) {
  const char* problem = find_page_problem(page.data());
  return problem == nullptr ? "" : problem;
}

std::string with(std::string page, std::size_t at, std::initializer_list<int> bytes) {
  for (const int byte : bytes) page[at++] = static_cast<char>(byte);
  return page;
}

TEST(LeafRules, PageThatIsNeitherLeafNorContinuedIsFound) {
  const std::string leaf = example_leaf();
  ASSERT_EQ(problem_of(leaf), "");
  EXPECT_EQ(problem_of(with(leaf, kKind, {3})), "is not a data page");
  EXPECT_EQ(problem_of(with(leaf, kKind, {2, 0})), "is not a data page");
  EXPECT_EQ(problem_of(with(leaf, kSpan, {0})), "a leaf has no page");
}

TEST(LeafRules, RecordsOutOfPlaceAreFound) {
  const std::string leaf = example_leaf();
  EXPECT_EQ(problem_of(with(leaf, kCount, {0, 0})), "wrong number of records");
  EXPECT_EQ(problem_of(with(leaf, kCount, {1, 2})), "wrong number of records");
  EXPECT_EQ(problem_of(with(leaf, kPrefixBytes, {0xff, 0xff})), "records are out of place");
  EXPECT_EQ(problem_of(with(leaf, kOffsets, {24})), "records are out of place");
  EXPECT_EQ(problem_of(with(leaf, kOffsets + 2, {32})), "records are out of place");
}

TEST(LeafRules, RecordThatDoesNotEndInItsPageIsFound) {
  const std::string leaf = example_leaf();
  // Flags: no kind, an unknown one, an unknown flag.
  for (const int flags : {0, 3, 0x82}) {
    EXPECT_EQ(problem_of(with(leaf, kSecondRecord, {flags})), "a record is not whole") << flags;
  }
  // Suffix, then value, longer than the page.
  EXPECT_EQ(problem_of(with(leaf, kSecondRecord, {2, 0xff, 0xff, 1})), "a record is not whole");
  EXPECT_EQ(problem_of(with(leaf, kSecondRecord, {1, 1, 0xff, 0xff, 1})), "a record is not whole");
}

TEST(LeafRules, RecordCutOffInItsFrontIsFound) {
  const std::string ends[] = {"",
                              "\x01",
                              std::string("\x01\x80"),
                              std::string("\x01\x01"),
                              std::string("\x01\x01\x80"),
                              std::string("\x41\x00\x00", 3),
                              std::string("\x41\x00\x00\x80", 4),
                              std::string("\x11\x00\x00\x01\x02\x03", 6)};
  for (const std::string& end : ends) {
    Record record;
    EXPECT_EQ(decode_record(end.data(), end.data() + end.size(), &record), nullptr) << end.size();
  }
}

TEST(LeafRules, DeletionWithAValueAndPointerOfAWrongLengthAreFound) {
  const std::string leaf = example_leaf();
  EXPECT_EQ(problem_of(with(leaf, kSecondRecord, {2, 1, 1})), "a deletion has a value");
  EXPECT_EQ(problem_of(with(leaf, kSecondRecord, {0x22, 1, 0})), "a deletion has a value");
  EXPECT_EQ(problem_of(with(leaf, kFirstRecord, {0x61})), "a value pointer has a wrong length");
  EXPECT_EQ(problem_of(with(leaf, kSecondRecord, {0x21, 1, int{ValuePointer::kEncodedBytes}})), "");
}

TEST(LeafRules, WideLeafThatIsNotOneWholeRecordIsFound) {
  const std::string leaf = wide_leaf(5000);
  ASSERT_EQ(problem_of(leaf), "");
  EXPECT_EQ(problem_of(with(leaf, kCount, {2})), "a wide leaf has a wrong header");
  EXPECT_EQ(problem_of(with(leaf, kPrefixBytes, {1})), "a wide leaf has a wrong header");
  EXPECT_EQ(problem_of(with(leaf, 8, {16})), "a wide leaf has a wrong header");
  EXPECT_EQ(problem_of(with(leaf, kWideRecordOffset, {0})), "a record is not whole");
  EXPECT_EQ(problem_of(with(leaf, kSpan, {3})), "a wide leaf has a wrong number of pages");
  // The lengths of suffix and value, as varints.
  const std::size_t lengths = kWideRecordOffset + 1;
  EXPECT_EQ(problem_of(with(leaf, lengths, {0xff, 0xff, 0xff, 1, 0})), "a record is too long");
  EXPECT_EQ(problem_of(with(leaf, lengths, {1, 0xff, 0xff, 0xff, 1})), "a record is too long");
  EXPECT_EQ(problem_of(with(leaf, kWideRecordOffset, {2})), "a deletion has a value");
}

TEST(LeafRules, HeadsAndOrderAreChecked) {
  const std::string leaf = example_leaf();
  EXPECT_EQ(find_order_problem(LeafView(leaf.data())), nullptr);
  const std::string wrong_head = with(leaf, kHeads, {1});
  ASSERT_EQ(problem_of(wrong_head), "");
  EXPECT_STREQ(find_order_problem(LeafView(wrong_head.data())), "a key head is wrong");
  // Both records of the key "key1": the one of sequence 7, and after it one of 0; then the first
  // of 0 too.
  std::string same_key = with(leaf, kSecondRecord + 3, {'1'});
  std::copy_n(same_key.data() + kHeads, 2, same_key.data() + kHeads + 2);
  EXPECT_EQ(find_order_problem(LeafView(same_key.data())), nullptr);
  const std::string same_entry = with(same_key, kFirstRecord + 3, {0});
  EXPECT_STREQ(find_order_problem(LeafView(same_entry.data())), "records are out of order");
  EXPECT_EQ(find_order_problem(LeafView(wide_leaf(5000).data())), nullptr);
}

TEST(LeafRules, WideRecordTakesOnlyItsOwnPages) {
  const std::string leaf = wide_leaf(9000);
  WideRecord wide;
  EXPECT_FALSE(wide.append(leaf.data() + kPageBytes, 0));
  ASSERT_TRUE(wide.append(leaf.data(), 0));
  EXPECT_FALSE(wide.append(leaf.data(), 1));
  EXPECT_FALSE(wide.append(leaf.data() + 2 * kPageBytes, 1));
  EXPECT_TRUE(wide.append(leaf.data() + kPageBytes, 1));
}

TEST(LeafRules, SmallestRecordsFillAPage) {
  LeafWriter writer;
  std::size_t taken = 0;
  // Of one key in many versions: eight bytes for the record, four for its slot.
  while (writer.try_add({.key = "", .sequence = 1000 - taken, .value = {}}, 0, false)) ++taken;
  EXPECT_EQ(taken, (kPageContentBytes - kLeafHeaderBytes) / 12);
  const std::string full = written(writer);
  EXPECT_EQ(problem_of(full), "");
  EXPECT_EQ(find_order_problem(LeafView(full.data())), nullptr);
  for (taken = 0; writer.try_add({.key = "", .sequence = 0, .value = {}}, 0, false);) ++taken;
  EXPECT_EQ(taken, (kPageContentBytes - kLeafHeaderBytes) / 8);
  EXPECT_EQ(problem_of(written(writer)), "");
}

}  // namespace
}  // namespace ashlar
