// Slows writers down smoothly, so that they never have to stop.
#pragma once

#include <atomic>
#include <cstdint>

#include "env/env.h"

namespace ashlar {

// Each byte written costs a delay that grows with what the background has still to do. Delays are
// saved up and slept in slices, long enough for the timer and short enough to go unnoticed.
//
// Threads: any.
class WritePacer {
 public:
  explicit WritePacer(Env& env) : env_(env) {}

  // Tells how far behind the background is: memtables waiting to be flushed, and how many more runs
  // than two distributions take wait to be distributed; and how fast the last flush was, in bytes a
  // second.
  void set_debt(int waiting_memtables, int excess_runs, uint64_t flush_bytes_per_second);

  // Sleeps if the bytes about to be written make it due. Not to be called with a lock held. Returns
  // the microseconds slept.
  uint64_t pace(uint64_t bytes);

  // Counts a wait that pacing could not prevent.
  void add_wait_us(uint64_t microseconds) {
    slept_us_.fetch_add(microseconds, std::memory_order_relaxed);
  }

  uint64_t slept_us() const { return slept_us_.load(std::memory_order_relaxed); }

 private:
  Env& env_;
  std::atomic<uint64_t> picoseconds_per_byte_{0};
  std::atomic<uint64_t> owed_ns_{0};
  std::atomic<uint64_t> slept_us_{0};
};

}  // namespace ashlar
