// Whether the system has huge pages at hand.
#pragma once

#include <atomic>
#include <chrono>

namespace ashlar {

// A virtual machine gives free memory back to its host in huge pieces, some seconds after it became
// free. A huge page that is taken then costs milliseconds, seven times as much as as many small ones,
// which the system keeps back; one of memory that was used a moment ago costs a tenth of that. Which
// of them is next shows only when it is taken. So one is tried, and another one behind it as long as
// they are quick; behind a slow one there is a pause, which gets longer if that goes on.
//
// Threads: any.
class HugePageSupply {
 public:
  using Clock = std::chrono::steady_clock;

  // Of this system: what one part of the process has found out helps the others.
  static HugePageSupply& of_system();

  bool worth_trying(Clock::time_point now) const {
    return now.time_since_epoch().count() >= not_before_.load(std::memory_order_relaxed);
  }
  // Told of each page that was tried: how long taking it took, and when that ended.
  void note(Clock::duration took, Clock::time_point now);

 private:
  std::atomic<Clock::rep> not_before_{0};
  std::atomic<Clock::rep> pause_{0};  // behind the last slow one; 0 behind a quick one
};

}  // namespace ashlar
