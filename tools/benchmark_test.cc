#include "tools/benchmark.h"

#include <gtest/gtest.h>

namespace ashlar::tools {
namespace {

TEST(Benchmark, PercentilesAreThoseOfTheSortedSamples) {
  std::vector<uint32_t> latencies;
  for (uint32_t i = 1000; i > 0; --i) latencies.push_back(i);
  const LatencySummary summary = summarize(latencies);
  EXPECT_EQ(summary.samples, 1000u);
  EXPECT_EQ(summary.p50_ns, 501u);
  EXPECT_EQ(summary.p99_ns, 991u);
  EXPECT_EQ(summary.p999_ns, 1000u);
  EXPECT_EQ(summary.max_ns, 1000u);
}

TEST(Benchmark, NoSamplesHaveNoPercentiles) {
  std::vector<uint32_t> none;
  EXPECT_EQ(summarize(none).max_ns, 0u);
}

}  // namespace
}  // namespace ashlar::tools
