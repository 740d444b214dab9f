// Power failing at moments spread over what was done on a simulated disk.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>

#include "env/sim_env.h"
#include "support/random.h"

namespace ashlar {

// Calls body(SimEnv& after) for `moments` + 1 moments of what `sim` has recorded, from the first to
// the last: `after` is the machine that comes up again, with a disk on which each write that was
// not synced by then has met a fate that `seed` decides. Ends at the first failure, and says when
// it was.
template <typename Body>
void at_power_losses(SimEnv& sim, uint64_t moments, uint64_t seed, Body&& body) {
  SCOPED_TRACE(seed_text(seed));
  SimRandom random(seed);
  SimCrash crash = sim.crash_points();
  const std::size_t count = crash.operation_count();
  for (uint64_t moment = 0; moment <= moments; ++moment) {
    crash.advance_to(count * moment / moments);
    const auto after = sim.restart(crash.image(crash.random_fates(&random)), moment);
    after->record_history(false);
    body(*after);
    if (testing::Test::HasFailure()) {
      FAIL() << "after operation " << crash.position() << " of " << count;
    }
  }
}

}  // namespace ashlar
