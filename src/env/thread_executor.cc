#include "env/thread_executor.h"

#include <utility>

#include "base/check.h"

namespace ashlar {

void ThreadExecutor::submit(Lane lane, std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  Worker& worker = workers_[static_cast<std::size_t>(lane)];
  worker.due.push_back(std::move(task));
  start_and_wake(&worker);
}

void ThreadExecutor::submit_after(Lane lane, std::chrono::milliseconds delay,
                                  std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  Worker& worker = workers_[static_cast<std::size_t>(lane)];
  worker.delayed.emplace(Clock::now() + delay, std::move(task));
  start_and_wake(&worker);
}

void ThreadExecutor::start_and_wake(Worker* worker) {
  if (!worker->thread.joinable()) {
    worker->thread = std::thread([this, worker] { run(worker); });
  }
  worker->wake.notify_one();
}

void ThreadExecutor::run(Worker* worker) {
  std::unique_lock lock(mutex_);
  while (true) {
    Task task = next(worker, &lock);
    if (!task) return;
    lock.unlock();
    task();
    task = nullptr;  // what it holds may be slow to free, or take locks
    lock.lock();
  }
}

ThreadExecutor::Task ThreadExecutor::next(Worker* worker, std::unique_lock<std::mutex>* lock) {
  while (!stopping_) {
    const auto now = Clock::now();
    // Taken from where it is: this thread has nobody to tell that memory has run out.
    if (!worker->delayed.empty() && worker->delayed.begin()->first <= now) {
      Task task = std::move(worker->delayed.begin()->second);
      worker->delayed.erase(worker->delayed.begin());
      return task;
    }
    if (!worker->due.empty()) {
      Task task = std::move(worker->due.front());
      worker->due.pop_front();
      return task;
    }
    if (worker->delayed.empty()) {
      worker->wake.wait(*lock);
    } else {
      const auto due = worker->delayed.begin()->first;
      worker->wake.wait_until(*lock, due);
    }
  }
  return nullptr;
}

void ThreadExecutor::stop() {
  std::array<std::thread, kLaneCount> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
      Worker& worker = workers_[lane];
      threads[lane] = std::move(worker.thread);
      worker.wake.notify_one();
    }
  }
  for (std::thread& thread : threads) {
    ASHLAR_CHECK(thread.get_id() != std::this_thread::get_id());
    if (thread.joinable()) thread.join();
  }
  // Nobody else enters any more; without the lock, as what they hold may be slow to free.
  for (Worker& worker : workers_) {
    worker.due.clear();
    worker.delayed.clear();
  }
}

}  // namespace ashlar
