// The write-ahead log as bytes: segment files of frames, each frame one commit or padding.
//
// Segment file: a header block of 4096 bytes, then positions `start`, `start` + 1, … of the log.
//
//   0        4       8         12         16       24           32      40       48        56 64
//   +--------+-------+---------+----------+--------+------------+-------+--------+---------+---------+
//   | crc32c | magic | version | reserved | number | generation | start | first  | created | capac-
//   | |        |       | 1       | 0        |        |            |       | sequ.  |         | ity
//   |
//   +--------+-------+---------+----------+--------+------------+-------+--------+---------+---------+
//
// Frame:
//
//   0        4        8                     16         20
//   +--------+--------+---------------------+----------+---------------------------+
//   | crc32c | length | sequence × 256 +    | unsynced | operations, or zeros      |
//   |        |        | kind (1 commit,     |          |                           |
//   |        |        |       2 padding)    |          |                           |
//   +--------+--------+---------------------+----------+---------------------------+
//
//   crc32c     of bytes 4 to 19 and the 4 bytes of the digest, seeded by (generation, position)
//   length     of the whole frame
//   unsynced   position minus the position up to which the log was durable, at most 2³² − 1
//   digest     crc32c of the operations' own checksums, in order; 0 for padding; not stored
//
// Example (generation 1, position 4096, sequence 7, unsynced 96, one operation: timestamp 1,
// set "k" = "v"):
//   e6 5b a1 24 | 25 00 00 00 | 01 07 00 00 00 00 00 00 | 60 00 00 00 |
//   01 00 00 00 00 00 00 00 01 01 6b 01 76 7c f6 18 d9
//
// [LOG-1] Positions never repeat; a block of 4096 bytes that was written is not written again.
// [LOG-2] Sequences rise by one from commit to commit; padding has that of the commit before it.
// [LOG-3] A frame lies in one segment. It ends at the segment's end or leaves 20 bytes or more.
// [LOG-4] A segment's header is written when its name, length and space are durable, so that a
//         header of zeros means that the segment was never used.
// [LOG-5] A frame that does not verify ends the log where nothing shows that it was durable;
//         anywhere else it is corruption.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ashlar/result.h"
#include "base/entry.h"

namespace ashlar {

inline constexpr uint64_t kLogBlockBytes = 4096;  // unit of writing; also the header's length
inline constexpr std::size_t kSegmentHeaderBytes = 64;
inline constexpr std::size_t kFrameHeaderBytes = 20;
inline constexpr uint64_t kMaximumFrameBytes = 0xffffe000;
inline constexpr uint32_t kSegmentMagic = 0xDB01106A;
inline constexpr uint32_t kSegmentVersion = 1;
inline constexpr char kLogRingName[] = "log.ring";

inline constexpr uint64_t log_block_down(uint64_t position) {
  return position & ~(kLogBlockBytes - 1);
}
inline constexpr uint64_t log_block_up(uint64_t position) {
  return log_block_down(position + kLogBlockBytes - 1);
}

// Where padding that begins at `position` ends: at the next border with room for the padding's
// header; at `position` itself if that is a border.
inline constexpr uint64_t padded_log_end(uint64_t position) {
  return position % kLogBlockBytes == 0 ? position : log_block_up(position + kFrameHeaderBytes);
}

// [LOG-3] Whether a frame of `bytes` may lie at `position` of a segment that ends at `end`.
inline constexpr bool frame_fits(uint64_t position, uint64_t bytes, uint64_t end) {
  const uint64_t left = end - position;
  return bytes == left || bytes + kFrameHeaderBytes <= left;
}

// Which part of the log a segment file holds.
struct SegmentInfo {
  uint64_t number = 0;
  uint64_t generation = 0;
  uint64_t start = 0;
  uint64_t capacity = 0;
  SequenceNumber first_sequence = 0;  // no commit in the segment has a smaller one

  uint64_t end() const { return start + capacity; }
  // Offset in the file.
  uint64_t offset_of(uint64_t position) const { return kLogBlockBytes + (position - start); }
  friend bool operator==(const SegmentInfo&, const SegmentInfo&) = default;
};

struct SegmentHeader {
  SegmentInfo info;
  uint64_t created_us = 0;
};

// "000012.log".
std::string segment_name(uint64_t number);
// The number, if the name is that of a segment exactly as segment_name() writes it.
std::optional<uint64_t> parse_segment_name(std::string_view name);

// Writes kSegmentHeaderBytes.
void encode_segment_header(const SegmentHeader& header, char* to);
// From exactly kSegmentHeaderBytes. kCorruption, or kUnsupported for a newer version, without the
// file's name.
Result<SegmentHeader> decode_segment_header(std::string_view bytes);

enum class FrameKind : unsigned char { kCommit = 1, kPadding = 2 };

struct FrameHeader {
  uint32_t length = 0;
  FrameKind kind = FrameKind::kCommit;
  SequenceNumber sequence = 0;
  uint32_t unsynced = 0;
  friend bool operator==(const FrameHeader&, const FrameHeader&) = default;
};

// Writes kFrameHeaderBytes, for a frame at `position`.
void encode_frame_header(const FrameHeader& header, uint32_t digest, uint64_t generation,
                         uint64_t position, char* to);
// The fields in the first kFrameHeaderBytes of `bytes`, if they can be those of a frame; says
// nothing about the checksum.
std::optional<FrameHeader> decode_frame_header(std::string_view bytes);
// Whether the frame header `bytes` was written at `position` for operations of this digest.
bool frame_verifies(std::string_view bytes, uint32_t digest, uint64_t generation,
                    uint64_t position);

// Checks every operation of a commit and returns their digest. kCorruption says which is bad.
Result<uint32_t> verify_operations(std::string_view operations);

}  // namespace ashlar
