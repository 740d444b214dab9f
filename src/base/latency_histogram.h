// Counts of latencies in buckets that are at most 1/8 wide, for percentiles.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

#include "ashlar/statistics.h"

namespace ashlar {

// Threads: any.
class LatencyHistogram {
 public:
  void add(uint64_t nanoseconds) {
    counts_[bucket_of(nanoseconds)].fetch_add(1, std::memory_order_relaxed);
    uint64_t seen = maximum_.load(std::memory_order_relaxed);
    while (nanoseconds > seen &&
           !maximum_.compare_exchange_weak(seen, nanoseconds, std::memory_order_relaxed)) {
    }
  }

  // Percentiles are the upper ends of their buckets, but at most the maximum.
  LatencySummary summary() const;

 private:
  static constexpr int kStepBits = 3;
  static constexpr std::size_t kBuckets = 64 << kStepBits;

  static std::size_t bucket_of(uint64_t nanoseconds) {
    if (nanoseconds < (1u << kStepBits)) return nanoseconds;
    const int shift = static_cast<int>(std::bit_width(nanoseconds)) - kStepBits - 1;
    return (static_cast<std::size_t>(shift + 1) << kStepBits) +
           ((nanoseconds >> shift) & ((1u << kStepBits) - 1));
  }
  static uint64_t upper_end(std::size_t bucket);

  std::array<std::atomic<uint64_t>, kBuckets> counts_{};
  std::atomic<uint64_t> maximum_{0};
};

}  // namespace ashlar
