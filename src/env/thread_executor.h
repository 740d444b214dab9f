// Background work on real threads.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "env/env.h"

namespace ashlar {

// One thread for each lane that has ever been given a task.
//
// Threads: any may submit and wait; stop() and the destructor are for threads other than the
// lanes'.
class ThreadExecutor final : public Executor {
 public:
  ThreadExecutor() = default;
  ~ThreadExecutor() override { stop(); }

  void submit(Lane lane, std::function<void()> task) override;
  void submit_after(Lane lane, std::chrono::milliseconds delay,
                    std::function<void()> task) override;
  void wait(std::unique_lock<std::mutex>& lock, std::condition_variable& condition,
            const std::function<bool()>& ready) override {
    condition.wait(lock, ready);
  }
  void stop() override;

 private:
  using Task = std::function<void()>;
  using Clock = std::chrono::steady_clock;

  struct Worker {
    std::deque<Task> due;
    std::multimap<Clock::time_point, Task> delayed;
    std::condition_variable wake;
    std::thread thread;
  };

  void run(Worker* worker);
  // Waits for the next task; an empty one means that the executor stops.
  Task next(Worker* worker, std::unique_lock<std::mutex>* lock);
  void start_and_wake(Worker* worker);

  std::mutex mutex_;  // guards everything below
  std::array<Worker, kLaneCount> workers_;
  bool stopping_ = false;
};

}  // namespace ashlar
