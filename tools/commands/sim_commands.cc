// sim: the engine on a simulated disk that crashes.
#include <fmt/format.h>

#include "base/json_object.h"
#include "base/try.h"
#include "simulation/simulation.h"
#include "tools/command.h"
#include "tools/session.h"

namespace ashlar::tools {

namespace {

constexpr uint64_t kRounds = 100;

std::string json_of(const std::string& workload, uint64_t seed, const SimulationTally& tally) {
  JsonObject json;
  json.add("workload", std::string_view(workload));
  json.add("seed", seed);
  json.add("rounds", tally.rounds);
  json.add("commits", tally.commits);
  json.add("failed_calls", tally.failed_calls);
  json.add("power_cuts", tally.power_cuts);
  json.add("kills", tally.kills);
  json.add("lost_commits", tally.lost_commits);
  return json.finish();
}

std::string text_of(const std::string& workload, uint64_t seed, const SimulationTally& tally) {
  return fmt::format(
      "{}, seed {}: {} rounds, {} commits, {} failed calls, {} power cuts, {} kills; {} commits "
      "lost, none of them promised; all good",
      workload, seed, tally.rounds, tally.commits, tally.failed_calls, tally.power_cuts,
      tally.kills, tally.lost_commits);
}

Outcome simulate(Session& session, const Arguments& arguments) {
  const std::string name = arguments.size() > 0 ? arguments[0] : "kv";
  ASHLAR_TRY_ASSIGN(const uint64_t seed, arguments.count("--seed", 1));
  ASHLAR_TRY_ASSIGN(const uint64_t rounds, arguments.count("--rounds", kRounds));
  auto workload = make_sim_workload(name);
  if (!workload) return Status::invalid_argument("no workload is named " + name);
  const Output& out = session.out();
  const bool verbose = arguments.has("--verbose") && !out.json();
  Simulation simulation(seed, std::move(workload), [&](const std::string& story) {
    if (verbose) out.line(story);
  });
  if (const Status status = simulation.run(rounds); !status.ok()) {
    return Status::corruption(
        fmt::format("{}; again: ashlar sim {} --seed {} --rounds {} --verbose", status.to_string(),
                    name, seed, rounds));
  }
  const SimulationTally& tally = simulation.tally();
  out.line(out.json() ? json_of(name, seed, tally) : text_of(name, seed, tally));
  return true;
}

std::string_view details() {
  static const std::string text = [] {
    std::string lines =
        "Uses the engine on a disk in memory whose calls fail and whose power is cut, and checks\n"
        "after each crash that nothing promised is lost. The same seed does the same again.\n"
        "The workloads:";
    for (const SimWorkloadKind& each : sim_workloads()) {
      lines += fmt::format("\n  {:<14}{}", each.name, each.summary);
    }
    return lines;
  }();
  return text;
}

}  // namespace

std::vector<Command> sim_commands() {
  return {{.name = "sim",
           .group = "Care",
           .synopsis = "[WORKLOAD]",
           .summary = "Crash a simulated database and check what is left.",
           .details = details(),
           .maximum_words = 1,
           .options = {{"--seed", "N", "what everything follows from (1)"},
                       {"--rounds", "N", "crashes (100)"},
                       {"--verbose", "", "tell what happened in each round"}},
           .access = Access::kNone,
           .run = simulate}};
}

}  // namespace ashlar::tools
