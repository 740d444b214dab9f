// Memory that is not a HugeBuffer, counted in the budget all the same.
#pragma once

#include <cstddef>

#include "base/memory_budget.h"

namespace ashlar {

// Holds `bytes()` of a budget, which may be null, as long as it lives.
//
// Threads: one at a time.
class MemoryReservation {
 public:
  MemoryReservation(MemoryUse use, MemoryBudget* budget) : use_(use), budget_(budget) {}
  ~MemoryReservation() { set(0); }
  MemoryReservation(const MemoryReservation&) = delete;
  MemoryReservation& operator=(const MemoryReservation&) = delete;

  std::size_t bytes() const { return bytes_; }
  void set(std::size_t bytes) {
    if (budget_ != nullptr && bytes > bytes_) budget_->reserve(use_, bytes - bytes_);
    if (budget_ != nullptr && bytes < bytes_) budget_->release(use_, bytes_ - bytes);
    bytes_ = bytes;
  }

 private:
  const MemoryUse use_;
  MemoryBudget* const budget_;
  std::size_t bytes_ = 0;
};

}  // namespace ashlar
