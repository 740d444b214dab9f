// A segment file for the eye: its header and every frame, decoded.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/operation.h"
#include "env/env.h"
#include "wal/log_format.h"

namespace ashlar {

struct DumpedFrame {
  uint64_t file_offset = 0;
  uint64_t position = 0;
  FrameHeader header;
  std::vector<Operation> operations;  // their views live during the call
};

struct DumpedSegment {
  SegmentHeader header;
  uint64_t frames = 0;
  uint64_t valid_end = 0;  // file offset behind the last valid frame
};

// Hands every frame from the start of the segment file at `path` to `visit`, up to the first that
// does not verify: the log's end, or damage, which only replay tells apart. An error of `visit`
// is returned. kNotFound; kCorruption if the header is damaged or was never written.
Result<DumpedSegment> dump_segment(Env& env, const std::string& path,
                                   const std::function<Status(const DumpedFrame&)>& visit);

}  // namespace ashlar
