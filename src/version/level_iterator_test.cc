#include "version/level_iterator.h"

#include <gtest/gtest.h>

#include "version/version_test_support.h"

namespace ashlar {
namespace {

// Disjoint tables of a few entries each, and what they hold together.
class Level : public testing::Test {
 protected:
  void fill(std::mt19937_64& random, int table_count) {
    int key = 0;
    for (int i = 0; i < table_count; ++i) {
      std::vector<TestEntry> entries;
      const int count = static_cast<int>(random() % 20) + 1;
      for (int j = 0; j < count; ++j) {
        key += static_cast<int>(random() % 3) + (j == 0);
        entries.push_back({"key" + std::to_string(10'000 + key), random() % 50 + 1, "v"});
      }
      put_in_order(&entries);
      VersionEdit edit;
      VersionSet::Opened opened;
      // A tombstone's end widens the table's range beyond its entries, up to the next table's.
      std::vector<RangeTombstone> tombstones;
      if (i % 3 == 2) {
        tombstones.push_back({entries.back().key, "key" + std::to_string(10'000 + key + 1), 99});
      }
      owned_.push_back(folder_.add_table(Tier::kRun, 1, entries, &edit, &opened, tombstones));
      tables_.push_back(owned_.back().get());
      entries_.insert(entries_.end(), entries.begin(), entries.end());
      ++key;
    }
  }

  VersionFolder folder_;
  std::vector<std::shared_ptr<StoredTable>> owned_;
  std::vector<const StoredTable*> tables_;
  std::vector<TestEntry> entries_;
};

TEST_F(Level, IsWalkedLikeOneListBothWays) {  // [ORDER-1] [VER-2]
  std::mt19937_64 random(1);
  fill(random, 12);
  LevelIterator it(tables_);
  expect_forward(it, entries_);
  expect_backward(it, entries_);
}

TEST_F(Level, IsSoughtLikeOneListTurningAnywhere) {
  std::mt19937_64 random(2);
  fill(random, 12);
  LevelIterator it(tables_);
  expect_seeks(it, entries_, random, 1000);
}

TEST_F(Level, WithoutTablesIsEmpty) {
  LevelIterator it(tables_);
  it.seek_first();
  EXPECT_FALSE(it.valid());
  it.seek_last();
  EXPECT_FALSE(it.valid());
  it.seek("k", kMaximumSequence);
  EXPECT_FALSE(it.valid());
  EXPECT_TRUE(it.status().ok());
}

TEST_F(Level, OfRangeTombstonesOnlyIsEmpty) {
  VersionEdit edit;
  VersionSet::Opened opened;
  owned_.push_back(folder_.add_table(Tier::kRun, 1, {}, &edit, &opened, {{"a", "c", 1}}));
  tables_.push_back(owned_.back().get());
  LevelIterator it(tables_);
  expect_forward(it, {});
  expect_backward(it, {});
  it.seek("b", kMaximumSequence);
  EXPECT_FALSE(it.valid());
}

TEST_F(Level, AKeyOutlivesOneMoveOverTablesOfRangeTombstonesOnly) {
  VersionEdit edit;
  VersionSet::Opened opened;
  const auto add = [&](const std::vector<TestEntry>& entries,
                       const std::vector<RangeTombstone>& tombstones) {
    owned_.push_back(folder_.add_table(Tier::kRun, 1, entries, &edit, &opened, tombstones));
    tables_.push_back(owned_.back().get());
  };
  const std::string tail(5000, 'x');
  add({{"a" + tail, 9, "v"}}, {});
  add({}, {{"b", "c", 9}});
  add({}, {{"d", "e", 9}});
  add({{"f" + tail, 9, "v"}}, {});
  LevelIterator it(tables_);
  for (const bool forward : {true, false}) {
    forward ? it.seek_first() : it.seek_last();
    ASSERT_TRUE(it.valid());
    const std::string_view key = it.entry().key;
    const std::string copy(key);
    forward ? it.next() : it.previous();
    ASSERT_TRUE(it.valid());
    EXPECT_NE(it.entry().key, copy);
    EXPECT_TRUE(key == copy) << "the key passed is gone";
  }
}

TEST_F(Level, ADamagedTableEndsTheWalkWithAnErrorAndDoesNotHideItself) {
  std::mt19937_64 random(3);
  fill(random, 3);
  const std::string& damaged = tables_[1]->path();
  ASSERT_TRUE(folder_.env->flip_bit(damaged, (kPageBytes + 100) * 8).ok());
  for (const bool forward : {true, false}) {
    LevelIterator it(tables_);
    forward ? it.seek_first() : it.seek_last();
    std::size_t seen = 0;
    for (; it.valid(); forward ? it.next() : it.previous()) ++seen;
    EXPECT_TRUE(it.status().is(StatusCode::kCorruption)) << it.status().to_string();
    EXPECT_EQ(seen, tables_[forward ? 0 : 2]->summary.entry_count);
  }
}

}  // namespace
}  // namespace ashlar
