#include "memtable/hash_index.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace ashlar {
namespace {

HugeBuffer zeros_for(std::size_t expected, MemoryBudget* budget) {
  return HugeBuffer::allocate(HashIndex::memory_bytes(expected), MemoryUse::kMemtable, budget)
      .value();
}

// An index beside a map; "keys" are numbers, and record i belongs to the key keys_[i].
class IndexAndMap {
 public:
  explicit IndexAndMap(std::size_t expected)
      : index_(expected, zeros_for(expected, nullptr)) {}

  bool has_room(std::size_t count) const { return index_.has_room(count); }
  // Returns what the key led to before.
  RecordNumber put(uint64_t hash, int key) {
    const auto record = static_cast<RecordNumber>(keys_.size());
    keys_.push_back(key);
    RecordNumber before = kRecordLimit;
    index_.put(
        hash, record, [&](RecordNumber other) { return keys_[other] == key; },
        [&](RecordNumber previous) { before = previous; });
    EXPECT_EQ(before, newest_[key]);
    newest_[key] = record;
    return before;
  }
  RecordNumber find(uint64_t hash, int key) const {
    return index_.find(hash, [&](RecordNumber other) { return keys_[other] == key; });
  }
  const std::map<int, RecordNumber>& newest() const { return newest_; }

 private:
  HashIndex index_;
  std::vector<int> keys_{-1};  // record 0: none
  std::map<int, RecordNumber> newest_;
};

TEST(HashIndex, LeadsToTheNewestRecordOfAKey) {  // [HASH-1]
  IndexAndMap index(100);
  EXPECT_EQ(index.find(5, 1), 0u);
  EXPECT_EQ(index.put(5, 1), 0u);
  EXPECT_EQ(index.put(5, 1), 1u);
  EXPECT_EQ(index.put(5, 2), 0u);  // the same hash, another key
  EXPECT_EQ(index.find(5, 1), 2u);
  EXPECT_EQ(index.find(5, 2), 3u);
  EXPECT_EQ(index.find(5, 3), 0u);
}

TEST(HashIndex, KeysThatAllShareOneBucketOverflowAndAreFound) {  // [HASH-1]
  IndexAndMap index(1000);
  constexpr int kKeys = 1000;
  for (int round = 0; round < 2; ++round) {
    for (int key = 0; key < kKeys; ++key) {
      ASSERT_TRUE(index.has_room(1));
      index.put(7, key);
    }
  }
  for (int key = 0; key < kKeys; ++key) ASSERT_EQ(index.find(7, key), index.newest().at(key));
  EXPECT_EQ(index.find(7, kKeys), 0u);
}

TEST(HashIndex, WhatHasRoomPromisedFindsRoom) {  // [HASH-3]
  std::mt19937_64 random(3);
  for (const uint64_t homes : {uint64_t{1}, uint64_t{4}, UINT64_MAX}) {
    IndexAndMap index(500);
    int key = 0;
    while (key < 100'000) {
      const std::size_t count = random() % 50 + 1;
      if (!index.has_room(count)) break;
      for (std::size_t i = 0; i < count; ++i) {
        const uint64_t hash = homes == UINT64_MAX ? random() : (random() % homes) << 61;
        index.put(hash, key++);
      }
    }
    EXPECT_GE(key, 400) << homes;
    EXPECT_LT(key, 100'000) << homes;
  }
}

TEST(HashIndex, HasRoomForACommitOfAsManyKeysAsItWasMadeFor) {  // [HASH-3]
  for (const std::size_t expected : {std::size_t{200}, std::size_t{5000}, std::size_t{100'000}}) {
    IndexAndMap index(expected);
    EXPECT_TRUE(index.has_room(expected)) << expected;
    EXPECT_FALSE(index.has_room(expected * 10)) << expected;
  }
}

TEST(HashIndex, ItsMemoryIsZeroAgainWhenItIsTaken) {
  HashIndex index(1000, zeros_for(1000, nullptr));
  RecordNumber record = 0;
  for (; index.has_room(1); ++record) {
    const uint64_t hash = record % 2 == 0 ? 7 : record * 0x9e3779b97f4a7c15u;
    index.put(hash, record + 1, [](RecordNumber) { return false; }, [](RecordNumber) {});
  }
  EXPECT_GT(record, 1000u);
  const HugeBuffer taken = index.take_memory();
  ASSERT_GE(taken.size(), HashIndex::memory_bytes(1000));
  EXPECT_TRUE(
      std::all_of(taken.data(), taken.data() + taken.size(), [](char c) { return c == 0; }));
}

}  // namespace
}  // namespace ashlar
