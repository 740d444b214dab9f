// A process that writes is killed at a random moment, again and again; what it was told is written
// must be there afterwards, and of what was under way a prefix.
//
// ASHLAR_SEED repeats the writes, though not the moments; ASHLAR_CYCLES sets the number of kills.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

#include "support/expect.h"
#include "support/temporary_folder.h"
#include "support/write_script.h"

namespace ashlar {
namespace {

constexpr int kWriters = 3;

// What a writer tells its parent through the pipe, in one write that is never torn.
struct Acknowledgement {
  uint64_t writer;
  uint64_t number;  // of the write that is now acknowledged
};

class KillTest : public testing::TestWithParam<Durability> {
 protected:
  KillTest() : seed_(test_seed()) {
    for (uint64_t writer = 0; writer < kWriters; ++writer) {
      // One in a few hundred values of the last writer is so large that it goes past the log.
      scripts_.emplace_back(seed_ + writer, "w" + std::to_string(writer) + ":",
                            writer == 2 ? 2'000'000 : 30'000);
    }
  }

  Options options() const {
    Options options;
    options.memory_budget = Options::kMinimumMemoryBudget;
    options.durability = GetParam();
    return options;
  }

  // Opens, lets every writer go on behind its last write, and kills after a while. Notes what was
  // acknowledged.
  void write_until_killed(std::chrono::microseconds after);
  // Opens and compares; notes which writes were there.
  void check();
  [[noreturn]] void write_for_ever(int pipe);

  const uint64_t seed_;
  TemporaryFolder folder_;
  std::vector<WriteScript> scripts_;
  std::array<ScriptState, kWriters> states_;       // after the first done_ writes
  std::array<uint64_t, kWriters> done_{};          // writes found at the last check
  std::array<uint64_t, kWriters> acknowledged_{};  // writes that were reported as done
};

void KillTest::write_for_ever(int pipe) {
  auto database = Database::open(folder_ / "db", options());
  if (!database.ok()) {
    std::fprintf(stderr, "writer: %s\n", database.status().to_string().c_str());
    _exit(1);
  }
  std::vector<std::thread> threads;
  for (uint64_t writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      for (uint64_t number = done_[writer];; ++number) {
        const Status status = (*database)->write(scripts_[writer].batch(number));
        if (!status.ok()) {
          std::fprintf(stderr, "writer: %s\n", status.to_string().c_str());
          _exit(1);
        }
        const Acknowledgement done{writer, number + 1};
        if (write(pipe, &done, sizeof(done)) != sizeof(done)) _exit(1);
      }
    });
  }
  for (;;) pause();
}

void KillTest::write_until_killed(std::chrono::microseconds after) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    close(ends[0]);
    write_for_ever(ends[1]);
  }
  close(ends[1]);
  std::thread killer([&] {
    std::this_thread::sleep_for(after);
    kill(child, SIGKILL);
  });
  acknowledged_ = done_;
  Acknowledgement done{};
  while (read(ends[0], &done, sizeof(done)) == sizeof(done))
    acknowledged_[done.writer] = done.number;
  killer.join();
  close(ends[0]);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the writer ended by itself";
}

void KillTest::check() {
  auto database = Database::open(folder_ / "db", options());
  ASSERT_OK(database);
  for (uint64_t writer = 0; writer < kWriters; ++writer) {
    const WriteScript& script = scripts_[writer];
    ScriptState& state = states_[writer];
    for (; done_[writer] < acknowledged_[writer]; ++done_[writer])
      script.apply(done_[writer], &state);
    const std::string without = script.compare(**database, state);
    if (without.empty()) continue;
    // The write under way when the process was killed may be there, as a whole.
    script.apply(done_[writer]++, &state);
    const std::string with = script.compare(**database, state);
    ASSERT_EQ(with, "") << "and without the write under way: " << without << "; writer " << writer
                        << ", acknowledged " << acknowledged_[writer];
  }
  const auto report = (*database)->verify();
  ASSERT_OK(report);
  ASSERT_TRUE(report->problems.empty()) << report->problems.front();
}

TEST_P(KillTest, NothingAcknowledgedIsLost) {
  SCOPED_TRACE(seed_text(seed_));
  Random random(seed_);
  const uint64_t cycles = environment_number("ASHLAR_CYCLES", 8);
  for (uint64_t cycle = 0; cycle < cycles; ++cycle) {
    SCOPED_TRACE("cycle " + std::to_string(cycle));
    // Some kills come while the log is still being replayed.
    const uint64_t most_us = random.one_in(8) ? 5'000 : 200'000;
    write_until_killed(std::chrono::microseconds(random.below(most_us)));
    if (HasFatalFailure()) return;
    check();
    if (HasFatalFailure()) return;
  }
  uint64_t written = 0;
  for (const uint64_t done : done_) written += done;
  EXPECT_GT(written, 0u);
}

std::string durability_name(const testing::TestParamInfo<Durability>& parameter) {
  return parameter.param == Durability::kDisk ? "Disk" : "Process";
}

INSTANTIATE_TEST_SUITE_P(Both, KillTest, testing::Values(Durability::kDisk, Durability::kProcess),
                         durability_name);

}  // namespace
}  // namespace ashlar
