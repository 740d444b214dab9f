// What a simulated program does to a database: commits, drawn from a seed.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ashlar/database.h"
#include "env/sim_random.h"

namespace ashlar {

// All that a database holds for its user.
using SimContents = std::map<std::string, std::string>;

// One commit: each key gets a value, or is deleted.
using SimCommit = std::vector<std::pair<std::string, std::optional<std::string>>>;

// A program with a purpose of its own. Its state is what the database holds, so that it goes on
// after any crash.
class SimWorkload {
 public:
  virtual ~SimWorkload() = default;
  // What it commits next.
  virtual SimCommit next(const SimContents& contents, SimRandom* random) = 0;
  // Commits it, in the way that the workload is about.
  virtual Status commit(Database& database, const SimCommit& commit, Durability durability) = 0;
  // Called behind each opening.
  virtual Status prepare(Database&) { return {}; }
};

struct SimWorkloadKind {
  std::string_view name;
  std::string_view summary;
  std::unique_ptr<SimWorkload> (*make)();
};
const std::vector<SimWorkloadKind>& sim_workloads();
// Null if there is none of that name.
std::unique_ptr<SimWorkload> make_sim_workload(std::string_view name);

}  // namespace ashlar
