// Background tasks without threads, in an order drawn from a seed.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "env/env.h"
#include "env/sim_clock.h"
#include "env/sim_random.h"

namespace ashlar {

// The executors of one SimEnv. Whoever waits or pumps runs their tasks, on its own thread.
//
// Ownership: owned by the SimEnv; outlives the executors.
// Threads:   any; tasks run without the scheduler's lock.
class SimScheduler {
 public:
  SimScheduler(uint64_t seed, SimClock* clock) : random_(seed), clock_(clock) {}

  std::unique_ptr<Executor> new_executor();
  // Runs due tasks of all executors, at most `count`, until none is left; returns how many it ran.
  std::size_t run(std::size_t count);
  // When the next delayed task is due; UINT64_MAX if there is none.
  uint64_t next_due_ns();

 private:
  friend class SimExecutor;
  using Task = std::function<void()>;

  struct LaneQueue {
    std::deque<Task> due;
    std::multimap<uint64_t, Task> delayed;  // by monotonic_ns
    bool running = false;
    std::thread::id runner;
  };
  struct Lanes {
    std::array<LaneQueue, kLaneCount> lanes;
    bool stopped = false;
  };

  void submit(Lanes* lanes, Lane lane, uint64_t delay_ns, Task task);
  // Runs one due task, of `only` if not null; false if there is none.
  bool run_one(Lanes* only);
  // Lets time pass until the next task of `lanes` is due; false if there is none.
  bool pass_time(Lanes* lanes);
  void stop(Lanes* lanes);
  void forget(Lanes* lanes);
  std::vector<LaneQueue*> runnable(Lanes* only);
  static bool runs_elsewhere(const Lanes& lanes);

  std::mutex mutex_;  // guards everything below
  std::condition_variable task_ended_;
  SimRandom random_;
  SimClock* const clock_;
  std::vector<Lanes*> executors_;
};

}  // namespace ashlar
