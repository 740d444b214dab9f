#include "table/page_cache.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <thread>

#include "base/coding.h"
#include "base/limits.h"

namespace ashlar {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

void fill(PagePin& pin, uint64_t file_number, uint32_t page) {
  for (std::size_t at = 0; at < kPageBytes; at += 8)
    store(pin.fill() + at, file_number * 1000 + page);
}

bool holds(const PagePin& pin, uint64_t file_number, uint32_t page) {
  return load<uint64_t>(pin.data()) == file_number * 1000 + page &&
         load<uint64_t>(pin.data() + kPageBytes - 8) == file_number * 1000 + page;
}

PagePin add(PageCache& cache, uint64_t file_number, uint32_t page) {
  PagePin pin = cache.reserve(file_number, page);
  fill(pin, file_number, page);
  cache.publish(&pin);
  return pin;
}

TEST(PageCache, FindsWhatWasPublishedAndNothingElse) {
  PageCache cache(nullptr, kMiB);
  EXPECT_FALSE(cache.find(1, 2));
  PagePin hidden = cache.reserve(1, 2);
  EXPECT_FALSE(cache.find(1, 2));  // [CACHE-1]
  fill(hidden, 1, 2);
  cache.publish(&hidden);
  hidden.reset();
  const PagePin found = cache.find(1, 2);
  ASSERT_TRUE(found);
  EXPECT_TRUE(holds(found, 1, 2));
  EXPECT_FALSE(cache.find(2, 2));
  EXPECT_FALSE(cache.find(1, 3));
  const auto statistics = cache.statistics();
  EXPECT_EQ(statistics.hits, 1u);
  EXPECT_EQ(statistics.misses, 4u);
  EXPECT_EQ(statistics.bytes, kPageBytes);
}

TEST(PageCache, SecondPublisherGetsTheFirstOnesPage) {
  PageCache cache(nullptr, kMiB);
  PagePin first = cache.reserve(1, 2);
  PagePin second = cache.reserve(1, 2);
  fill(first, 1, 2);
  fill(second, 1, 2);
  cache.publish(&first);
  cache.publish(&second);
  EXPECT_EQ(first.data(), second.data());
  EXPECT_EQ(cache.statistics().bytes, kPageBytes);
}

TEST(PageCache, KeepsWhatIsUsedAgain) {
  PageCache cache(nullptr, kMiB);
  for (uint32_t page = 0; page < 50; ++page) add(cache, 1, page);
  for (uint32_t page = 0; page < 3000; ++page) {
    add(cache, 2, page);
    if (page % 20 == 0) {
      for (uint32_t hot = 0; hot < 50; ++hot) ASSERT_TRUE(cache.find(1, hot)) << page;
    }
  }
}

TEST(PageCache, PinnedPagesStayAndMoreThanFitAreServed) {
  PageCache cache(nullptr, kMiB);
  std::vector<PagePin> pins;
  for (uint32_t page = 0; page < 1000; ++page) pins.push_back(add(cache, 1, page));
  for (uint32_t page = 0; page < 1000; ++page) EXPECT_TRUE(holds(pins[page], 1, page));
  EXPECT_LE(cache.statistics().bytes, kMiB);
  pins.clear();
  for (uint32_t page = 0; page < 1000; ++page) add(cache, 2, page);
  EXPECT_LE(cache.statistics().bytes, kMiB);
}

TEST(PageCache, ErasedFileIsGoneAlsoWhilePinned) {
  PageCache cache(nullptr, kMiB);
  const PagePin pinned = add(cache, 1, 1);
  add(cache, 1, 2);
  add(cache, 2, 1);
  cache.erase_file(1);
  EXPECT_FALSE(cache.find(1, 1));
  EXPECT_FALSE(cache.find(1, 2));
  EXPECT_TRUE(cache.find(2, 1));
  EXPECT_TRUE(holds(pinned, 1, 1));
}

TEST(PageCache, CapacityCountsInTheBudgetAndIsNeverExceeded) {
  MemoryBudget budget(64 * kMiB);
  {
    PageCache cache(&budget, 10 * kMiB);
    EXPECT_EQ(budget.used(MemoryUse::kPageCache), 0u);  // taken as pages come
    for (uint32_t page = 0; page < 5000; ++page) add(cache, 2, page);
    EXPECT_LE(budget.used(MemoryUse::kPageCache), 10 * kMiB);
    EXPECT_GT(budget.used(MemoryUse::kPageCache), 9 * kMiB);
    cache.set_capacity(3 * kMiB);
    EXPECT_LE(budget.used(MemoryUse::kPageCache), 3 * kMiB);
    cache.set_capacity(0);
    EXPECT_EQ(budget.used(MemoryUse::kPageCache), 0u);
    const PagePin alone = add(cache, 1, 1);
    EXPECT_TRUE(holds(alone, 1, 1));
    EXPECT_FALSE(cache.find(1, 1));
    EXPECT_EQ(budget.used(MemoryUse::kPageCache), kPageBytes);
    cache.set_capacity(20 * kMiB);
    for (uint32_t page = 0; page < 10000; ++page) add(cache, 3, page);
    EXPECT_LE(budget.used(MemoryUse::kPageCache), 20 * kMiB + kPageBytes);
    EXPECT_GT(budget.used(MemoryUse::kPageCache), 19 * kMiB);
  }
  EXPECT_EQ(budget.used(), 0u);
}

TEST(PageCache, ShrinkingKeepsPagesOfRemainingExtentsAndFindable) {
  PageCache cache(nullptr, 8 * kMiB);
  for (uint32_t page = 0; page < 1500; ++page) add(cache, 1, page);
  cache.set_capacity(5 * kMiB);
  std::size_t left = 0;
  for (uint32_t page = 0; page < 1500; ++page) {
    const PagePin pin = cache.find(1, page);
    if (!pin) continue;
    ++left;
    EXPECT_TRUE(holds(pin, 1, page));
  }
  EXPECT_GT(left, 500u);
  EXPECT_EQ(cache.statistics().bytes, left * kPageBytes);
}

TEST(PageCache, MemoryOfAPinnedExtentIsReturnedWithItsLastPin) {
  MemoryBudget budget(64 * kMiB);
  PageCache cache(&budget, 2 * kMiB);
  PagePin published = add(cache, 1, 1);
  PagePin unpublished = cache.reserve(1, 2);
  cache.set_capacity(0);
  EXPECT_GT(budget.used(MemoryUse::kPageCache), kMiB);
  EXPECT_TRUE(holds(published, 1, 1));
  published.reset();
  EXPECT_GT(budget.used(MemoryUse::kPageCache), kMiB);
  fill(unpublished, 1, 2);
  cache.publish(&unpublished);
  EXPECT_FALSE(cache.find(1, 2));
  unpublished.reset();
  EXPECT_EQ(budget.used(MemoryUse::kPageCache), 0u);
}

TEST(PageCache, ThreadsReadRightPagesWhileItIsResizedAndErased) {
  MemoryBudget budget(64 * kMiB);
  {
    PageCache cache(&budget, kMiB);
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (unsigned seed = 0; seed < 4; ++seed) {
      threads.emplace_back([&, seed] {
        std::mt19937_64 random(seed);
        std::vector<PagePin> held(4);
        while (!stop.load()) {
          const uint64_t file = random() % 3;
          const auto page = static_cast<uint32_t>(random() % 400);
          PagePin pin = cache.find(file, page);
          if (!pin) pin = add(cache, file, page);
          ASSERT_TRUE(holds(pin, file, page));
          held[random() % held.size()] = std::move(pin);
        }
      });
    }
    std::mt19937_64 random(99);
    for (int i = 0; i < 200; ++i) {
      cache.set_capacity(random() % (4 * kMiB));
      cache.erase_file(random() % 3);
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
    stop = true;
    for (std::thread& thread : threads) thread.join();
    cache.set_capacity(0);
    EXPECT_EQ(budget.used(), 0u);
  }
}

}  // namespace
}  // namespace ashlar
