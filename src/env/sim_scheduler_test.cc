#include "env/sim_scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "env/sim_env.h"

namespace ashlar {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class SimExecutorTest : public testing::Test {
 protected:
  void wait_until(const std::function<bool()>& ready) {
    std::unique_lock lock(mutex_);
    executor_->wait(lock, condition_, ready);
    EXPECT_TRUE(lock.owns_lock());
  }

  SimEnv sim_{1};
  std::unique_ptr<Executor> executor_ = sim_.new_executor();
  std::mutex mutex_;
  std::condition_variable condition_;
  std::vector<int> notes_;
};

TEST_F(SimExecutorTest, TasksRunOnlyWhenPumpedAndInOrderWithinALane) {
  for (int i = 0; i < 5; ++i) executor_->submit(Lane::kFlush, [this, i] { notes_.push_back(i); });
  EXPECT_TRUE(notes_.empty());
  EXPECT_EQ(sim_.run_background(2), 2u);
  EXPECT_THAT(notes_, ElementsAre(0, 1));
  EXPECT_EQ(sim_.run_background(), 3u);
  EXPECT_THAT(notes_, ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(SimExecutorTest, WaitRunsTasksWithoutTheLockUntilReady) {
  for (int i = 0; i < 5; ++i) {
    executor_->submit(Lane::kFlush, [this, i] {
      const std::lock_guard lock(mutex_);  // would hang if the waiter kept it
      notes_.push_back(i);
    });
  }
  wait_until([this] { return notes_.size() == 3; });
  EXPECT_THAT(notes_, ElementsAre(0, 1, 2));
}

TEST_F(SimExecutorTest, WaitInsideATaskRunsTheOtherLanes) {
  executor_->submit(Lane::kFlush, [this] {
    wait_until([this] { return !notes_.empty(); });
    notes_.push_back(2);
  });
  executor_->submit(Lane::kFlush, [this] { notes_.push_back(3); });
  executor_->submit(Lane::kCompaction, [this] { notes_.push_back(1); });
  sim_.run_background();
  EXPECT_THAT(notes_, ElementsAre(1, 2, 3));
}

TEST_F(SimExecutorTest, DelayedTasksFollowTheClock) {
  executor_->submit_after(Lane::kLog, 20ms, [this] { notes_.push_back(20); });
  executor_->submit_after(Lane::kLog, 10ms, [this] { notes_.push_back(10); });
  EXPECT_EQ(sim_.next_due_ns(), sim_.monotonic_ns() + 10'000'000);
  EXPECT_EQ(sim_.run_background(), 0u);
  sim_.advance(10ms);
  EXPECT_EQ(sim_.run_background(), 1u);
  EXPECT_THAT(notes_, ElementsAre(10));
  const uint64_t before = sim_.monotonic_ns();
  wait_until([this] { return notes_.size() == 2; });  // lets time pass
  EXPECT_EQ(sim_.monotonic_ns(), before + 10'000'000);
  EXPECT_EQ(sim_.next_due_ns(), UINT64_MAX);
}

TEST_F(SimExecutorTest, OrderAmongLanesIsDrawnFromTheSeed) {
  std::set<std::vector<int>> orders;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimEnv sim(seed);
    const auto executor = sim.new_executor();
    std::vector<int> order;
    for (int lane = 0; lane < kLaneCount; ++lane) {
      executor->submit(static_cast<Lane>(lane), [&order, lane] { order.push_back(lane); });
    }
    sim.run_background();
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 10u);
}

TEST_F(SimExecutorTest, StopDropsTasksAndLetsGoOfWhatTheyHold) {
  const auto held = std::make_shared<int>(0);
  executor_->submit(Lane::kFlush, [held] {});
  executor_->submit_after(Lane::kFlush, 1h, [held] {});
  executor_->stop();
  executor_->submit(Lane::kFlush, [held] {});
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_EQ(sim_.run_background(), 0u);
}

TEST_F(SimExecutorTest, StopInsideATaskReturns) {
  executor_->submit(Lane::kFlush, [this] { executor_->stop(); });
  executor_->submit(Lane::kFlush, [this] { notes_.push_back(1); });
  EXPECT_EQ(sim_.run_background(), 1u);
  EXPECT_TRUE(notes_.empty());
}

TEST_F(SimExecutorTest, StopWaitsForATaskOnAnotherThread) {
  std::atomic<bool> begun = false;
  std::atomic<bool> done = false;
  executor_->submit(Lane::kFlush, [&] {
    begun = true;
    std::this_thread::sleep_for(20ms);
    done = true;
  });
  std::thread pump([this] { sim_.run_background(); });
  while (!begun) std::this_thread::yield();
  executor_->stop();
  EXPECT_TRUE(done);
  pump.join();
}

TEST_F(SimExecutorTest, ExecutorsOfOtherDatabasesAreLeftAloneByWait) {
  const auto other = sim_.new_executor();
  other->submit(Lane::kFlush, [this] { notes_.push_back(9); });
  executor_->submit(Lane::kFlush, [this] { notes_.push_back(1); });
  wait_until([this] { return !notes_.empty(); });
  EXPECT_THAT(notes_, ElementsAre(1));
  EXPECT_EQ(sim_.run_background(), 1u);
}

TEST_F(SimExecutorTest, WaitForWhatAnotherThreadDoes) {
  std::thread helper([this] {
    std::this_thread::sleep_for(20ms);
    const std::lock_guard lock(mutex_);
    notes_.push_back(1);
    condition_.notify_all();
  });
  wait_until([this] { return !notes_.empty(); });
  helper.join();
}

using SimExecutorDeathTest = SimExecutorTest;

TEST_F(SimExecutorDeathTest, WaitThatNothingCanEndAborts) {
  EXPECT_DEATH(wait_until([] { return false; }), "deadlock in the simulation: no task is left");
}

}  // namespace
}  // namespace ashlar
