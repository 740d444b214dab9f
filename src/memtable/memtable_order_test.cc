// Order on demand, against a sorted list.
#include "memtable/memtable_order.h"

#include <gtest/gtest.h>

#include <functional>

#include "memtable/memtable_test_support.h"

namespace ashlar {
namespace {

void expect_both_ways(const TestMemtable& memtable) {
  const std::vector<TestRecord> wanted = in_order(memtable.records());
  const auto it = memtable.shared()->new_iterator();
  std::size_t at = 0;
  for (it->seek_first(); it->valid(); it->next(), ++at) {
    ASSERT_LT(at, wanted.size());
    ASSERT_TRUE(same_record(it->entry(), wanted[at])) << at;
  }
  ASSERT_EQ(at, wanted.size());
  for (it->seek_last(); it->valid(); it->previous()) {
    ASSERT_GT(at, 0u);
    ASSERT_TRUE(same_record(it->entry(), wanted[--at])) << at;
  }
  ASSERT_EQ(at, 0u);
}

// Seeks somewhere near a record, then steps to and fro.
void expect_walks(const TestMemtable& memtable, std::mt19937_64& random, int count) {
  const std::vector<TestRecord> wanted = in_order(memtable.records());
  const auto it = memtable.shared()->new_iterator();
  for (int i = 0; i < count; ++i) {
    const TestRecord& near = wanted[random() % wanted.size()];
    std::string key = near.key;
    if (random() % 4 == 0) key.push_back('\0');
    if (random() % 4 == 0) key.pop_back();
    const SequenceNumber sequences[] = {kMaximumSequence, near.sequence, near.sequence + 1, 0};
    const SequenceNumber sequence = sequences[random() % 4];
    it->seek(key, sequence);
    auto at = static_cast<std::size_t>(
        std::partition_point(wanted.begin(), wanted.end(),
                             [&](const TestRecord& record) {
                               return entry_before(record.key, record.sequence, key, sequence);
                             }) -
        wanted.begin());
    for (int step = 0; step < 10; ++step) {
      ASSERT_EQ(it->valid(), at < wanted.size());
      if (!it->valid()) break;
      ASSERT_TRUE(same_record(it->entry(), wanted[at])) << at;
      if (random() % 2 == 0) {
        it->next();
        ++at;
      } else {
        it->previous();
        --at;  // in front of the first: beyond the end, as a number
      }
    }
  }
}

TEST(MemtableOrder, IsThatOfASortedListHoweverOftenItIsAskedFor) {  // [ORDER-1]
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    std::mt19937_64 random(seed);
    TestMemtable memtable;
    for (const TestRecord& record : random_records(random, 3000)) {
      ASSERT_TRUE(memtable.add(record));
      // Asking leaves a run behind: few of them, or many of different sizes.
      if (random() % (seed * seed * 20) == 0) memtable->new_iterator();
    }
    expect_both_ways(memtable);
    expect_walks(memtable, random, 2000);
    if (HasFatalFailure()) FAIL() << "seed " << seed;
  }
}

// Enough of them to be sorted by the digits of their heads.
TEST(MemtableOrder, OfManyRecordsAtOnceIsThatOfASortedList) {  // [ORDER-1]
  std::mt19937_64 random(7);
  const std::function<std::string(uint64_t)> kinds[] = {
      [](uint64_t number) { return "user" + std::to_string(number % 100'000'000); },
      [](uint64_t number) { return std::string(reinterpret_cast<const char*>(&number), 8); },
      // Few keys of many versions, and many keys with the same head.
      [](uint64_t number) { return "hot" + std::to_string(number % 5); },
      [](uint64_t number) { return "the same head" + std::to_string(number % 3000); },
  };
  for (std::size_t kind = 0; kind <= std::size(kinds); ++kind) {
    TestMemtable memtable;
    SequenceNumber sequence = 0;
    for (int i = 0; i < 20'000; ++i) {
      const auto& make_key = kinds[kind < std::size(kinds) ? kind : random() % kind];
      if (random() % 4 != 0) ++sequence;
      memtable.set(make_key(random()), sequence + 1, "v");
    }
    expect_both_ways(memtable);
    if (HasFatalFailure()) FAIL() << "kind " << kind;
  }
}

TEST(MemtableOrder, IsTheSameWhenItIsMadePieceByPieceAheadOfNeed) {
  std::mt19937_64 random(8);
  TestMemtable memtable;
  EXPECT_FALSE(memtable->wants_sorting());
  int pieces = 0;
  for (const TestRecord& record : random_records(random, 20'000)) {
    ASSERT_TRUE(memtable.add(record));
    if (!memtable->wants_sorting()) continue;
    memtable->sort_ahead();
    EXPECT_FALSE(memtable->wants_sorting());
    ++pieces;
  }
  EXPECT_GT(pieces, 2);
  expect_both_ways(memtable);
  expect_walks(memtable, random, 1000);
}

// Runs that are too long to be merged while somebody waits are merged ahead of need.
TEST(MemtableOrder, IsTheSameWhileLongRunsWaitToBeMergedAndBehindThat) {
  std::mt19937_64 random(9);
  TestMemtable memtable(std::size_t{16} << 20);
  for (int piece = 0; piece < 6; ++piece) {
    for (int i = 0; i < 9000; ++i) {
      memtable.set(std::to_string(random() % 20'000), static_cast<SequenceNumber>(piece) + 1, "v");
    }
    memtable->new_iterator();
  }
  EXPECT_TRUE(memtable->wants_sorting());
  expect_both_ways(memtable);
  memtable->sort_ahead();
  EXPECT_FALSE(memtable->wants_sorting());
  expect_both_ways(memtable);
  expect_walks(memtable, random, 1000);
}

TEST(MemtableOrder, OfRecordsThatCameInOrderIsTheSame) {
  TestMemtable memtable;
  for (uint64_t i = 0; i < 5000; ++i) memtable.set(std::to_string(10'000 + i), i + 1, "v");
  expect_both_ways(memtable);
  memtable.set("10000", 5001, "newer");
  expect_both_ways(memtable);
}

// Long runs that follow one another grow in place: whoever looks at one sees what he saw before.
TEST(MemtableOrder, RunsThatGrowInPlaceShowWhatTheyShowed) {
  TestMemtable memtable(std::size_t{16} << 20);
  std::vector<std::pair<std::unique_ptr<EntryIterator>, uint64_t>> iterators;
  uint64_t count = 0;
  for (int piece = 0; piece < 6; ++piece) {
    for (int i = 0; i < 9000; ++i, ++count) {
      memtable.set(std::to_string(100'000 + count), count + 1, "v");
    }
    memtable->sort_ahead();
    iterators.emplace_back(memtable->new_iterator(), count);
  }
  // What comes before all of it does not.
  memtable.set("1", count + 1, "v");
  memtable->sort_ahead();
  expect_both_ways(memtable);
  for (const auto& [it, shown] : iterators) {
    uint64_t at = 0;
    for (it->seek_first(); it->valid(); it->next(), ++at) {
      ASSERT_EQ(it->entry().key, std::to_string(100'000 + at));
    }
    EXPECT_EQ(at, shown);
    it->seek(std::to_string(100'000 + shown), kMaximumSequence);
    EXPECT_FALSE(it->valid());
  }
}

TEST(MemtableOrder, FollowsACommonPrefixThatShrinksUnderItsRuns) {
  TestMemtable memtable;
  SequenceNumber sequence = 0;
  std::mt19937_64 random(1);
  std::string prefix = "tenant:0001:table:orders:row:";
  while (true) {
    for (int i = 0; i < 50; ++i) {
      memtable.set(prefix + std::to_string(random() % 1000), ++sequence, "v");
    }
    expect_both_ways(memtable);
    if (prefix.empty()) break;
    prefix.resize(prefix.size() - std::min<std::size_t>(prefix.size(), 5));
    memtable.set(prefix + "\x01", ++sequence, "shorter");
  }
  expect_walks(memtable, random, 1000);
}

TEST(MemtableOrder, SeekOutsideTheCommonPrefix) {
  TestMemtable memtable;
  for (int i = 0; i < 10; ++i) memtable.set("middle:" + std::to_string(i), 1u + i, "v");
  const auto it = memtable->new_iterator();
  for (const std::string_view before : {"", "a", "midd", "middle9", "middle:"}) {
    it->seek(before, kMaximumSequence);
    ASSERT_TRUE(it->valid()) << before;
    EXPECT_EQ(it->entry().key, "middle:0") << before;
  }
  for (const std::string_view behind : {"middle;", "n", "\xff", "middle:99"}) {
    it->seek(behind, kMaximumSequence);
    EXPECT_FALSE(it->valid()) << behind;
  }
}

TEST(MemtableOrder, TellsApartKeysThatDifferOnlyInTrailingZeros) {
  TestMemtable memtable;
  SequenceNumber sequence = 0;
  std::string key = "k";
  for (int i = 0; i < 20; ++i, key.push_back('\0')) memtable.set(key, ++sequence, "v");
  for (int i = 0; i < 20; ++i) {
    key.pop_back();
    memtable.set(key, ++sequence, "w");
  }
  expect_both_ways(memtable);
}

TEST(MemtableOrder, SortsTheLongestKeysBesideTheShortest) {
  TestMemtable memtable(std::size_t{16} << 20);
  SequenceNumber sequence = 0;
  for (int i = 0; i < 20; ++i) {
    memtable.set(std::string(kMaximumKeyBytes - 1, 'l') + static_cast<char>(i), ++sequence, "v");
    memtable.set(std::string(1, static_cast<char>('a' + i)), ++sequence, "v");
  }
  expect_both_ways(memtable);
}

TEST(MemtableIterator, SeesWhatWasThereWhenItWasMade) {
  TestMemtable memtable;
  memtable.set("b", 1, "v");
  const auto it = memtable->new_iterator();
  memtable.set("a", 2, "v");
  memtable.set("c", 3, "v");
  it->seek_first();
  ASSERT_TRUE(it->valid());
  EXPECT_EQ(it->entry().key, "b");
  it->next();
  EXPECT_FALSE(it->valid());
}

TEST(MemtableIterator, KeepsTheMemtableAlive) {
  std::unique_ptr<EntryIterator> it;
  MemoryBudget budget(std::size_t{1} << 30);
  MemtableMemory memory(&budget);
  {
    auto memtable = Memtable::create(std::size_t{1} << 20, 0, &memory).value();
    Operation operation;
    operation.key = "k";
    operation.value = "v";
    std::string bytes;
    encode_operation(operation, &bytes);
    memtable->add(1, bytes, operation, hash_key("k"));
    it = memtable->new_iterator();
  }
  it->seek_first();
  ASSERT_TRUE(it->valid());
  EXPECT_EQ(it->entry().value, "v");
  EXPECT_GT(budget.used(), 0u);
  it.reset();
  EXPECT_EQ(budget.used(), 0u);
}

}  // namespace
}  // namespace ashlar
