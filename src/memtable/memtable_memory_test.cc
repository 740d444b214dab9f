#include "memtable/memtable_memory.h"

#include <gtest/gtest.h>

#include "memtable/memtable.h"
#include "memtable/memtable_test_support.h"

namespace ashlar {
namespace {

constexpr std::size_t kCapacity = std::size_t{1} << 20;

std::shared_ptr<Memtable> memtable_with(MemtableMemory* memory, std::size_t capacity,
                                        const std::string& key) {
  auto memtable = Memtable::create(capacity, 0, memory).value();
  Operation operation;
  operation.key = key;
  operation.value = "value";
  std::string bytes;
  encode_operation(operation, &bytes);
  memtable->add(1, bytes, operation, hash_key(key));
  return memtable;
}

TEST(MemtableMemory, GoesToTheNextMemtableWithoutWhatItHeld) {
  MemoryBudget budget(std::size_t{1} << 30);
  MemtableMemory memory(kCapacity, 1, &budget);
  const void* arena = nullptr;
  std::size_t used = 0;
  for (int i = 0; i < 3; ++i) {
    const std::string key = "key" + std::to_string(i);
    const auto memtable = memtable_with(&memory, kCapacity, key);
    EntryView entry;
    ASSERT_TRUE(memtable->get(key, hash_key(key), 1, &entry));
    if (arena == nullptr) arena = entry.key.data();
    EXPECT_EQ(static_cast<const void*>(entry.key.data()), arena);
    EXPECT_FALSE(memtable->get("key", hash_key("key"), 1, &entry));
    for (int before = 0; before < i; ++before) {
      const std::string old = "key" + std::to_string(before);
      EXPECT_FALSE(memtable->get(old, hash_key(old), 1, &entry)) << old;
    }
    EXPECT_EQ(memtable->entry_count(), 1u);
    if (used == 0) used = budget.used();
    EXPECT_EQ(budget.used(), used);
  }
  EXPECT_EQ(budget.used(), used) << "what is kept counts";
}

TEST(MemtableMemory, IsMadeAnewInHugePagesWhenNobodyWrites) {
  constexpr std::size_t kLarge = std::size_t{16} << 20;
  MemoryBudget budget(std::size_t{1} << 30);
  MemtableMemory memory(kLarge, 2, &budget);
  const auto pages_taken = [&] {
    MemtableMemory::Piece piece = memory.take(kLarge, kLarge / 2, kLarge / 4).value();
    const PageSize pages = piece.arena.pages();
    piece.touched = kLarge;  // pages are taken in steps, the last of which may end behind the arena
    memory.give_back(kLarge, std::move(piece));
    return pages;
  };
  EXPECT_EQ(pages_taken(), PageSize::kSmall);
  memory.use_huge_pages([] { return false; });
  EXPECT_EQ(pages_taken(), PageSize::kSmall) << "was told not to";
  const std::size_t used = budget.used();
  memory.use_huge_pages([] { return true; });
  EXPECT_EQ(budget.used(), used);
  MemtableMemory::Piece piece = memory.take(kLarge, kLarge / 2, kLarge / 4).value();
  EXPECT_EQ(piece.arena.pages(), PageSize::kHuge);
  EXPECT_EQ(piece.arena.size(), kLarge / 2);
  EXPECT_EQ(piece.index.size(), kLarge / 4);
  memory.give_back(kLarge, std::move(piece));
  memory.use_huge_pages([] { return true; });  // nothing is left to do
  const auto memtable = memtable_with(&memory, kLarge, "key");
  EntryView entry;
  EXPECT_TRUE(memtable->get("key", hash_key("key"), 1, &entry));
}

TEST(MemtableMemory, KeepsNoMoreThanItMayAndOnlyTheUsualSize) {
  MemoryBudget budget(std::size_t{1} << 30);
  MemtableMemory memory(kCapacity, 2, &budget);
  auto in_use = memtable_with(&memory, kCapacity, "k");
  const std::size_t one = budget.used();
  {
    std::vector<std::shared_ptr<Memtable>> memtables;
    for (int i = 0; i < 4; ++i) memtables.push_back(memtable_with(&memory, kCapacity, "k"));
    memtables.push_back(memtable_with(&memory, 3 * kCapacity, "k"));
  }
  EXPECT_EQ(budget.used(), 2 * one) << "one is in use, another one kept";
  in_use.reset();
  EXPECT_EQ(budget.used(), 2 * one);
  const auto large = memtable_with(&memory, 3 * kCapacity, "k");
  EXPECT_GT(large->memory_bytes(), 2 * kCapacity);
}

TEST(MemtableMemory, ThatKeepsNothingGivesAllBack) {
  MemoryBudget budget(std::size_t{1} << 30);
  MemtableMemory memory(&budget);
  memtable_with(&memory, kCapacity, "k");
  EXPECT_EQ(budget.used(), 0u);
}

}  // namespace
}  // namespace ashlar
