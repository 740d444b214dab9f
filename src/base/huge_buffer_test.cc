#include "base/huge_buffer.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>

namespace ashlar {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

TEST(HugeBuffer, IsZeroedAlignedAndWritable) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{4096}, std::size_t{5000}, kHugePage,
                                  kHugePage + 1, 3 * kHugePage}) {
    auto buffer = HugeBuffer::allocate(bytes, MemoryUse::kTable, nullptr).value();
    EXPECT_GE(buffer.size(), bytes);
    const auto address = reinterpret_cast<uintptr_t>(buffer.data());
    EXPECT_EQ(address % (bytes >= kHugePage ? kHugePage : 4096), 0u);
    EXPECT_TRUE(
        std::all_of(buffer.data(), buffer.data() + buffer.size(), [](char c) { return c == 0; }));
    std::fill(buffer.data(), buffer.data() + buffer.size(), 'x');
  }
}

TEST(HugeBuffer, TakesFromTheBudgetAndGivesBack) {
  MemoryBudget budget(1 << 20);
  {
    auto buffer = HugeBuffer::allocate(5000, MemoryUse::kLog, &budget).value();
    EXPECT_EQ(budget.used(MemoryUse::kLog), 8192u);
    HugeBuffer moved = std::move(buffer);
    EXPECT_EQ(budget.used(), 8192u);
    moved = HugeBuffer::allocate(4096, MemoryUse::kTable, &budget).value();
    EXPECT_TRUE(moved);
  }
  EXPECT_EQ(budget.used(), 0u);
}

TEST(HugeBuffer, ShrinkingKeepsTheFrontAndGivesBackTheRest) {
  MemoryBudget budget(1 << 30);
  auto buffer = HugeBuffer::allocate(2 * kHugePage, MemoryUse::kTable, &budget).value();
  buffer.data()[4095] = 'a';
  buffer.shrink(4096);
  EXPECT_EQ(buffer.size(), 4096u);
  EXPECT_EQ(budget.used(), 4096u);
  EXPECT_EQ(buffer.data()[4095], 'a');
  buffer.shrink(1 << 20);  // larger than it is: nothing
  EXPECT_EQ(buffer.size(), 4096u);
}

TEST(HugeBuffer, GrowingKeepsWhatItHoldsAndAddsZeros) {
  MemoryBudget budget(1 << 30);
  auto buffer = HugeBuffer::allocate(5000, MemoryUse::kTable, &budget).value();
  std::size_t filled = 0;
  for (const std::size_t bytes : {std::size_t{5000}, kHugePage - 4096, kHugePage, kHugePage + 5000,
                                  3 * kHugePage, 3 * kHugePage + 1}) {
    ASSERT_TRUE(buffer.grow(bytes).ok());
    EXPECT_GE(buffer.size(), bytes);
    EXPECT_EQ(budget.used(MemoryUse::kTable), buffer.size());
    const auto address = reinterpret_cast<uintptr_t>(buffer.data());
    EXPECT_EQ(address % (bytes >= kHugePage ? kHugePage : 4096), 0u);
    ASSERT_TRUE(
        std::all_of(buffer.data(), buffer.data() + filled, [](char c) { return c == 'x'; }));
    ASSERT_TRUE(std::all_of(buffer.data() + filled, buffer.data() + buffer.size(),
                            [](char c) { return c == 0; }));
    filled = bytes;
    std::fill(buffer.data(), buffer.data() + filled, 'x');
  }
  ASSERT_TRUE(buffer.grow(4096).ok());  // smaller than it is: nothing
  EXPECT_GE(buffer.size(), filled);
  EXPECT_TRUE(buffer.grow(SIZE_MAX / 4).is(StatusCode::kOutOfMemory));
  EXPECT_EQ(buffer.data()[filled - 1], 'x');
}

TEST(HugeBuffer, OfSmallPagesIsLikeAnyOther) {
  auto buffer =
      HugeBuffer::allocate(2 * kHugePage, MemoryUse::kTable, nullptr, PageSize::kSmall).value();
  EXPECT_TRUE(buffer.pages() == PageSize::kSmall);
  std::fill(buffer.data(), buffer.data() + buffer.size(), 'x');
  ASSERT_TRUE(buffer.grow(5 * kHugePage).ok());
  EXPECT_EQ(buffer.data()[2 * kHugePage - 1], 'x');
  EXPECT_EQ(buffer.data()[5 * kHugePage - 1], 0);
  const HugeBuffer moved = std::move(buffer);
  EXPECT_TRUE(moved.pages() == PageSize::kSmall);
}

TEST(HugeBuffer, OfQuickPagesIsLikeAnyOther) {
  MemoryBudget budget(1 << 30);
  auto buffer =
      HugeBuffer::allocate(3 * kHugePage + 8192, MemoryUse::kTable, &budget, PageSize::kQuick)
          .value();
  buffer.take_pages(0, kHugePage);
  buffer.take_pages(kHugePage, 5 * kHugePage);
  EXPECT_EQ(budget.used(), 3 * kHugePage + 8192);
  for (std::size_t i = 0; i < buffer.size(); i += 512) buffer.data()[i] = static_cast<char>(i >> 9);
  ASSERT_TRUE(buffer.grow(5 * kHugePage).ok());
  EXPECT_EQ(budget.used(), 5 * kHugePage);
  for (std::size_t i = 0; i < 3 * kHugePage + 8192; i += 512) {
    ASSERT_EQ(buffer.data()[i], static_cast<char>(i >> 9)) << i;
  }
  EXPECT_EQ(buffer.data()[5 * kHugePage - 1], 0);
  buffer.shrink(4096);
  EXPECT_TRUE(buffer.pages() == PageSize::kSmall || buffer.pages() == PageSize::kHuge);
  EXPECT_EQ(buffer.data()[512], 1);
}

// Whether the page's memory is there, see mincore(2).
bool is_taken(const char* page) {
  unsigned char there = 0;
  EXPECT_EQ(mincore(const_cast<char*>(page), 4096, &there), 0);
  return (there & 1) != 0;
}

// Asked of the system itself: where it can, take_pages() has to.
bool system_takes_pages() {
  void* const page =
      mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT_NE(page, MAP_FAILED);
  const bool taken = madvise(page, 4096, MADV_POPULATE_WRITE) == 0;
  munmap(page, 4096);
  return taken;
}

TEST(HugeBuffer, TakesPagesAheadAndLeavesWhatTheyHold) {
  auto buffer =
      HugeBuffer::allocate(3 * kHugePage, MemoryUse::kTable, nullptr, PageSize::kSmall).value();
  buffer.data()[kHugePage] = 'x';
  const char* const last = buffer.data() + 2 * kHugePage - 4096;
  EXPECT_FALSE(is_taken(last));
  buffer.take_pages(kHugePage + 5, kHugePage - 4096);
  const bool can = system_takes_pages();
  EXPECT_EQ(is_taken(last), can);
  EXPECT_FALSE(is_taken(buffer.data() + kHugePage - 4096));
  EXPECT_FALSE(is_taken(last + 4096));
  buffer.take_pages(3 * kHugePage - 1, kHugePage);
  buffer.take_pages(4 * kHugePage, kHugePage);
  EXPECT_EQ(is_taken(buffer.data() + 3 * kHugePage - 4096), can);
  EXPECT_EQ(buffer.data()[kHugePage], 'x');
  EXPECT_EQ(*last, 0);
}

TEST(HugeBuffer, EmptyOneOwnsNothing) {
  HugeBuffer buffer;
  EXPECT_FALSE(buffer);
  EXPECT_EQ(buffer.size(), 0u);
  buffer.shrink(0);
}

TEST(HugeBuffer, MoreThanTheSystemHasIsOutOfMemory) {
  MemoryBudget budget(1 << 20);
  for (const std::size_t bytes : {SIZE_MAX, SIZE_MAX - kHugePage + 8192, SIZE_MAX / 2}) {
    const auto buffer = HugeBuffer::allocate(bytes, MemoryUse::kTable, &budget);
    EXPECT_TRUE(buffer.status().is(StatusCode::kOutOfMemory)) << bytes;
  }
  EXPECT_EQ(budget.used(), 0u);
}

}  // namespace
}  // namespace ashlar
