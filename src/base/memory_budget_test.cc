#include "base/memory_budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace ashlar {
namespace {

TEST(MemoryBudget, GivesUntilItIsUsedUp) {
  MemoryBudget budget(100);
  EXPECT_TRUE(budget.try_reserve(MemoryUse::kMemtable, 60));
  EXPECT_FALSE(budget.try_reserve(MemoryUse::kTable, 41));
  EXPECT_TRUE(budget.try_reserve(MemoryUse::kTable, 40));
  EXPECT_FALSE(budget.try_reserve(MemoryUse::kTable, 1));
  EXPECT_TRUE(budget.try_reserve(MemoryUse::kTable, 0));
  budget.release(MemoryUse::kMemtable, 60);
  EXPECT_EQ(budget.used(), 40u);
  EXPECT_EQ(budget.used(MemoryUse::kTable), 40u);
  EXPECT_EQ(budget.used(MemoryUse::kMemtable), 0u);
  EXPECT_EQ(budget.total(), 100u);
}

TEST(MemoryBudget, WhatMustBeHadGoesBeyondTheTotalAndIsCounted) {
  MemoryBudget budget(100);
  budget.reserve(MemoryUse::kLog, 150);
  EXPECT_EQ(budget.used(), 150u);
  EXPECT_FALSE(budget.try_reserve(MemoryUse::kTable, 1));
  budget.release(MemoryUse::kLog, 51);
  EXPECT_TRUE(budget.try_reserve(MemoryUse::kTable, 1));
}

TEST(MemoryBudget, HugeRequestIsRefusedAndNotAnOverflow) {
  MemoryBudget budget(100);
  ASSERT_TRUE(budget.try_reserve(MemoryUse::kTable, 50));
  EXPECT_FALSE(budget.try_reserve(MemoryUse::kTable, SIZE_MAX - 10));
}

TEST(MemoryBudget, ThreadsNeverTakeMoreThanThereIs) {
  MemoryBudget budget(1000);
  std::atomic<std::size_t> taken = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        if (budget.try_reserve(MemoryUse::kPageCache, 3)) taken += 3;
        EXPECT_LE(budget.used(), 1000u);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 999u);
  EXPECT_EQ(budget.used(MemoryUse::kPageCache), 999u);
}

TEST(MemoryBudgetDeathTest, GivingBackMoreThanWasTakenIsABug) {
  MemoryBudget budget(100);
  EXPECT_DEATH(budget.release(MemoryUse::kLog, 1), "check failed");
}

}  // namespace
}  // namespace ashlar
