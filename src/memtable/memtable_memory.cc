#include "memtable/memtable_memory.h"

#include <utility>

#include "base/try.h"

namespace ashlar {

MemtableMemory::MemtableMemory(std::size_t capacity, std::size_t most, MemoryBudget* budget)
    : capacity_(capacity), most_(most), budget_(budget) {
  kept_.reserve(most);
}

Result<MemtableMemory::Piece> MemtableMemory::take(std::size_t capacity, std::size_t arena_bytes,
                                                   std::size_t index_bytes, PageSize arena_pages) {
  Piece piece;
  if (capacity == capacity_) {
    const std::lock_guard lock(mutex_);
    if (!kept_.empty()) {
      piece = std::move(kept_.back());
      kept_.pop_back();
      ++in_use_;
      return piece;
    }
  }
  ASHLAR_TRY_ASSIGN(piece.arena, HugeBuffer::allocate(arena_bytes, MemoryUse::kMemtable, budget_,
                                                      arena_pages));
  ASHLAR_TRY_ASSIGN(piece.index,
                    HugeBuffer::allocate(index_bytes, MemoryUse::kMemtable, budget_));
  if (capacity == capacity_) {
    const std::lock_guard lock(mutex_);
    ++in_use_;
  }
  return piece;
}

void MemtableMemory::give_back(std::size_t capacity, Piece piece) {
  if (capacity != capacity_) return;
  const std::lock_guard lock(mutex_);
  --in_use_;
  if (in_use_ + kept_.size() < most_) kept_.push_back(std::move(piece));
}

}  // namespace ashlar
