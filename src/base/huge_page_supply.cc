#include "base/huge_page_supply.h"

#include <algorithm>

namespace ashlar {
namespace {

using std::chrono::milliseconds;

// Clearing a huge page takes 0.1 ms; getting it from a host first, 3 and more.
constexpr HugePageSupply::Clock::duration kSlow = milliseconds(1);
constexpr HugePageSupply::Clock::duration kShortestPause = milliseconds(100);
constexpr HugePageSupply::Clock::duration kLongestPause = milliseconds(6400);

}  // namespace

HugePageSupply& HugePageSupply::of_system() {
  static HugePageSupply supply;
  return supply;
}

void HugePageSupply::note(Clock::duration took, Clock::time_point now) {
  if (took < kSlow) {
    pause_.store(0, std::memory_order_relaxed);
    return;
  }
  const Clock::duration pause =
      std::clamp(2 * Clock::duration(pause_.load(std::memory_order_relaxed)), kShortestPause,
                 kLongestPause);
  pause_.store(pause.count(), std::memory_order_relaxed);
  not_before_.store((now + pause).time_since_epoch().count(), std::memory_order_relaxed);
}

}  // namespace ashlar
