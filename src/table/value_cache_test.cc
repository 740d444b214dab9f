#include "table/value_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/memory_budget.h"

namespace ashlar {
namespace {

constexpr std::size_t kCapacity = std::size_t{16} << 20;

// The record of a place: another one for each.
std::string record_of(uint64_t file, uint64_t offset) {
  return std::string(900 + (file * 7 + offset) % 300, static_cast<char>('a' + offset % 26)) +
         std::to_string(file) + "/" + std::to_string(offset);
}

class ValueCacheTest : public testing::Test {
 protected:
  // What a reader does; whether it was found.
  bool read(uint64_t file, uint64_t offset) {
    std::string record;
    if (cache_.find(file, offset, &record)) {
      EXPECT_EQ(record, record_of(file, offset));
      return true;
    }
    cache_.offer(file, offset, record_of(file, offset));
    return false;
  }

  MemoryBudget budget_{std::size_t{64} << 20};
  ValueCache cache_{&budget_};
};

TEST_F(ValueCacheTest, KeepsNothingBeforeItHasACapacity) {
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(read(1, 4096));
  EXPECT_EQ(budget_.used(), 0u);
}

TEST_F(ValueCacheTest, KeepsWhatIsMissedASecondTime) {
  cache_.set_capacity(kCapacity);
  EXPECT_FALSE(read(1, 4096));
  EXPECT_FALSE(read(1, 4096));
  EXPECT_TRUE(read(1, 4096));
  EXPECT_FALSE(read(2, 4096)) << "another file's";
  EXPECT_FALSE(read(1, 8192)) << "another place's";
  EXPECT_EQ(cache_.statistics().records, 1u);
  EXPECT_EQ(cache_.statistics().hits, 1u);
  EXPECT_EQ(cache_.statistics().misses, 4u);
}

TEST_F(ValueCacheTest, AScanOverMuchMoreDisplacesNothing) {
  cache_.set_capacity(kCapacity);
  for (int round = 0; round < 5; ++round) {
    for (uint64_t i = 0; i < 5000; ++i) read(1, 4096 + i * 1024);
  }
  for (uint64_t i = 0; i < 100'000; ++i) read(2, 4096 + i * 1024);
  int kept = 0;
  for (uint64_t i = 0; i < 5000; ++i) kept += read(1, 4096 + i * 1024);
  EXPECT_GT(kept, 4900);
}

TEST_F(ValueCacheTest, WhatIsFoundStaysWhenOthersCome) {
  cache_.set_capacity(kCapacity);
  for (int round = 0; round < 2; ++round) {
    for (uint64_t i = 0; i < 1000; ++i) read(1, i * 8);
  }
  // Ten times what there is room for, each twice, and the first thousand again and again.
  for (uint64_t i = 0; i < 160'000; ++i) {
    read(2, i * 8);
    read(2, i * 8);
    read(1, i % 1000 * 8);
  }
  int kept = 0;
  for (uint64_t i = 0; i < 1000; ++i) kept += read(1, i * 8);
  EXPECT_GT(kept, 950);
  EXPECT_LT(cache_.statistics().records, 20'000u);
}

TEST_F(ValueCacheTest, HoldsNoMoreThanItsCapacityAndGivesItBack) {
  cache_.set_capacity(kCapacity);
  for (uint64_t i = 0; i < 40'000; ++i) {
    read(1, i * 8);
    read(1, i * 8);
  }
  EXPECT_LE(budget_.used(MemoryUse::kValueCache), kCapacity);
  EXPECT_GT(budget_.used(MemoryUse::kValueCache), kCapacity * 9 / 10);
  EXPECT_EQ(cache_.statistics().bytes, budget_.used(MemoryUse::kValueCache));

  cache_.set_capacity(kCapacity / 2);
  EXPECT_LE(budget_.used(MemoryUse::kValueCache), kCapacity / 2);
  EXPECT_TRUE(read(1, 39'999 * 8)) << "the youngest";
  EXPECT_FALSE(read(1, 30'000 * 8)) << "an old one";
  cache_.set_capacity(kCapacity);
  EXPECT_TRUE(read(1, 39'999 * 8));

  cache_.set_capacity(0);
  EXPECT_EQ(budget_.used(), 0u);
  EXPECT_EQ(cache_.statistics().records, 0u);
  EXPECT_FALSE(read(1, 39'999 * 8));
}

TEST_F(ValueCacheTest, ALargeRecordIsNotKept) {
  cache_.set_capacity(kCapacity);
  const std::string large(64 << 10, 'x');
  std::string record;
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(cache_.find(1, 4096, &record));
    cache_.offer(1, 4096, large);
  }
}

TEST_F(ValueCacheTest, ManyThreadsGetWhatIsTheirs) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (uint64_t thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&, thread] {
      uint64_t state = thread + 1;
      for (int i = 0; i < 20'000; ++i) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        const uint64_t place = (state >> 40) % 3000;
        read(place % 5, place * 8);
      }
    });
  }
  threads.emplace_back([&] {
    for (std::size_t i = 0; !stop.load(); ++i) cache_.set_capacity((i % 4 + 1) << 23);
  });
  for (std::size_t i = 0; i < 3; ++i) threads[i].join();
  stop.store(true);
  threads[3].join();
  // And it still keeps what is read again.
  cache_.set_capacity(kCapacity);
  for (int i = 0; i < 3; ++i) read(1, 8);
  EXPECT_TRUE(read(1, 8));
}

}  // namespace
}  // namespace ashlar
