// Time that passes only when it is told to.
#pragma once

#include <atomic>
#include <cstdint>

namespace ashlar {

// Threads: any.
class SimClock {
 public:
  uint64_t wall_us() const { return wall_us_.load(std::memory_order_relaxed); }
  uint64_t monotonic_ns() const { return monotonic_ns_.load(std::memory_order_relaxed); }
  void set_wall_us(uint64_t us) { wall_us_.store(us, std::memory_order_relaxed); }
  void advance_ns(uint64_t ns) {
    // The wall clock follows by whole microseconds of the other, so that no part is lost.
    const uint64_t before = monotonic_ns_.fetch_add(ns, std::memory_order_relaxed);
    wall_us_.fetch_add((before + ns) / 1000 - before / 1000, std::memory_order_relaxed);
  }

 private:
  std::atomic<uint64_t> wall_us_{1'700'000'000'000'000};
  std::atomic<uint64_t> monotonic_ns_{1'000'000'000};
};

}  // namespace ashlar
