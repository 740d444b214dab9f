// Calls of a simulated disk that fail at random.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <string>

#include "env/sim_env.h"
#include "support/random.h"

namespace ashlar {

// Calls attempt() and then check(), `rounds` times. In each round one call of `sim`, of any kind,
// fails while attempt() runs: with an error or for want of space, on a path with one of
// `path_parts` in it, and behind less than `calls` others of its kind. Ends at the first failure of
// the test.
template <typename Attempt, typename Check>
void at_random_faults(SimEnv& sim, int rounds, uint64_t calls,
                      std::initializer_list<const char*> path_parts, Attempt&& attempt,
                      Check&& check) {
  const uint64_t seed = test_seed();
  SCOPED_TRACE(seed_text(seed));
  Random random(seed);
  for (int round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
    SimFault fault;
    fault.call = static_cast<SimCall>(random.below(static_cast<uint64_t>(SimCall::kCount)));
    fault.skip = random.below(calls);
    fault.code = random.one_in(2) ? StatusCode::kIoError : StatusCode::kNoSpace;
    fault.path_part = path_parts.begin()[random.below(path_parts.size())];
    SCOPED_TRACE(std::string(to_string(fault.call)) + " " + std::to_string(fault.skip) + " of '" +
                 fault.path_part + "'");
    sim.inject(fault);
    attempt();
    sim.clear_faults();
    check();
  }
}

}  // namespace ashlar
