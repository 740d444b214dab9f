// The memory of memtables, which goes from those that ended to those that begin.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

#include "base/huge_buffer.h"

namespace ashlar {

// A memtable is filled from end to end within a fraction of a second, and memory that is touched
// for the first time costs more than all else that a write does: it is not given back meanwhile.
//
// Ownership: must outlive the memtables that use it.
// Threads:   any.
class MemtableMemory {
 public:
  struct Piece {
    HugeBuffer arena;
    HugeBuffer index;         // zeros
    std::size_t touched = 0;  // bytes of the arena whose pages are there
  };

  // Keeps nothing.
  explicit MemtableMemory(MemoryBudget* budget) : MemtableMemory(0, 0, budget) {}
  // Keeps the memory of memtables that were made with `capacity` bytes, while there are no more
  // than `most` of them, those in use among them.
  MemtableMemory(std::size_t capacity, std::size_t most, MemoryBudget* budget);

  // For a memtable of any capacity; what the arena holds is left from its last use. If nothing is
  // kept, it is memory in the pages that are the first at hand. kOutOfMemory.
  Result<Piece> take(std::size_t capacity, std::size_t arena_bytes, std::size_t index_bytes);
  // Takes back what take() gave for `capacity`.
  void give_back(std::size_t capacity, Piece piece);

  // For times when nobody writes: makes what is kept in small pages anew in huge ones, which are
  // faster to look into, and takes as many of them as have been in use. Ends as soon as `go_on`
  // says so, which is asked every few milliseconds.
  void use_huge_pages(const std::function<bool()>& go_on);

 private:
  Result<Piece> allocate(std::size_t arena_bytes, std::size_t index_bytes, PageSize pages) const;
  // A kept one in small pages; its arena is empty if there is none.
  Piece take_small();

  const std::size_t capacity_;
  const std::size_t most_;
  MemoryBudget* const budget_;
  std::mutex mutex_;
  std::vector<Piece> kept_;  // guarded by mutex_, as is
  std::size_t in_use_ = 0;   // of the usual capacity
};

}  // namespace ashlar
