// A database that lives through crashes on a simulated disk, and is checked behind each.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "env/sim_env.h"
#include "simulation/workload.h"

namespace ashlar {

struct SimulationTally {
  uint64_t rounds = 0;
  uint64_t commits = 0;
  uint64_t failed_calls = 0;  // by injected faults
  uint64_t power_cuts = 0;
  uint64_t kills = 0;
  uint64_t lost_commits = 0;  // that had not been promised to be on disk
};

// In each round the database is opened, used by a workload, with calls of the disk failing in half
// of the rounds, and crashes at any operation of the disk since the round began: the power is cut,
// or the process ends. The next round finds what that left and must find everything promised, whole
// and in order, and a clean verify(). Everything follows from the seed.
//
// Threads: one.
class Simulation {
 public:
  // `tell` gets a line for each round.
  Simulation(uint64_t seed, std::unique_ptr<SimWorkload> workload,
             std::function<void(const std::string&)> tell);
  ~Simulation();

  // kCorruption if what was found is not what had to be, or any other unexpected error.
  Status run(uint64_t rounds);
  const SimulationTally& tally() const { return tally_; }

 private:
  // What there is behind a commit, and the disk's operations by which that was to be so.
  struct State {
    SimContents contents;
    std::size_t begun = 0;
    std::size_t acknowledged = SIZE_MAX;
    std::size_t durable = SIZE_MAX;
  };

  Status open();
  Status check();
  void use();
  bool step();  // false if a call failed
  bool commit();
  void all_durable();
  void inject_fault();
  void crash();

  SimRandom random_;
  const std::unique_ptr<SimWorkload> workload_;
  const std::function<void(const std::string&)> tell_;
  std::unique_ptr<SimEnv> env_;
  std::unique_ptr<Database> database_;
  std::vector<State> states_;  // the first is where the round began
  std::size_t least_ = 0;      // what must be there now
  std::size_t most_ = 0;
  bool faulty_ = false;  // calls of the disk fail in this round
  std::string story_;    // of the round
  SimulationTally tally_;
};

}  // namespace ashlar
