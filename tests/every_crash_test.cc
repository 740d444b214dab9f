// Short sequences, but everything that a crash may leave of them: every prefix of the operations,
// every subset of what was pending, every tear; see CrashExplorer. crash_test.cc samples long ones.
//
// ASHLAR_SEQUENCES sets their number; ASHLAR_SEED is the seed of the first, and the others' seeds
// follow it, so that ASHLAR_SEQUENCES=1 with the seed of a failure repeats it.
#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>

#include "support/crash_explorer.h"
#include "support/random.h"

namespace ashlar {
namespace {

constexpr CrashShape kShort{.steps = 20, .commit_percent = 50, .keys = 8, .huge_per_mille = 1};
// Of so many sequences, one is also crashed while it recovers.
constexpr uint64_t kThroughRecovery = 10;

TEST(EveryCrash, NothingPromisedIsLostAndTheRestIsAPrefix) {
  const uint64_t first = test_seed();
  const uint64_t sequences = environment_number("ASHLAR_SEQUENCES", 1);
  CrashCount total;
  for (uint64_t seed = first; seed != first + sequences && !HasFailure(); ++seed) {
    CrashExplorer explorer(seed, kShort, seed % kThroughRecovery == 0);
    const std::string problem = explorer.run();
    EXPECT_TRUE(problem.empty()) << seed_text(seed) << ": " << problem;
    total.add(explorer.count());
  }
  std::printf("%" PRIu64 " sequences, %" PRIu64 " moments, %" PRIu64 " images, %" PRIu64
              " of them distinct; in recovery %" PRIu64 " images, %" PRIu64 " distinct\n",
              sequences, total.moments, total.images, total.distinct, total.recovery_images,
              total.distinct_recovery_images);
}

}  // namespace
}  // namespace ashlar
