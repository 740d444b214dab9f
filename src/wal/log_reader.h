// The reading end of the log: replay after a crash or a clean end, beside a live writer, too.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "env/env.h"
#include "wal/log_format.h"

namespace ashlar {

// One commit. `operations` is valid during the call that it is handed to.
struct LogFrame {
  uint64_t position = 0;
  SequenceNumber sequence = 0;
  std::string_view operations;
  bool from_ring = false;  // no segment has it yet
};

// Consecutive bytes of the log.
struct LogRange {
  uint64_t start = 0;
  uint64_t end = 0;
};

// What a replay found.
struct LogEnd {
  uint64_t position = 0;  // behind the last valid frame
  // Of the last commit; if none was read, the largest that a segment's header proves.
  SequenceNumber last_sequence = 0;
  std::vector<SegmentInfo> segments;  // that hold the log from `from` on, in order
  // Numbers of segment files that hold nothing of the log, to be removed when a LogWriter has been
  // created: made ahead of need and not used, wiped, left by a crash, or wholly before `from`.
  std::vector<uint64_t> leftovers;
  uint64_t ring_bytes_used = 0;       // in frames that only the ring holds
  std::vector<LogRange> ring_ranges;  // where those are
};

// Hands every commit at or behind `from` to `visit`, in order. `from` is where a frame begins or
// where the log ends. The first error of `visit` ends the replay and is returned.
//   kCorruption  damage before the end of the log, a missing segment; names file and offset. Some
//                commits may have been visited.
//   kBusy        a live writer changed the files meanwhile: throw away what was visited, try again.
Result<LogEnd> replay_log(Env& env, const std::string& folder, uint64_t from,
                          const std::function<Status(const LogFrame&)>& visit);

// Puts what only the ring holds into its place in the segments, and makes all of the log that was
// replayed durable, so that the ring may be used again and the log may go on behind it. May be
// repeated. To be called, by the process that holds the database's lock, before LogWriter::create.
Status complete_newest_segment(Env& env, const std::string& folder, const LogEnd& end);

}  // namespace ashlar
