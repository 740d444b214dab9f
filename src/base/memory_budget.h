// One number of bytes for everything, and who has taken how much of it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

namespace ashlar {

enum class MemoryUse : unsigned char {
  kMemtable,
  kLog,         // the mapped ring
  kTable,       // tables and value files held whole
  kPageCache,
  kValueCache,
  kCompaction,  // buffers of flushes, merges and scans over files
  kQuery,       // of sorting and grouping
  kCount,
};

// Accounting only: who reserves more than is left decides what to do without.
//
// Threads: any.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t total) : total_(total) {}

  // Takes the bytes if they are there.
  bool try_reserve(MemoryUse use, std::size_t bytes);
  // Takes them in any case, for what can't be done without and is bounded elsewhere.
  void reserve(MemoryUse use, std::size_t bytes);
  void release(MemoryUse use, std::size_t bytes);

  std::size_t total() const { return total_; }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }
  std::size_t used(MemoryUse use) const {
    return by_use_[static_cast<std::size_t>(use)].load(std::memory_order_relaxed);
  }

 private:
  const std::size_t total_;
  std::atomic<std::size_t> used_{0};
  std::array<std::atomic<std::size_t>, static_cast<std::size_t>(MemoryUse::kCount)> by_use_{};
};

}  // namespace ashlar
