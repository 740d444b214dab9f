// Segment files: made, made ready for use again, and read as far as their header.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/env.h"
#include "wal/log_format.h"

namespace ashlar {

std::string segment_path(const std::string& folder, uint64_t number);

// Makes a segment file, durable in every respect when this returns: name, length and space first,
// header last [LOG-4]. With `prewrite`, its blocks are written with zeros, so that the file
// system need not record anything for later writes. The file is open for direct writes.
// After an error (kNoSpace, kIoError) the file is gone again as far as it could be removed.
Result<std::unique_ptr<File>> create_segment(Env& env, const std::string& folder,
                                             const SegmentInfo& info, bool prewrite);

// Makes the file of a segment that is to be used later, by reuse_segment(), and looks as if it had
// been wiped; durable, with its space set aside. After an error it is gone again.
Status create_blank_segment(Env& env, const std::string& folder, uint64_t number,
                            uint64_t capacity);

// Wipes the header of a segment that is not needed any more, durably, so that its file may become
// another segment.
Status wipe_segment(Env& env, const std::string& folder, uint64_t number);

// As create_segment(), out of the wiped file of the segment `wiped`, which has to be of the same
// length. The old frames in it never verify: generation or position is another.
Result<std::unique_ptr<File>> reuse_segment(Env& env, const std::string& folder, uint64_t wiped,
                                            const SegmentInfo& info);

// The segments in a folder, by number.
struct SegmentListing {
  std::vector<SegmentInfo> segments;
  std::vector<uint64_t> blank;  // files whose header was never written or has been wiped
  friend bool operator==(const SegmentListing&, const SegmentListing&) = default;
};

// Reads the header of every segment file. kCorruption for a header that does not verify, a file
// with another's number in it and a file that is too short; kBusy if a file vanished meanwhile.
Result<SegmentListing> list_segments(Env& env, const std::string& folder);

// The header of one segment file; none if it is blank. kCorruption with the path.
Result<std::optional<SegmentHeader>> read_segment_header(const File& file);

// Of an error of the functions above: whether the same may succeed later, as the disk is full or
// too many files are open.
bool may_succeed_later(const Status& status);

}  // namespace ashlar
