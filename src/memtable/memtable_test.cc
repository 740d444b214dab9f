#include "memtable/memtable.h"

#include <gtest/gtest.h>

#include <map>

#include "base/coding.h"
#include "memtable/memtable_test_support.h"

namespace ashlar {
namespace {

TEST(Memtable, IsEmptyAtFirst) {
  TestMemtable memtable;
  EXPECT_TRUE(memtable->empty());
  EXPECT_EQ(memtable->entry_count(), 0u);
  EXPECT_EQ(memtable->largest_sequence(), 0u);
  EXPECT_EQ(memtable->log_position(), 4096u);
  EXPECT_EQ(memtable.get("a"), "none");
}

TEST(Memtable, FindsTheNewestVersionThatIsVisible) {
  TestMemtable memtable;
  memtable.set("k", 3, "three");
  memtable.set("other", 4, "x");
  ASSERT_TRUE(memtable.add({"k", 5, "", EntryKind::kDelete}));
  memtable.set("k", 9, "nine");
  EXPECT_EQ(memtable.get("k"), "nine@9");
  EXPECT_EQ(memtable.get("k", 9), "nine@9");
  EXPECT_EQ(memtable.get("k", 8), "deleted@5");
  EXPECT_EQ(memtable.get("k", 5), "deleted@5");
  EXPECT_EQ(memtable.get("k", 4), "three@3");
  EXPECT_EQ(memtable.get("k", 2), "none");
  EXPECT_EQ(memtable->largest_sequence(), 9u);
}

TEST(Memtable, OfOneCommitTheLaterOperationCounts) {
  TestMemtable memtable;
  memtable.set("k", 3, "first");
  memtable.set("k", 3, "second");
  EXPECT_EQ(memtable.get("k", 3), "second@3");
  EXPECT_EQ(memtable.get("k", 2), "none");
}

TEST(Memtable, KeepsKeysThatArePrefixesOfEachOtherApart) {
  TestMemtable memtable;
  const std::vector<std::string> keys = {
      "a", std::string("a\0", 2), std::string("a\0\0", 3), "aa", "\xff", "\xff\xff"};
  for (std::size_t i = 0; i < keys.size(); ++i) memtable.set(keys[i], i + 1, std::to_string(i));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(memtable.get(keys[i]), std::to_string(i) + "@" + std::to_string(i + 1));
  }
  EXPECT_EQ(memtable.get(std::string("\0", 1)), "none");
}

TEST(Memtable, HoldsTheLongestKey) {
  TestMemtable memtable;
  const std::string longest(kMaximumKeyBytes, 'k');
  memtable.set(longest, 1, "v");
  memtable.set(longest.substr(1), 2, "w");
  EXPECT_EQ(memtable.get(longest), "v@1");
  EXPECT_EQ(memtable.get(longest.substr(1)), "w@2");
  EXPECT_EQ(memtable.get(longest.substr(2)), "none");
}

// --- Large values, and where the log has them ---

class LoggedValues : public testing::Test {
 protected:
  // As if the log had the operation at `position`.
  std::string add(const std::string& key, std::size_t value_bytes, uint64_t position,
                  EntryKind kind = EntryKind::kSet) {
    Operation operation;
    operation.kind = kind;
    operation.key = key;
    const std::string value(value_bytes, 'v');
    operation.value = value;
    std::string bytes;
    encode_operation(operation, &bytes);
    memtable_->add(++sequence_, bytes, operation, hash_key(key), position);
    return bytes;
  }

  TestMemtable memtable_;
  SequenceNumber sequence_ = 0;
};

TEST_F(LoggedValues, AreListedInTheLogsOrderWithWhatBecameOfThem) {
  const std::string first = add("b", kLargeValueBytes, 5000);
  add("small", 20, 6000);
  add("c", 3000, 7000);
  add("a", kLargeValueBytes - 1, 9000);  // the operation is large, the value is not
  add("unknown", 3000, 0);
  add("a", 2000, 10'000);
  add("b", 10, 12'000);  // a small value replaces a large one, too
  add("c", 4000, 13'000);
  const std::vector<LoggedValue> values = memtable_->logged_values();
  ASSERT_EQ(values.size(), 4u);
  const std::vector<uint64_t> positions = {5000, 7000, 10'000, 13'000};
  const std::vector<uint64_t> bytes = {kLargeValueBytes, 3000, 2000, 4000};
  const std::vector<bool> superseded = {true, true, false, false};
  const std::vector<bool> ascends = {true, true, false, true};
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i].log_position, positions[i]);
    EXPECT_EQ(values[i].value_bytes, bytes[i]);
    EXPECT_EQ(values[i].superseded, superseded[i]) << i;
    EXPECT_EQ(values[i].ascends, ascends[i]) << i;
  }
  EXPECT_EQ(values[0].operation, first);
  EXPECT_TRUE(memtable_->verify_checksums().ok());
}

TEST_F(LoggedValues, ADeletionReplacesThemToo) {
  add("a", 2000, 5000);
  add("a", 0, 8000, EntryKind::kDelete);
  const std::vector<LoggedValue> values = memtable_->logged_values();
  ASSERT_EQ(values.size(), 1u);
  EXPECT_TRUE(values[0].superseded);
}

TEST_F(LoggedValues, AnEntryLeadsToItsOperationAndItsPlace) {
  const std::string long_key(300, 'k');  // its length takes two bytes
  std::map<std::string, std::pair<std::string, uint64_t>> wanted;
  uint64_t position = 4096;
  for (const std::string& key : {std::string("a"), long_key, std::string("z")}) {
    for (const std::size_t bytes : {std::size_t{10}, std::size_t{990}, std::size_t{5000}}) {
      position += 10'000;
      const std::string name = key + std::to_string(bytes);
      const std::string operation = add(name, bytes, position);
      const bool large = operation.size() >= kLargeValueBytes;
      wanted[name] = {operation, large ? position : 0};
    }
  }
  const auto entries = memtable_->new_iterator();
  std::size_t found = 0;
  for (entries->seek_first(); entries->valid(); entries->next(), ++found) {
    const auto& [bytes, place] = wanted.at(std::string(entries->entry().key));
    const LoggedOperation operation = memtable_->operation_of(entries->entry());
    EXPECT_EQ(operation.bytes, bytes);
    EXPECT_EQ(operation.log_position, place);
  }
  EXPECT_EQ(found, wanted.size());
}

TEST_F(LoggedValues, FillAMemtableToItsEndAndNoFurther) {
  std::size_t count = 0;
  while (memtable_->fits(kLargeValueBytes + 17, 1)) add("k" + std::to_string(count++), 1024, 4096);
  EXPECT_GT(count, 3000u);
  EXPECT_EQ(memtable_->logged_values().size(), count);
  EXPECT_TRUE(memtable_->verify_checksums().ok());
}

TEST(Memtable, GivesBackExpiryAndPointerMarkAsWritten) {
  TestMemtable memtable;
  Operation operation;
  operation.kind = EntryKind::kSet;
  operation.key = "k";
  operation.value = "pointer";
  operation.value_is_pointer = true;
  operation.expires_at_ms = 77;
  std::string bytes;
  encode_operation(operation, &bytes);
  memtable->add(8, bytes, operation, hash_key("k"));
  EntryView entry;
  ASSERT_TRUE(memtable->get("k", hash_key("k"), 8, &entry));
  EXPECT_TRUE(entry.value_is_pointer);
  EXPECT_EQ(entry.expires_at_ms, 77u);
  EXPECT_EQ(entry.value, "pointer");
}

TEST(Memtable, OneKeyUpdatedAHundredThousandTimesKeepsEveryVersion) {
  TestMemtable memtable(std::size_t{16} << 20);
  constexpr SequenceNumber kVersions = 100'000;
  for (SequenceNumber i = 1; i <= kVersions; ++i) memtable.set("counter", i, std::to_string(i));
  EXPECT_EQ(memtable->entry_count(), kVersions);
  for (const SequenceNumber visible : {SequenceNumber{1}, SequenceNumber{50'000}, kVersions}) {
    EXPECT_EQ(memtable.get("counter", visible),
              std::to_string(visible) + "@" + std::to_string(visible));
  }
  const auto it = memtable->new_iterator();
  SequenceNumber expected = kVersions;
  for (it->seek_first(); it->valid(); it->next()) ASSERT_EQ(it->entry().sequence, expected--);
  EXPECT_EQ(expected, 0u);
  it->seek("counter", 500);
  ASSERT_TRUE(it->valid());
  EXPECT_EQ(it->entry().sequence, 500u);
}

TEST(Memtable, AnswersLikeAMap) {  // [MEM-1]
  std::mt19937_64 random(7);
  TestMemtable memtable;
  std::map<std::string, std::vector<TestRecord>> oracle;
  for (const TestRecord& record : random_records(random, 5000)) {
    ASSERT_TRUE(memtable.add(record));
    oracle[record.key].push_back(record);
  }
  for (const auto& [key, versions] : oracle) {
    for (int i = 0; i < 5; ++i) {
      const SequenceNumber visible = random() % 5000;
      std::string wanted = "none";
      for (const TestRecord& version : versions) {
        if (version.sequence > visible) continue;
        wanted = (version.kind == EntryKind::kSet ? version.value : "deleted") + "@" +
                 std::to_string(version.sequence);
      }
      ASSERT_EQ(memtable.get(key, visible), wanted);
    }
    ASSERT_EQ(memtable.get(key + "?"), "none");
  }
}

// --- Room --------------------------------------------------------------------------------------

void fill(TestMemtable& memtable, std::size_t key_bytes, std::size_t value_bytes) {
  const std::string value(value_bytes, 'v');
  for (SequenceNumber i = 1;; ++i) {
    std::string key = std::to_string(i);
    key.insert(0, key_bytes > key.size() ? key_bytes - key.size() : 0, '0');
    if (!memtable.add({key, i, value})) break;
  }
}

TEST(Memtable, AddNeverOverflowsWhatFitsAllowed) {
  for (const std::size_t key_bytes : {std::size_t{1}, std::size_t{16}, std::size_t{1000}}) {
    for (const std::size_t value_bytes :
         {std::size_t{0}, std::size_t{1}, std::size_t{100}, std::size_t{5000}}) {
      TestMemtable memtable(std::size_t{1} << 20);
      fill(memtable, key_bytes, value_bytes);
      ASSERT_GT(memtable.records().size(), 50u);
      EXPECT_LE(memtable->used_bytes(), memtable->memory_bytes());
      for (const TestRecord& record : memtable.records()) {
        ASSERT_EQ(memtable.get(record.key), record.value + "@" + std::to_string(record.sequence));
      }
      EXPECT_TRUE(memtable->verify_checksums().ok());
    }
  }
}

TEST(Memtable, TakesNoMoreMemoryThanItsCapacity) {
  constexpr std::size_t kCapacity = std::size_t{4} << 20;
  TestMemtable memtable(kCapacity);
  EXPECT_LE(memtable->memory_bytes(), kCapacity);
  EXPECT_LE(memtable.budget().used(MemoryUse::kMemtable), kCapacity);
  EXPECT_GT(memtable.budget().used(MemoryUse::kMemtable), kCapacity / 2);
}

TEST(Memtable, GivesItsMemoryBack) {
  MemoryBudget budget(std::size_t{1} << 30);
  MemtableMemory memory(&budget);
  { const auto memtable = Memtable::create(std::size_t{1} << 20, 0, &memory).value(); }
  EXPECT_EQ(budget.used(), 0u);
}

// A commit lies in one memtable as a whole: one made for it must take it.
TEST(Memtable, IsTouchedAheadOfItsWriterUpToSomeWayAndToItsEnd) {
  constexpr std::size_t kCapacity = std::size_t{100} << 20;
  TestMemtable memtable(kCapacity);
  const auto steps = [&] {
    int count = 0;
    while (memtable->touch_ahead()) ++count;
    return count;
  };
  const int first = steps();
  EXPECT_GT(first, 4);
  EXPECT_LT(first, 25) << "not all of it at once";
  EXPECT_EQ(steps(), 0);
  const std::string value(1 << 20, 'v');
  SequenceNumber sequence = 0;
  int others = 0;
  while (memtable.add({"key" + std::to_string(sequence), sequence + 1, value})) {
    ++sequence;
    others += steps();
  }
  EXPECT_GT(sequence, 80u);
  EXPECT_GT(first + others, 40) << "steps of 2 MiB";
  for (SequenceNumber i = 0; i < sequence; ++i) {
    ASSERT_EQ(memtable.get("key" + std::to_string(i)), value + "@" + std::to_string(i + 1));
  }
}

TEST(Memtable, ManySmallOperationsOfOneCommitFit) {  // [HASH-3]
  TestMemtable memtable(std::size_t{1} << 20);
  constexpr std::size_t kCount = 10'000;
  ASSERT_TRUE(memtable->fits(kCount * 20, kCount));
  for (std::size_t i = 0; i < kCount; ++i) {
    Operation operation;
    operation.kind = EntryKind::kDelete;
    const std::string key = std::to_string(i);
    operation.key = key;
    std::string bytes;
    encode_operation(operation, &bytes);
    memtable->add(1, bytes, operation, hash_key(key));
  }
  EXPECT_EQ(memtable->entry_count(), kCount);
}

TEST(Memtable, DoesNotFitWhatIsLargerThanItself) {
  TestMemtable memtable(std::size_t{1} << 20);
  EXPECT_FALSE(memtable->fits(std::size_t{1} << 20, 1));
  EXPECT_FALSE(memtable->fits(0, std::size_t{1} << 20));
}

// --- Range tombstones ----------------------------------------------------------------------------

TEST(Memtable, RangeTombstonesAreKeptApartFromEntries) {
  TestMemtable memtable;
  memtable.set("b", 1, "v");
  memtable.del_range("a", "c", 2);
  EXPECT_EQ(memtable->entry_count(), 1u);
  EXPECT_EQ(memtable.get("b"), "v@1");
  EXPECT_EQ(memtable.get("a"), "none");
  EXPECT_EQ(memtable->range_tombstones().covering("b", 2), 2u);
  EXPECT_EQ(memtable->range_tombstones().covering("b", 1), 0u);
  EXPECT_EQ(memtable->range_tombstones().covering("c", 2), 0u);
  const auto it = memtable->new_iterator();
  it->seek_first();
  ASSERT_TRUE(it->valid());
  EXPECT_EQ(it->entry().key, "b");
  it->next();
  EXPECT_FALSE(it->valid());
}

TEST(Memtable, WithNothingButARangeTombstoneIsNotEmpty) {
  TestMemtable memtable;
  memtable.del_range("a", "", 2);
  EXPECT_FALSE(memtable->empty());
  EXPECT_EQ(memtable->largest_sequence(), 2u);
  const auto it = memtable->new_iterator();
  it->seek_first();
  EXPECT_FALSE(it->valid());
  it->seek_last();
  EXPECT_FALSE(it->valid());
  it->seek("a", kMaximumSequence);
  EXPECT_FALSE(it->valid());
}

TEST(Memtable, OldSetsOfRangeTombstonesStayValid) {
  TestMemtable memtable;
  memtable.del_range("a", "b", 1);
  const RangeTombstones& before = memtable->range_tombstones();
  for (SequenceNumber i = 2; i <= 100; ++i) memtable.del_range("a", "c", i);
  EXPECT_EQ(before.all().size(), 1u);
  EXPECT_EQ(memtable->range_tombstones().all().size(), 100u);
}

TEST(Memtable, IsFullAfterManyRangeTombstones) {
  TestMemtable memtable;
  SequenceNumber count = 0;
  while (count < 10'000 && memtable.add({"a", count + 1, "b", EntryKind::kDeleteRange})) ++count;
  EXPECT_GE(count, 100u);
  EXPECT_LT(count, 1000u);
}

TEST(Memtable, TakesManyRangeTombstonesOfOneCommit) {
  TestMemtable memtable;
  constexpr SequenceNumber kCommit = 7;
  constexpr int kCount = 20'000;
  ASSERT_TRUE(memtable->fits(std::size_t{kCount} * 30, kCount));
  for (int i = 0; i < kCount; ++i) {
    const std::string from = std::to_string(100'000 + 2 * i);
    const std::string to = std::to_string(100'001 + 2 * i);
    Operation operation;
    operation.kind = EntryKind::kDeleteRange;
    operation.key = from;
    operation.value = to;
    std::string bytes;
    encode_operation(operation, &bytes);
    memtable->add(kCommit, bytes, operation, 0);
  }
  EXPECT_TRUE(memtable->range_tombstones().empty());  // nobody sees half a commit
  memtable->end_commit();
  EXPECT_EQ(memtable->range_tombstones().all().size(), std::size_t{kCount});
  EXPECT_EQ(memtable->range_tombstones().covering("100002", kMaximumSequence), kCommit);
  EXPECT_EQ(memtable->range_tombstones().covering("100003", kMaximumSequence), 0u);
}

// --- Damage --------------------------------------------------------------------------------------

TEST(Memtable, ChecksumsFindEveryFlippedByteOfAnOperation) {
  TestMemtable memtable;
  memtable.set("one", 1, "first");
  memtable.set("two", 2, "second");
  ASSERT_TRUE(memtable->verify_checksums().ok());
  EntryView entry;
  ASSERT_TRUE(memtable->get("two", hash_key("two"), 2, &entry));
  for (const std::string_view part : {entry.key, entry.value}) {
    for (std::size_t i = 0; i < part.size(); ++i) {
      char* const byte = const_cast<char*>(part.data()) + i;
      *byte = static_cast<char>(*byte ^ 0x20);
      const Status damaged = memtable->verify_checksums();
      EXPECT_TRUE(damaged.is(StatusCode::kCorruption));
      EXPECT_NE(damaged.message().find("offset"), std::string_view::npos);
      *byte = static_cast<char>(*byte ^ 0x20);
    }
  }
  EXPECT_TRUE(memtable->verify_checksums().ok());
}

TEST(Memtable, ADamagedLengthIsFoundAndNotFollowed) {
  TestMemtable memtable;
  memtable.set("one", 1, "first");
  memtable.set("two", 2, "second");
  EntryView entry;
  ASSERT_TRUE(memtable->get("one", hash_key("one"), 2, &entry));
  // In front of the key: its length 1, operation 1, timestamp 8, and before them "operation bytes".
  char* const length = const_cast<char*>(entry.key.data()) - 1 - 1 - 8 - 4;
  const auto before = load<uint32_t>(length);
  for (const uint32_t wrong : {0u, 3u, before + 8, 0xffffffffu}) {
    store<uint32_t>(length, wrong);
    EXPECT_TRUE(memtable->verify_checksums().is(StatusCode::kCorruption)) << wrong;
  }
  store<uint32_t>(length, before);
  EXPECT_TRUE(memtable->verify_checksums().ok());
}

}  // namespace
}  // namespace ashlar
