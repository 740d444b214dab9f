// A generated run of the database on a simulated disk, and what may be found after each of its
// moments.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ashlar/database.h"
#include "env/sim_env.h"
#include "support/random.h"
#include "support/recipe.h"

namespace ashlar {

// How many of a sequence's commits, counted from the first, may be there: a prefix, never a hole.
struct CommitBounds {
  uint64_t least = 0;
  uint64_t most = 0;
};

// What was found after a crash.
struct Found {
  uint64_t commits = 0;
  std::string problem;  // empty if all is well
};

// How much a sequence does.
struct CrashShape {
  uint64_t steps = 40;
  uint64_t commit_percent = 70;  // of the steps
  uint64_t keys = 30;
  uint64_t huge_per_mille = 20;  // values of a mebibyte and more
};

// Opens a database on a new simulated disk and writes (alone, in batches, in transactions),
// flushes, merges, syncs, holds snapshots, closes and opens it again, as drawn from the seed; notes
// when each commit began, was acknowledged, and was promised to be on stable storage. At its end
// all short lifetimes are over.
//
// Threads: one.
class CrashSequence {
 public:
  CrashSequence(uint64_t seed, const CrashShape& shape);

  // The history of the disk, at its beginning. Positions below count its operations.
  SimCrash history() { return env_.crash_points(); }
  std::unique_ptr<SimEnv> restart(SimDisk disk, uint64_t seed) {
    return env_.restart(std::move(disk), seed);
  }

  // Bounds for a power cut, and for the end of the process alone, when `position` operations were
  // done.
  CommitBounds after_power_cut(std::size_t position) const;
  CommitBounds after_kill(std::size_t position) const;

  enum class Use : unsigned char { kReadOnly, kRead, kWrite };
  // Opens the database on `env` and compares all of it with the states after bounds.least to
  // bounds.most commits; verifies it; for kWrite, also writes to it.
  Found examine(SimEnv& env, const CommitBounds& bounds, Use use) const;

  // The calls that were made, one a line, with the positions at which they began and ended.
  const std::string& diary() const { return diary_; }

  // The first unexpected error of the run itself; empty if there was none.
  const std::string& problem() const { return problem_; }

 private:
  using Contents = std::map<std::string, Recipe>;
  struct Commit {
    std::size_t begun = 0;  // positions
    std::size_t acknowledged = SIZE_MAX;
    std::size_t durable = SIZE_MAX;
    std::map<std::string, Recipe> contents;  // of the whole database, behind this commit
  };

  void open();
  void step();
  void commit();
  Batch random_writes();
  uint32_t value_bytes();
  Status write(const Batch& batch, Durability durability);
  Status write_in_transaction(const Batch& batch, Durability durability);
  void note(const Status& status, const char* call, std::size_t begun);
  // Everything acknowledged is on stable storage now.
  void all_durable();
  bool matches(const std::vector<std::pair<std::string, std::string>>& entries,
               uint64_t commits) const;
  Options options() const;

  const uint64_t seed_;
  const CrashShape shape_;
  Random random_;
  SimEnv env_;
  std::unique_ptr<Database> database_;
  std::optional<Snapshot> snapshot_;  // holds old versions back from merges
  std::vector<Commit> commits_;
  Contents contents_;
  std::string diary_;
  std::string problem_;
};

}  // namespace ashlar
