// A process that writes to a database until it is stopped and tells through a pipe what was
// acknowledged, and the comparison of what it left with what it told.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "ashlar/database.h"
#include "support/write_script.h"

namespace ashlar {

// Three writers, each with an endless script. Every write also notes its number, so that one look
// tells how far a writer came.
//
// Threads: one.
class AcknowledgedWriters {
 public:
  // With the least memory, so that much is flushed and merged. Where the disk is `cut_off` under the
  // writers, they end in errors of it, of which nothing is said; others go to standard error.
  AcknowledgedWriters(uint64_t seed, Durability durability, bool cut_off = false);

  // Opens `folder` in a new process, where each writer goes on behind its last write. After
  // `after`, calls `stop` with that process, which it has to end. Returns what waitpid() says of
  // the process; its exit code is 1 if a write failed.
  int write_until(const std::string& folder, std::chrono::microseconds after,
                  const std::function<void(pid_t child)>& stop);

  enum class Lost : unsigned char {
    kNothing,      // each acknowledged write must be there
    kLatestWrites  // the last ones of each writer may be gone
  };
  // Opens `folder`, where each writer's writes must be there up to one of them and none behind it,
  // at most one that was not acknowledged among them; and verify() must find nothing. Fails the
  // test if not.
  void check(const std::string& folder, Lost lost);

  // Writes found by the last check, of all writers.
  uint64_t written() const;

 private:
  static constexpr int kWriters = 3;

  Options options() const;
  [[noreturn]] void write_for_ever(const std::string& folder, int pipe) const;
  [[noreturn]] void end_writer(const Status& status) const;

  const Durability durability_;
  const bool cut_off_;
  std::vector<WriteScript> scripts_;
  std::array<ScriptState, kWriters> states_;       // after the first done_ writes
  std::array<uint64_t, kWriters> done_{};          // writes found at the last check
  std::array<uint64_t, kWriters> acknowledged_{};  // writes that were reported as done
};

}  // namespace ashlar
