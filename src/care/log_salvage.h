// What can still be read of a damaged log.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ashlar/result.h"
#include "base/entry.h"
#include "env/env.h"

namespace ashlar {

// A part of the log whose commits can't be read.
struct LogHole {
  std::string file;  // where it begins; the folder if the file is not there
  uint64_t offset = 0;
  // The first and the last commit that is lost; 0 if that is not known.
  SequenceNumber first = 0;
  SequenceNumber last = 0;
  std::string reason;
};

struct SalvagedLog {
  uint64_t commits = 0;
  SequenceNumber first_sequence = 0;  // of them
  SequenceNumber last_sequence = 0;
  std::vector<LogHole> holes;
  // The log does not reach back to the position asked for.
  bool start_missing = false;
};

// Hands every commit that can be read to `visit`, in order, each once. `from`: the position from
// which on the log is not in tables; none: not known, all of the log is read. `synced`: up to where
// it was on stable storage at least. `last_in_tables`: the last commit that is known to be there.
//
// A sound log is read as replay_log() does it. In a damaged one every position behind the damage is
// tried: a frame's checksum is seeded by generation and position, so that one that verifies is one
// that was written there.
Result<SalvagedLog> salvage_log(
    Env& env, const std::string& folder, std::optional<uint64_t> from, uint64_t synced,
    SequenceNumber last_in_tables,
    const std::function<Status(SequenceNumber sequence, std::string_view operations)>& visit);

}  // namespace ashlar
