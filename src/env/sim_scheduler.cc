#include "env/sim_scheduler.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace ashlar {

namespace {

// How long a wait may find nothing to do, with other threads perhaps at work, and how often it may
// let time pass, before it counts as a deadlock.
constexpr auto kIdlePause = std::chrono::milliseconds(5);
constexpr int kMaximumIdlePauses = 1000;
constexpr int kMaximumClockAdvances = 1'000'000;

[[noreturn]] void deadlock(const char* reason) {
  std::fprintf(stderr, "ashlar: deadlock in the simulation: %s\n", reason);
  std::abort();
}

}  // namespace

class SimExecutor final : public Executor {
 public:
  explicit SimExecutor(SimScheduler* scheduler) : scheduler_(scheduler) {
    const std::lock_guard lock(scheduler_->mutex_);
    scheduler_->executors_.push_back(&lanes_);
  }
  ~SimExecutor() override {
    scheduler_->stop(&lanes_);
    scheduler_->forget(&lanes_);
  }

  void submit(Lane lane, std::function<void()> task) override {
    scheduler_->submit(&lanes_, lane, 0, std::move(task));
  }
  void submit_after(Lane lane, std::chrono::milliseconds delay,
                    std::function<void()> task) override {
    const auto ns = std::max<int64_t>(delay.count(), 0) * 1'000'000;
    scheduler_->submit(&lanes_, lane, static_cast<uint64_t>(ns), std::move(task));
  }
  void wait(std::unique_lock<std::mutex>& lock, std::condition_variable& condition,
            const std::function<bool()>& ready) override;
  void stop() override { scheduler_->stop(&lanes_); }

 private:
  SimScheduler* const scheduler_;
  SimScheduler::Lanes lanes_;
};

void SimExecutor::wait(std::unique_lock<std::mutex>& lock, std::condition_variable& condition,
                       const std::function<bool()>& ready) {
  int pauses = 0;
  int advances = 0;
  while (!ready()) {
    lock.unlock();
    const bool ran = scheduler_->run_one(&lanes_);
    const bool passed = !ran && scheduler_->pass_time(&lanes_);
    lock.lock();
    if (passed && ++advances > kMaximumClockAdvances) {
      deadlock("only delayed tasks are left, which go on for ever");
    }
    if (ran) pauses = 0;
    if (ran || passed || condition.wait_for(lock, kIdlePause, ready)) continue;
    if (++pauses > kMaximumIdlePauses) {
      deadlock("no task is left, and what is waited for has not come");
    }
  }
}

std::unique_ptr<Executor> SimScheduler::new_executor() {
  return std::make_unique<SimExecutor>(this);
}

void SimScheduler::submit(Lanes* lanes, Lane lane, uint64_t delay_ns, Task task) {
  const std::lock_guard lock(mutex_);
  if (lanes->stopped) return;
  LaneQueue& queue = lanes->lanes[static_cast<std::size_t>(lane)];
  if (delay_ns == 0) {
    queue.due.push_back(std::move(task));
  } else {
    queue.delayed.emplace(clock_->monotonic_ns() + delay_ns, std::move(task));
  }
}

std::vector<SimScheduler::LaneQueue*> SimScheduler::runnable(Lanes* only) {
  std::vector<LaneQueue*> found;
  const uint64_t now = clock_->monotonic_ns();
  for (Lanes* const lanes : executors_) {
    if (only != nullptr && lanes != only) continue;
    for (LaneQueue& queue : lanes->lanes) {
      while (!queue.delayed.empty() && queue.delayed.begin()->first <= now) {
        queue.due.push_back(std::move(queue.delayed.begin()->second));
        queue.delayed.erase(queue.delayed.begin());
      }
      if (!queue.running && !queue.due.empty()) found.push_back(&queue);
    }
  }
  return found;
}

bool SimScheduler::run_one(Lanes* only) {
  std::unique_lock lock(mutex_);
  const std::vector<LaneQueue*> choices = runnable(only);
  if (choices.empty()) return false;
  LaneQueue& queue = *choices[random_.below(choices.size())];
  Task task = std::move(queue.due.front());
  queue.due.pop_front();
  queue.running = true;
  queue.runner = std::this_thread::get_id();
  lock.unlock();
  task();
  task = nullptr;
  lock.lock();
  queue.running = false;
  task_ended_.notify_all();
  return true;
}

std::size_t SimScheduler::run(std::size_t count) {
  std::size_t ran = 0;
  while (ran < count && run_one(nullptr)) ++ran;
  return ran;
}

uint64_t SimScheduler::next_due_ns() {
  const std::lock_guard lock(mutex_);
  uint64_t due = UINT64_MAX;
  for (const Lanes* const lanes : executors_) {
    for (const LaneQueue& queue : lanes->lanes) {
      if (!queue.delayed.empty()) due = std::min(due, queue.delayed.begin()->first);
    }
  }
  return due;
}

bool SimScheduler::pass_time(Lanes* lanes) {
  const std::lock_guard lock(mutex_);
  uint64_t due = UINT64_MAX;
  for (const LaneQueue& queue : lanes->lanes) {
    // What is due on a lane that this thread is inside of can't run before it returns.
    if (!queue.running && !queue.delayed.empty()) {
      due = std::min(due, queue.delayed.begin()->first);
    }
  }
  if (due == UINT64_MAX) return false;
  const uint64_t now = clock_->monotonic_ns();
  if (due > now) clock_->advance_ns(due - now);
  return true;
}

bool SimScheduler::runs_elsewhere(const Lanes& lanes) {
  return std::any_of(lanes.lanes.begin(), lanes.lanes.end(), [](const LaneQueue& queue) {
    return queue.running && queue.runner != std::this_thread::get_id();
  });
}

void SimScheduler::stop(Lanes* lanes) {
  std::vector<Task> dropped;  // destroyed without the lock
  std::unique_lock lock(mutex_);
  lanes->stopped = true;
  for (LaneQueue& queue : lanes->lanes) {
    for (Task& task : queue.due) dropped.push_back(std::move(task));
    for (auto& task : queue.delayed) dropped.push_back(std::move(task.second));
    queue.due.clear();
    queue.delayed.clear();
  }
  task_ended_.wait(lock, [&] { return !runs_elsewhere(*lanes); });
  lock.unlock();
}

void SimScheduler::forget(Lanes* lanes) {
  const std::lock_guard lock(mutex_);
  std::erase(executors_, lanes);
}

}  // namespace ashlar
