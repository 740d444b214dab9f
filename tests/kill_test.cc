// A process that writes is killed at a random moment, again and again; what it was told is written
// must be there afterwards, and of what was under way a prefix.
//
// ASHLAR_SEED repeats the writes, though not the moments; ASHLAR_CYCLES sets the number of kills.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include "support/acknowledged_writers.h"
#include "support/random.h"
#include "support/temporary_folder.h"

namespace ashlar {
namespace {

class KillTest : public testing::TestWithParam<Durability> {};

TEST_P(KillTest, NothingAcknowledgedIsLost) {
  const uint64_t seed = test_seed();
  SCOPED_TRACE(seed_text(seed));
  Random random(seed);
  const TemporaryFolder folder;
  AcknowledgedWriters writers(seed, GetParam());
  const uint64_t cycles = environment_number("ASHLAR_CYCLES", 8);
  for (uint64_t cycle = 0; cycle < cycles; ++cycle) {
    SCOPED_TRACE("cycle " + std::to_string(cycle));
    // Some kills come while the log is still being replayed.
    const uint64_t most_us = random.one_in(8) ? 5'000 : 200'000;
    const int status =
        writers.write_until(folder / "db", std::chrono::microseconds(random.below(most_us)),
                            [](pid_t child) { kill(child, SIGKILL); });
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the writer ended by itself";
    writers.check(folder / "db", AcknowledgedWriters::Lost::kNothing);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(writers.written(), 0u);
}

std::string durability_name(const testing::TestParamInfo<Durability>& parameter) {
  return parameter.param == Durability::kDisk ? "Disk" : "Process";
}

INSTANTIATE_TEST_SUITE_P(Both, KillTest, testing::Values(Durability::kDisk, Durability::kProcess),
                         durability_name);

}  // namespace
}  // namespace ashlar
