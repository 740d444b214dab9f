// The database on a real ext4 whose power is cut while it writes, and on one that is small and full.
// Needs root and a loop device; where they are missing, the tests are skipped.
//
// ASHLAR_SEED repeats the writes, though not the moments; ASHLAR_CYCLES sets the number of cuts.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <filesystem>

#include "support/acknowledged_writers.h"
#include "support/expect.h"
#include "support/loop_disk.h"
#include "support/random.h"
#include "support/recipe.h"
#include "support/temporary_folder.h"

namespace ashlar {
namespace {

class PowerCut : public testing::TestWithParam<Durability> {};

TEST_P(PowerCut, TakesNothingThatWasOnTheDisk) {
  const uint64_t seed = test_seed();
  SCOPED_TRACE(seed_text(seed));
  Random random(seed);
  LoopDisk disk(uint64_t{1} << 30);
  if (!disk.lacking().empty()) GTEST_SKIP() << "lacking: " << disk.lacking();
  ASSERT_TRUE(disk.mounted());
  const std::string folder = disk.folder() + "/db";
  AcknowledgedWriters writers(seed, GetParam(), true);
  const uint64_t cycles = environment_number("ASHLAR_CYCLES", 5);
  for (uint64_t cycle = 0; cycle < cycles; ++cycle) {
    SCOPED_TRACE("cycle " + std::to_string(cycle));
    const uint64_t most_us = random.one_in(8) ? 5'000 : 400'000;
    // What is acknowledged between the cut and the end of the process counts, too.
    const uint64_t lives_on_us = random.below(20'000);
    writers.write_until(folder, std::chrono::microseconds(random.below(most_us)), [&](pid_t child) {
      disk.cut_power();
      usleep(static_cast<useconds_t>(lives_on_us));
      kill(child, SIGKILL);
    });
    disk.restart();
    if (HasFatalFailure()) return;
    writers.check(folder, GetParam() == Durability::kDisk
                              ? AcknowledgedWriters::Lost::kNothing
                              : AcknowledgedWriters::Lost::kLatestWrites);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(writers.written(), 0u);
}

std::string durability_name(const testing::TestParamInfo<Durability>& parameter) {
  return parameter.param == Durability::kDisk ? "Disk" : "Process";
}

INSTANTIATE_TEST_SUITE_P(Both, PowerCut, testing::Values(Durability::kDisk, Durability::kProcess),
                         durability_name);

// Whether keys come in their order, so that memtables become settled tables, or in none.
class SmallRealDisk : public testing::TestWithParam<bool> {
 protected:
  static std::string key(uint64_t number) {
    constexpr uint64_t kOddFactor = 0x9e3779b97f4a7c15;
    return "key" + std::to_string(uint64_t{1} << 63 | (GetParam() ? number : number * kOddFactor));
  }
  static std::string value(uint64_t number) { return Recipe{number, 1000}.make(); }
  // One in sixteen waits for the disk, which costs the log a block.
  static WriteOptions durability(uint64_t number) {
    return {.durability = number % 16 == 0 ? Durability::kDisk : Durability::kProcess, .ttl = {}};
  }

  void open(const LoopDisk& disk) {
    database_.reset();
    auto opened = Database::open(disk.folder() + "/db");
    ASSERT_OK(opened);
    database_ = std::move(*opened);
  }
  // Sets keys until the disk is full; how many.
  uint64_t fill() {
    for (uint64_t count = 0;; ++count) {
      const Status status = database_->set(key(count), value(count), durability(count));
      if (status.ok()) continue;
      EXPECT_CODE(status, kNoSpace);
      return count;
    }
  }
  // Those from `from` to `to` are there, and no others.
  void expect_only(uint64_t from, uint64_t to) {
    ASSERT_EQ(database_->count().value(), to - from);
    for (uint64_t i = from; i < to; ++i) ASSERT_EQ(database_->get(key(i)).value_or(""), value(i));
    const auto report = database_->verify();
    ASSERT_OK(report);
    EXPECT_TRUE(report->problems.empty()) << report->problems.front();
  }

  std::unique_ptr<Database> database_;
};

TEST_P(SmallRealDisk, IsFilledReadDeletedFromAndFilledAgain) {
  LoopDisk disk(uint64_t{8} << 20);
  if (!disk.lacking().empty()) GTEST_SKIP() << "lacking: " << disk.lacking();
  ASSERT_TRUE(disk.mounted());
  const std::string other_file = disk.folder() + "/other";
  write_file_bytes(other_file, std::string(std::size_t{3} << 20, 'x'));
  open(disk);
  const uint64_t count = fill();
  EXPECT_GT(count, 1000u);
  expect_only(0, count);
  open(disk);  // full as it is
  expect_only(0, count);
  // Deletions make room for themselves. Where keys came in no order, a merge has to write all that
  // is left before it can remove anything: a third of them goes on without.
  uint64_t deleted = 0;
  while (deleted < count && database_->del(key(deleted), durability(deleted)).ok()) ++deleted;
  EXPECT_GE(deleted, GetParam() ? count : count / 3);
  expect_only(deleted, count);
  std::filesystem::remove(other_file);
  for (; deleted < count; ++deleted) {
    const Status status = database_->del(key(deleted), durability(deleted));
    ASSERT_TRUE(status.ok()) << deleted << " of " << count << ": " << status.to_string();
  }
  expect_only(0, 0);
  const uint64_t again = fill();
  EXPECT_GT(again, count / 2);
  open(disk);
  expect_only(0, again);
  database_.reset();
}

INSTANTIATE_TEST_SUITE_P(Orders, SmallRealDisk, testing::Bool(), [](const auto& order) {
  return order.param ? "Sequential" : "Random";
});

}  // namespace
}  // namespace ashlar
