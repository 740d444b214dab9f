#include "simulation/simulation.h"

#include <gtest/gtest.h>

namespace ashlar {
namespace {

std::string stories(std::string_view workload, uint64_t seed, uint64_t rounds) {
  std::string told;
  Simulation simulation(seed, make_sim_workload(workload),
                        [&](const std::string& story) { told += story + "\n"; });
  const Status status = simulation.run(rounds);
  EXPECT_TRUE(status.ok()) << workload << ", seed " << seed << ": " << status.to_string();
  EXPECT_EQ(simulation.tally().rounds, rounds);
  EXPECT_EQ(simulation.tally().kills + simulation.tally().power_cuts, rounds);
  return told;
}

TEST(Simulation, EveryWorkloadLivesThroughItsCrashes) {
  for (const SimWorkloadKind& workload : sim_workloads()) stories(workload.name, 42, 15);
}

TEST(Simulation, TheSeedDecidesEverything) {
  const std::string told = stories("queue", 5, 10);
  EXPECT_EQ(stories("queue", 5, 10), told);
  EXPECT_NE(stories("queue", 6, 10), told);
}

TEST(Simulation, KnowsItsWorkloads) {
  EXPECT_EQ(make_sim_workload("none"), nullptr);
  for (const SimWorkloadKind& workload : sim_workloads()) {
    EXPECT_NE(make_sim_workload(workload.name), nullptr) << workload.name;
  }
}

// A workload that says nothing of what it writes: the simulation must find that out.
class Liar final : public SimWorkload {
 public:
  SimCommit next(const SimContents&, SimRandom*) override { return {{"a", "b"}}; }
  Status commit(Database& database, const SimCommit&, Durability durability) override {
    return database.set("a", "c", {.durability = durability, .ttl = {}});
  }
};

TEST(Simulation, AWrongValueIsFound) {
  Simulation simulation(1, std::make_unique<Liar>(), [](const std::string&) {});
  const Status status = simulation.run(10);
  EXPECT_TRUE(status.is(StatusCode::kCorruption)) << status.to_string();
}

}  // namespace
}  // namespace ashlar
