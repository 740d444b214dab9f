#include "env/thread_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <ctime>
#include <memory>
#include <vector>

namespace ashlar {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// Something that a task reports and a test waits for.
struct Board {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<int> notes;

  void add(int note) {
    const std::lock_guard lock(mutex);
    notes.push_back(note);
    changed.notify_all();
  }
  void wait_for(Executor* executor, std::size_t count) {
    std::unique_lock lock(mutex);
    executor->wait(lock, changed, [&] { return notes.size() >= count; });
  }
};

TEST(ThreadExecutor, LaneRunsItsTasksInTheOrderSubmitted) {
  Board board;
  ThreadExecutor executor;
  std::vector<int> expected;
  for (int i = 0; i < 200; ++i) {
    executor.submit(Lane::kFlush, [&board, i] { board.add(i); });
    expected.push_back(i);
  }
  board.wait_for(&executor, expected.size());
  EXPECT_EQ(board.notes, expected);
}

TEST(ThreadExecutor, LanesRunSideBySide) {
  Board board;
  ThreadExecutor executor;
  // Each waits for the other, which would never end on one thread.
  executor.submit(Lane::kFlush, [&] {
    board.wait_for(&executor, 1);
    board.add(2);
  });
  executor.submit(Lane::kCompaction, [&] {
    board.add(1);
    board.wait_for(&executor, 2);
    board.add(3);
  });
  board.wait_for(&executor, 3);
  EXPECT_THAT(board.notes, ElementsAre(1, 2, 3));
}

TEST(ThreadExecutor, DelayedTaskRunsNotBeforeItsTimeAndHoldsNobodyUp) {
  Board board;
  ThreadExecutor executor;
  const auto begin = std::chrono::steady_clock::now();
  executor.submit_after(Lane::kLog, 60ms, [&] { board.add(2); });
  executor.submit_after(Lane::kLog, 30ms, [&] { board.add(1); });
  executor.submit(Lane::kLog, [&] { board.add(0); });
  board.wait_for(&executor, 1);
  board.wait_for(&executor, 3);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 60ms);
  EXPECT_THAT(board.notes, ElementsAre(0, 1, 2));
}

TEST(ThreadExecutor, StopDropsWhatHasNotBegunAndWaitsForWhatHas) {
  Board board;
  std::atomic<bool> done = false;
  const auto held = std::make_shared<int>(0);
  ThreadExecutor executor;
  executor.submit(Lane::kFlush, [&] {
    board.add(1);
    std::this_thread::sleep_for(30ms);
    done = true;
  });
  executor.submit(Lane::kFlush, [&board, held] { board.add(2); });
  executor.submit_after(Lane::kLog, 1h, [&board, held] { board.add(3); });
  board.wait_for(&executor, 1);
  executor.stop();
  EXPECT_TRUE(done);
  EXPECT_EQ(held.use_count(), 1);  // dropped tasks let go of what they held
  executor.submit(Lane::kFlush, [&] { board.add(4); });
  executor.submit_after(Lane::kFlush, 0ms, [&] { board.add(5); });
  executor.stop();
  EXPECT_THAT(board.notes, ElementsAre(1));
}

TEST(ThreadExecutor, IdleLanesUseNoProcessor) {
  Board board;
  ThreadExecutor executor;
  executor.submit(Lane::kLog, [&] { board.add(1); });
  executor.submit_after(Lane::kMaintenance, 1h, [] {});
  board.wait_for(&executor, 1);
  const std::clock_t before = std::clock();
  std::this_thread::sleep_for(100ms);
  EXPECT_LT(std::clock() - before, CLOCKS_PER_SEC / 20);
}

}  // namespace
}  // namespace ashlar
