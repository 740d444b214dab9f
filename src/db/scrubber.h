// Reads the files of the database over and over, slowly, so that damage is found while there still
// is a copy.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/memory_budget.h"
#include "env/env.h"
#include "version/version.h"

namespace ashlar {

struct ScrubStatistics {
  uint64_t bytes = 0;  // read since opening
  uint64_t problems = 0;
  uint64_t passes = 0;        // through the whole database
  uint64_t last_pass_ms = 0;  // when the last one ended, since the epoch; 0: none has yet
};

// A pass goes through the tables and value files that there were when it began, beginning with any
// of them, so that a process that never lives for a whole pass does not look at the same ones each
// time. What is gone by then is passed over.
//
// Threads: one for step(), any for statistics().
class Scrubber {
 public:
  // `bytes_per_second`: nothing means as much as takes a week for all of it.
  Scrubber(Env& env, std::optional<uint64_t> bytes_per_second, MemoryBudget* budget)
      : env_(env), bytes_per_second_(bytes_per_second), budget_(budget) {}

  // Reads the next piece, past every cache, and checks it; calls `problem` for each finding with
  // file and offset. Returns how long to wait before the next.
  std::chrono::milliseconds step(const Version& version,
                                 const std::function<void(const std::string&)>& problem);
  // Before the first.
  std::chrono::milliseconds first_wait(const Version& version) const;

  ScrubStatistics statistics() const;

 private:
  enum class Kind : unsigned char { kTable, kValues };
  struct Target {
    Kind kind;
    uint64_t number;
  };

  uint64_t rate(const Version& version) const;
  uint64_t piece_bytes(const Version& version) const;
  std::chrono::milliseconds wait_for(uint64_t bytes, const Version& version) const;
  void begin_pass(const Version& version);
  void end_target();
  uint64_t check_table(const Version& version, uint64_t number, uint64_t bytes);
  uint64_t check_pages(const StoredTable& table, uint64_t bytes);
  uint64_t check_values(const Version& version, uint64_t number, uint64_t bytes);
  bool verify_values(const StoredValueFile& stored);
  void report(const Status& status);

  Env& env_;
  const std::optional<uint64_t> bytes_per_second_;
  MemoryBudget* const budget_;
  const std::function<void(const std::string&)>* problem_ = nullptr;  // during a step

  std::vector<Target> targets_;  // of this pass, the next one last
  uint64_t progress_ = 0;        // in that: the next page, or the next byte
  uint32_t checksum_ = 0;        // of a value file, so far

  mutable std::mutex mutex_;
  ScrubStatistics statistics_;  // guarded by mutex_
};

}  // namespace ashlar
