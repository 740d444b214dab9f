#include "memtable/memtable_memory.h"

#include <algorithm>
#include <utility>

#include "base/try.h"

namespace ashlar {

MemtableMemory::MemtableMemory(std::size_t capacity, std::size_t most, MemoryBudget* budget)
    : capacity_(capacity), most_(most), budget_(budget) {
  kept_.reserve(most);
}

Result<MemtableMemory::Piece> MemtableMemory::allocate(std::size_t arena_bytes,
                                                       std::size_t index_bytes,
                                                       PageSize pages) const {
  Piece piece;
  ASHLAR_TRY_ASSIGN(piece.arena,
                    HugeBuffer::allocate(arena_bytes, MemoryUse::kMemtable, budget_, pages));
  ASHLAR_TRY_ASSIGN(piece.index,
                    HugeBuffer::allocate(index_bytes, MemoryUse::kMemtable, budget_, pages));
  return piece;
}

Result<MemtableMemory::Piece> MemtableMemory::take(std::size_t capacity, std::size_t arena_bytes,
                                                   std::size_t index_bytes) {
  if (capacity == capacity_) {
    const std::lock_guard lock(mutex_);
    if (!kept_.empty()) {
      Piece piece = std::move(kept_.back());
      kept_.pop_back();
      ++in_use_;
      return piece;
    }
  }
  ASHLAR_TRY_ASSIGN(Piece piece, allocate(arena_bytes, index_bytes, PageSize::kQuick));
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

MemtableMemory::Piece MemtableMemory::take_small() {
  const std::lock_guard lock(mutex_);
  const auto small = std::find_if(kept_.begin(), kept_.end(), [](const Piece& piece) {
    return piece.arena.pages() == PageSize::kSmall;
  });
  if (small == kept_.end()) return {};
  Piece piece = std::move(*small);
  kept_.erase(small);
  return piece;
}

void MemtableMemory::use_huge_pages(const std::function<bool()>& go_on) {
  constexpr std::size_t kStepBytes = std::size_t{2} << 20;
  while (go_on()) {
    Piece small = take_small();
    if (!small.arena) return;
    const std::size_t arena_bytes = small.arena.size();
    const std::size_t index_bytes = small.index.size();
    // Steps may have gone beyond the end.
    const std::size_t wanted = std::min(small.touched, arena_bytes);
    small = {};  // never both
    auto allocated = allocate(arena_bytes, index_bytes, PageSize::kHuge);
    if (!allocated.ok()) return;  // what follows takes small ones again
    Piece huge = std::move(allocated).value();
    huge.index.take_pages(0, huge.index.size() / 2);  // see HashIndex: the rest is for overflows
    while (huge.touched < wanted && go_on()) {
      huge.arena.take_pages(huge.touched, kStepBytes);
      huge.touched += kStepBytes;
    }
    const std::lock_guard lock(mutex_);
    if (in_use_ + kept_.size() < most_) kept_.push_back(std::move(huge));
  }
}

}  // namespace ashlar
