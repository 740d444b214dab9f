// A lock for critical sections shorter than a system call.
#pragma once

#include <atomic>

namespace ashlar {

inline void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Tries for about two microseconds, then sleeps in the kernel. Satisfies Lockable.
class SpinMutex {
 public:
  void lock() {
    for (int round = 0; round < 64; ++round) {
      if (try_lock()) return;
      for (int i = 0; i < 16 && state_.load(std::memory_order_relaxed) != kFree; ++i) {
        pause_briefly();
      }
    }
    while (state_.exchange(kAwaited, std::memory_order_acquire) != kFree) {
      state_.wait(kAwaited, std::memory_order_relaxed);
    }
  }
  bool try_lock() {
    int expected = kFree;
    return state_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }
  void unlock() {
    if (state_.exchange(kFree, std::memory_order_release) == kAwaited) state_.notify_one();
  }

 private:
  static constexpr int kFree = 0, kHeld = 1, kAwaited = 2;
  std::atomic<int> state_{kFree};
};

}  // namespace ashlar
