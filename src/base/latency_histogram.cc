#include "base/latency_histogram.h"

#include <algorithm>

namespace ashlar {

uint64_t LatencyHistogram::upper_end(std::size_t bucket) {
  if (bucket < (1u << kStepBits)) return bucket;
  const int shift = static_cast<int>(bucket >> kStepBits) - 1;
  const uint64_t step = (bucket & ((1u << kStepBits) - 1)) | (1u << kStepBits);
  return ((step + 1) << shift) - 1;
}

LatencySummary LatencyHistogram::summary() const {
  std::array<uint64_t, kBuckets> counts;
  LatencySummary summary;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    counts[i] = counts_[i].load(std::memory_order_relaxed);
    summary.samples += counts[i];
  }
  summary.max_ns = maximum_.load(std::memory_order_relaxed);
  const auto percentile = [&](double share) {
    const auto rank = static_cast<uint64_t>(share * static_cast<double>(summary.samples));
    uint64_t passed = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      passed += counts[i];
      if (passed > rank) return std::min(upper_end(i), summary.max_ns);
    }
    return summary.max_ns;
  };
  summary.p50_ns = percentile(0.50);
  summary.p90_ns = percentile(0.90);
  summary.p99_ns = percentile(0.99);
  summary.p999_ns = percentile(0.999);
  return summary;
}

}  // namespace ashlar
