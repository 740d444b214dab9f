// What a reader at some sequence sees of a memtable in order, against a sorted list.
#include "memtable/visible_iterator.h"

#include <gtest/gtest.h>

#include "base/entry_batch.h"
#include "memtable/memtable_test_support.h"

namespace ashlar {
namespace {

std::vector<TestRecord> seen_at(SequenceNumber visible, const std::vector<TestRecord>& records) {
  std::vector<TestRecord> seen;
  for (const TestRecord& record : in_order(records)) {
    if (record.sequence > visible) continue;
    if (seen.empty() || seen.back().key != record.key) seen.push_back(record);
  }
  return seen;
}

// Steps and batches by turns, from wanted[at] to the end.
void expect_rest(EntryIterator& it, const std::vector<TestRecord>& wanted, std::size_t at,
                 std::mt19937_64& random) {
  EntryBatch batch;
  while (it.valid()) {
    ASSERT_LT(at, wanted.size());
    ASSERT_TRUE(same_record(it.entry(), wanted[at])) << at;
    if (random() % 3 != 0) {
      const std::size_t most = 1 + random() % (EntryBatch::kCapacity + 2);
      const std::size_t taken = it.take_batch(&batch, most);
      ASSERT_GT(taken, 0u);
      ASSERT_LE(taken, most);
      bool plain = true;
      SequenceNumber newest = 0;
      for (std::size_t i = 0; i < taken; ++i, ++at) {
        ASSERT_LT(at, wanted.size());
        ASSERT_TRUE(same_record(batch.entries[i], wanted[at])) << at;
        plain = plain && wanted[at].kind == EntryKind::kSet && wanted[at].expires_at_ms == 0;
        newest = std::max(newest, wanted[at].sequence);
      }
      ASSERT_EQ(batch.plain, plain);
      ASSERT_EQ(batch.newest, newest);
      --at;
      ASSERT_TRUE(same_record(it.entry(), wanted[at])) << at;
    }
    it.next();
    ++at;
  }
  ASSERT_EQ(at, wanted.size());
}

void expect_view(const TestMemtable& memtable, SequenceNumber visible, std::mt19937_64& random) {
  const std::vector<TestRecord> wanted = seen_at(visible, memtable.records());
  const auto it = memtable.shared()->new_iterator_at(visible);
  it->seek_first();
  expect_rest(*it, wanted, 0, random);
  for (int i = 0; i < 30; ++i) {
    std::string key = memtable.records()[random() % memtable.records().size()].key;
    if (random() % 3 == 0) key.push_back('\0');
    const auto at = std::partition_point(wanted.begin(), wanted.end(), [&](const auto& record) {
      return record.key < key;
    });
    it->seek(key, kMaximumSequence);
    expect_rest(*it, wanted, static_cast<std::size_t>(at - wanted.begin()), random);
    if (testing::Test::HasFatalFailure()) FAIL() << "from " << key << " at " << visible;
  }
}

TEST(VisibleIterator, ShowsTheNewestVisibleVersionOfEachKey) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    std::mt19937_64 random(seed);
    TestMemtable memtable;
    std::vector<TestRecord> records = random_records(random, 1200);
    // Few keys with many versions, of which some have many more than others.
    for (TestRecord& record : records) {
      if (random() % 3 != 0) record.key = "key" + std::to_string(random() % (1 + random() % 40));
    }
    for (const TestRecord& record : records) {
      ASSERT_TRUE(memtable.add(record));
      // Asking leaves a run behind: few of them, or many of different sizes.
      if (random() % (seed * seed * 10) == 0) memtable->new_iterator();
    }
    const SequenceNumber last = records.back().sequence;
    for (const SequenceNumber visible : {kMaximumSequence, last, last / 2, SequenceNumber{1},
                                         SequenceNumber{0}}) {
      expect_view(memtable, visible, random);
      if (HasFatalFailure()) FAIL() << "seed " << seed << " at " << visible;
    }
  }
}

TEST(VisibleIterator, WithoutRecordsOrVisibleOnesIsEmpty) {
  TestMemtable memtable;
  const auto empty = memtable->new_iterator_at(kMaximumSequence);
  empty->seek_first();
  EXPECT_FALSE(empty->valid());
  memtable.set("k", 7, "v");
  const auto early = memtable->new_iterator_at(6);
  early->seek("k", kMaximumSequence);
  EXPECT_FALSE(early->valid());
}

}  // namespace
}  // namespace ashlar
