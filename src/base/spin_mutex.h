// A lock for critical sections shorter than a system call.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

namespace ashlar {

inline void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Tries for about two microseconds, then lets others run, as its holder may be one of them, then
// sleeps for a while at a time. Nobody is woken: unlocking would have to ask whether anybody waits,
// with an instruction that holds up all of the memory accesses around it. Satisfies Lockable.
class SpinMutex {
 public:
  void lock() {
    for (int round = 0; !try_lock(); ++round) {
      if (round < kRoundsAwake) {
        for (int i = 0; i < 16 && held_.load(std::memory_order_relaxed); ++i) pause_briefly();
      } else if (round < kRoundsAwake + kYields) {
        std::this_thread::yield();
      } else {
        std::this_thread::sleep_for(std::chrono::microseconds(50));
      }
    }
  }
  bool try_lock() {
    return !held_.load(std::memory_order_relaxed) &&
           !held_.exchange(true, std::memory_order_acquire);
  }
  void unlock() { held_.store(false, std::memory_order_release); }

 private:
  static constexpr int kRoundsAwake = 64;
  static constexpr int kYields = 64;
  std::atomic<bool> held_{false};
};

}  // namespace ashlar
