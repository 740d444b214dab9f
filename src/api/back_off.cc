#include "api/back_off.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace ashlar {

// Random, so that transactions that met once do not meet again (as in Ethernet's back-off).
void pause_before_attempt(Env& env, int attempt) {
  constexpr uint64_t kLongestPauseUs = 20'000;
  const uint64_t limit = std::min(kLongestPauseUs, uint64_t{20} << std::min(attempt, 12));
  env.sleep(std::chrono::microseconds(env.random() % limit));
}

}  // namespace ashlar
