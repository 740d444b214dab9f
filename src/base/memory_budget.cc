#include "base/memory_budget.h"

#include "base/check.h"

namespace ashlar {

bool MemoryBudget::try_reserve(MemoryUse use, std::size_t bytes) {
  std::size_t used = used_.load(std::memory_order_relaxed);
  do {
    if (bytes > total_ || used > total_ - bytes) return false;
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  by_use_[static_cast<std::size_t>(use)].fetch_add(bytes, std::memory_order_relaxed);
  return true;
}

void MemoryBudget::reserve(MemoryUse use, std::size_t bytes) {
  used_.fetch_add(bytes, std::memory_order_relaxed);
  by_use_[static_cast<std::size_t>(use)].fetch_add(bytes, std::memory_order_relaxed);
}

void MemoryBudget::release(MemoryUse use, std::size_t bytes) {
  const std::size_t before = used_.fetch_sub(bytes, std::memory_order_relaxed);
  ASHLAR_CHECK(before >= bytes);
  by_use_[static_cast<std::size_t>(use)].fetch_sub(bytes, std::memory_order_relaxed);
}

}  // namespace ashlar
