#include "db/memory_plan.h"

#include <algorithm>
#include <bit>

#include "base/limits.h"

namespace ashlar {
namespace {

constexpr std::size_t kPage = kPageBytes;
// Inputs that a merge reads at once: runs, and the fragments and bottom of a partition.
constexpr std::size_t kMergeInputs = 24;

std::size_t share(std::size_t budget, std::size_t divisor, std::size_t low, std::size_t high) {
  return std::clamp(budget / divisor / kPage * kPage, low, high);
}

}  // namespace

MemoryPlan::MemoryPlan(std::size_t budget)
    : memtable_bytes(share(budget, 16, kMinimumMemtableBytes, kMaximumMemtableBytes)),
      ring_bytes(std::bit_floor(share(budget, 32, kMinimumLogRingBytes, kMaximumLogRingBytes))),
      segment_bytes(share(budget, 16, 2 * kMinimumLogRingBytes, kMaximumLogSegmentBytes)),
      table_bytes(share(budget, 16, kMinimumTableBytes, kMaximumTableBytes * 3 / 4)),
      merge_buffer_bytes(share(budget, 16 * kMergeInputs, 16 * kPage, std::size_t{1} << 20)) {
  const std::size_t memtables = memtable_bytes * (kMaximumImmutableMemtables + 1);
  const std::size_t merges = merge_buffer_bytes * kMergeInputs;
  const std::size_t spare = budget / 16;  // readers, file tables, the allocator's waste
  cache_bytes = budget - std::min(budget, memtables + ring_bytes + merges + spare);
  minimum_page_cache_bytes = std::min(cache_bytes, std::max(budget / 8, std::size_t{1} << 20));
  runs_before_distribution = static_cast<int>(
      std::clamp<std::size_t>(cache_bytes / 2 / memtable_bytes, kMinimumRunsBeforeDistribution,
                              kMaximumRunsBeforeDistribution));
}

}  // namespace ashlar
