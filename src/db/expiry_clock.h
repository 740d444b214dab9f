// The time by which entries expire.
#pragma once

#include <atomic>
#include <cstdint>

#include "env/env.h"

namespace ashlar {

// The wall clock, except that it never goes back: [TTL-1] a key that was once reported as expired
// in this process stays so, whatever the wall clock does.
//
// Threads: any.
class ExpiryClock {
 public:
  explicit ExpiryClock(Env& env) : env_(env) {}

  uint64_t now_ms() {
    const uint64_t now = env_.wall_clock_us() / 1000;
    uint64_t latest = latest_ms_.load(std::memory_order_relaxed);
    while (latest < now && !latest_ms_.compare_exchange_weak(latest, now)) {
    }
    return latest < now ? now : latest;
  }

 private:
  Env& env_;
  std::atomic<uint64_t> latest_ms_{0};
};

}  // namespace ashlar
