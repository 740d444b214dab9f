#include "db/memory_plan.h"

#include <algorithm>
#include <bit>

#include "base/limits.h"

namespace ashlar {
namespace {

constexpr std::size_t kPage = kPageBytes;
// A commit that waits for the disk takes at least a block of the log, however small it is.
constexpr uint64_t kLogOfMemtable = 4;
// Inputs that a merge reads at once: runs, and the fragments and bottom of a partition.
constexpr std::size_t kMergeInputs = 24;
// Of a file system's size, for a memtable, a log segment or a table; the log's ring has half of it.
constexpr uint64_t kVolumeShare = 32;
// Of larger ones a file beside the log that a table of it fits into would be too much.
constexpr std::size_t kLargestBallastedMemtable = std::size_t{2} << 20;
constexpr std::size_t kLeastOnSmallVolumes = std::size_t{128} << 10;

std::size_t share(std::size_t budget, std::size_t divisor, std::size_t low, std::size_t high) {
  return std::clamp(budget / divisor / kPage * kPage, low, high);
}

std::size_t at_most(std::size_t bytes, uint64_t volume_bytes) {
  const uint64_t limit = volume_bytes / kVolumeShare / kPage * kPage;
  return std::min<uint64_t>(bytes, std::max<uint64_t>(limit, kLeastOnSmallVolumes));
}

}  // namespace

MemoryPlan::MemoryPlan(std::size_t budget, uint64_t volume_bytes)
    : memtable_bytes(
          at_most(share(budget, 16, kMinimumMemtableBytes, kMaximumMemtableBytes), volume_bytes)),
      ring_bytes(std::bit_floor(
          at_most(share(budget, 32, kMinimumLogRingBytes, kMaximumLogRingBytes), volume_bytes / 2))),
      segment_bytes(at_most(
          share(budget, 16, 2 * kMinimumLogRingBytes, kMaximumLogSegmentBytes), volume_bytes)),
      spare_segments(memtable_bytes / segment_bytes + 2),
      memtable_log_bytes(kLogOfMemtable * std::max(memtable_bytes, segment_bytes)),
      ballast_bytes(memtable_bytes <= kLargestBallastedMemtable
                        ? memtable_bytes / 4 / kPage * 5 * kPage
                        : 0),
      table_bytes(
          at_most(share(budget, 16, kMinimumTableBytes, kMaximumTableBytes * 3 / 4), volume_bytes)),
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
