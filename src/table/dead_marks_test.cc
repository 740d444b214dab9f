#include "table/dead_marks.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "table/table_test_support.h"

namespace ashlar {
namespace {

TEST(DeadMarks, APageIsPassedOnceAllItsRecordsAreMarked) {
  DeadMarks marks(200, 200 * 30, false, nullptr);
  EXPECT_EQ(marks.next_live_page(1), 1u);
  EXPECT_EQ(marks.newest(), 0u);
  for (uint32_t page = 1; page <= 200; ++page) {
    for (uint32_t slot = 0; slot < 30; ++slot) {
      EXPECT_EQ(marks.next_live_page(1), page) << slot;
      EXPECT_FALSE(marks.is_marked(page, slot));
      marks.mark(page, slot, 30, 1, 7 * page);
      marks.mark(page, slot, 30, 1, 3);  // a second time
      EXPECT_TRUE(marks.is_marked(page, slot));
      EXPECT_EQ(marks.newest(), 7 * page);
    }
  }
  for (uint32_t page = 1; page <= 200; ++page) EXPECT_EQ(marks.next_live_page(page), 201u);
}

TEST(DeadMarks, FindsTheNextLivePageFromAnywhere) {
  DeadMarks marks(500, 500, false, nullptr);
  for (uint32_t page = 1; page <= 500; ++page) {
    if (page % 70 != 0) marks.mark(page, 0, 1, 1, 1);
  }
  for (uint32_t page = 1; page <= 500; ++page) {
    const uint32_t wanted = page > 490 ? 501 : (page + 69) / 70 * 70;
    EXPECT_EQ(marks.next_live_page(page), wanted) << page;
  }
}

TEST(DeadMarks, AWideLeafIsPassedAsAWhole) {
  DeadMarks marks(300, 10, false, nullptr);
  marks.mark(60, 0, 1, 100, 5);
  EXPECT_EQ(marks.next_live_page(59), 59u);
  EXPECT_EQ(marks.next_live_page(60), 160u);
  EXPECT_EQ(marks.next_live_page(159), 160u);
}

TEST(DeadMarks, WhatHasNoRoomOrNoMemoryStaysLive) {
  DeadMarks uneven(10, 10, false, nullptr);  // few records a page: one word each
  for (uint32_t slot = 0; slot < 200; ++slot) uneven.mark(3, slot, 200, 1, 1);
  EXPECT_TRUE(uneven.is_marked(3, 63));
  EXPECT_FALSE(uneven.is_marked(3, 64));
  EXPECT_EQ(uneven.next_live_page(3), 3u);

  MemoryBudget none(50);
  DeadMarks poor(10, 10, false, &none);
  poor.mark(3, 0, 1, 1, 1);
  EXPECT_FALSE(poor.is_marked(3, 0));
  EXPECT_EQ(none.used(), 0u);

  MemoryBudget enough(std::size_t{1} << 20);
  {
    DeadMarks rich(10, 10, false, &enough);
    rich.mark(3, 0, 1, 1, 1);
    EXPECT_TRUE(rich.is_marked(3, 0));
    EXPECT_GT(enough.used(), 0u);
  }
  EXPECT_EQ(enough.used(), 0u);
}

TEST(DeadMarks, TombstonesAloneNeedNoMarks) {
  const DeadMarks marks(10, 10, true, nullptr);
  EXPECT_EQ(marks.next_live_page(1), 11u);
}

TEST(DeadMarks, TwoThreadsThatMarkOnePageLeaveNothing) {
  constexpr uint32_t kPages = 2000;
  constexpr uint32_t kRecords = 100;
  DeadMarks marks(kPages, uint64_t{kPages} * kRecords, false, nullptr);
  std::vector<std::thread> threads;
  for (uint32_t half = 0; half < 2; ++half) {
    threads.emplace_back([&, half] {
      for (uint32_t page = 1; page <= kPages; ++page) {
        for (uint32_t slot = half; slot < kRecords; slot += 2) {
          marks.mark(page, slot, kRecords, 1, page);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(marks.next_live_page(1), kPages + 1);
  EXPECT_EQ(marks.newest(), kPages);
}

// --- With a table ------------------------------------------------------------------------------

class TableDeadMarks : public testing::Test, public TableTestBase {
 protected:
  // Keys of three digits. Every tenth value fills pages of its own, every tenth is empty.
  static std::vector<TestEntry> some_entries() {
    std::vector<TestEntry> entries;
    for (int number = 100; number < 500; ++number) {
      const std::size_t bytes = number % 10 == 3 ? 9000 : number % 10 == 4 ? 0 : 50;
      entries.push_back({std::to_string(number), 9, std::string(bytes, 'v')});
    }
    return entries;
  }
  void mark(const Table& table, int number, SequenceNumber deletion) {
    const std::string key = std::to_string(number);
    const EpochGuard guard;
    table.mark_dead(key, hash_key(key), deletion);
  }
  // The bound that find_live() gives from `from` on; empty: nothing is live.
  std::string live_from(const Table& table, const std::string& from, SequenceNumber visible,
                        std::size_t most = 1000) {
    const auto iterator = table.new_iterator();
    iterator->seek(from, kMaximumSequence);
    std::string bound;
    const bool found = iterator->find_live(visible, most, &bound);
    EXPECT_EQ(found, !bound.empty());
    EXPECT_TRUE(iterator->status().ok());
    return bound;
  }
};

TEST_F(TableDeadMarks, ShowWhereSomethingIsLiveAndToWhom) {
  const TableSummary summary = build(some_entries());
  const auto table = open(summary);
  mark(*table, 100, 20);
  EXPECT_EQ(live_from(*table, "100", 30), "100") << "a table that is not in memory has no marks";
  ASSERT_TRUE(table->make_resident().ok());
  for (int number = 100; number < 450; ++number) {
    EXPECT_EQ(live_from(*table, "0", 30), std::to_string(number));
    mark(*table, number, 20);
  }
  mark(*table, 999, 25);  // not in it: marks nothing
  EXPECT_EQ(live_from(*table, "0", 20), "450");
  EXPECT_EQ(live_from(*table, "300", 20), "450");
  EXPECT_EQ(live_from(*table, "460", 20), "460");
  EXPECT_EQ(live_from(*table, "500", 20), "");
  EXPECT_EQ(live_from(*table, "0", 19), "100") << "who read before the deletions sees everything";
  EXPECT_LE(live_from(*table, "0", 20, 3), "450") << "what was not looked at counts as live";
  for (int number = 450; number < 500; ++number) mark(*table, number, 21);
  EXPECT_EQ(live_from(*table, "0", 21), "");
  EXPECT_EQ(live_from(*table, "0", 20), "100");
}

TEST_F(TableDeadMarks, AreLookedThroughNoFurtherThanSomethingLiveIsKnown) {
  const auto table = open(build(some_entries()));
  ASSERT_TRUE(table->make_resident().ok());
  for (int number = 100; number < 450; ++number) mark(*table, number, 20);
  const auto iterator = table->new_iterator();
  for (const std::string known : {"050", "100", "300", "450", "470", "9"}) {
    iterator->seek("0", kMaximumSequence);
    std::string nearest = known;
    EXPECT_TRUE(iterator->find_live(20, 1000, &nearest));
    EXPECT_EQ(nearest, std::min<std::string>(known, "450"));
  }
}

TEST_F(TableDeadMarks, WhatWasSetBehindADeletionIsNotMarkedByIt) {
  const auto table = open(build({{"a", 9, "newer"}, {"a", 4, "older"}, {"b", 9, "newer"}}));
  ASSERT_TRUE(table->make_resident().ok());
  for (const std::string key : {"a", "b"}) {
    const EpochGuard guard;
    table->mark_dead(key, hash_key(key), 6);
  }
  EXPECT_EQ(live_from(*table, "a", 30), "a");
  EXPECT_EQ(live_from(*table, "b", 30), "b");
}

TEST_F(TableDeadMarks, TombstonesAreNotLiveWithoutMarks) {
  std::vector<TestEntry> entries = some_entries();
  for (TestEntry& entry : entries) {
    if (entry.key >= "200" && entry.key < "300") entry = {entry.key, 9, "", EntryKind::kDelete};
  }
  const auto table = open(build(entries));
  EXPECT_EQ(live_from(*table, "150", 30), "150");
  EXPECT_EQ(live_from(*table, "200", 30), "300");
  EXPECT_EQ(live_from(*table, "200", 30, 50), "250");
}

}  // namespace
}  // namespace ashlar
