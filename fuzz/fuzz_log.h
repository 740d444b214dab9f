// A log in the folder /db as an input describes it: segments, frames whose checksums are right, a
// ring, and damage to any of them. For targets that read logs.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/coding.h"
#include "base/operation.h"
#include "base/try.h"
#include "env/sim_env.h"
#include "wal/log_format.h"
#include "wal/log_segment.h"

namespace ashlar {

// Each step of the input is one byte that says what to do, and the bytes that it needs.
class FuzzLog {
 public:
  static constexpr uint64_t kStart = 8192;

  FuzzLog(SimEnv& env, std::string_view input) : env_(env), in_(input) {}

  // Errors of the disk end it.
  Status write() {
    const unsigned ring = byte();
    ring_.resize(ring % 8 == 7 ? kLogBlockBytes + 1 : kLogBlockBytes << ring % 3);
    ASHLAR_TRY(begin_segment(0));
    for (int step = 0; step < kMostSteps && in_.ok() && in_.left() > 0; ++step) {
      const unsigned what = byte();
      switch (what % 8) {
        case 0:
          ASHLAR_TRY(begin_segment(byte()));
          break;
        case 1:
          ASHLAR_TRY(add_unused(what / 8));
          break;
        case 2:
          damage();
          break;
        case 3:
          add_padding(what / 8);
          break;
        default:
          add_commit(what / 8);
          break;
      }
    }
    if (ring % 8 == 6) return {};  // no ring
    ASHLAR_TRY_ASSIGN(const auto file, env_.open_file("/db/log.ring", {.mode = OpenMode::kCreate}));
    return file->write(0, ring_);
  }

 private:
  static constexpr int kMostSteps = 48;

  unsigned byte() { return in_.fixed<uint8_t>(); }

  // By the bits of `how`: a new generation or not, where it starts, its length, how it is made.
  Status begin_segment(unsigned how) {
    const SegmentInfo before = info_;
    const bool first = before.number == 0;
    info_.number += how / 64 == 3 ? 2 : 1;
    info_.generation += how % 2;
    info_.start = first ? kStart : before.end();
    if (how % 2 != 0) info_.start = log_block_up(position_);
    if (how / 2 % 4 == 3 && !first) info_.start = before.start;
    info_.capacity = kLogBlockBytes * (1 + how / 8 % 3);
    info_.first_sequence = sequence_ + (how / 2 % 4 == 2 ? 0 : 1);
    position_ = info_.start;
    const uint64_t number = info_.number;
    if (how / 32 % 2 == 0) return create_segment(env_, "/db", info_, how % 8 == 4).status();
    ASHLAR_TRY(create_blank_segment(env_, "/db", number + 1, info_.capacity));
    return reuse_segment(env_, "/db", number + 1, info_).status();
  }

  // A segment that is blank from the beginning, or that was the current one and is wiped.
  Status add_unused(unsigned how) {
    if (how % 2 != 0) return wipe_segment(env_, "/db", info_.number);
    return create_blank_segment(env_, "/db", info_.number + 1,
                                how % 4 == 0 ? info_.capacity : how % 8);
  }

  // Overwrites bytes of the ring or of a segment, or gives a segment another length.
  void damage() {
    const bool in_ring = byte() % 4 == 0;
    const std::string path = in_ring ? "" : segment_path("/db", info_.number - byte() % 2);
    const uint64_t offset = in_.fixed<uint16_t>();
    const std::size_t count = byte() % 16;
    if (!in_ring && count == 0) {
      (void)env_.set_length(path, offset);  // there may be no such file
      return;
    }
    const std::string_view bytes = in_.bytes(std::min(count, in_.left()));
    if (!in_ring) (void)env_.overwrite(path, offset, bytes);
    for (std::size_t i = 0; in_ring && i < bytes.size(); ++i) {
      ring_[(offset + i) % ring_.size()] = bytes[i];
    }
  }

  void add_padding(unsigned where) {
    const uint64_t left = info_.end() - position_;
    if (left == 0) return;
    const uint64_t wanted = where % 8 < 4 ? left : padded_log_end(position_) - position_;
    const uint64_t bytes = std::min(std::max<uint64_t>(wanted, kFrameHeaderBytes), left);
    add_frame(FrameKind::kPadding,
              std::string(bytes - std::min<uint64_t>(bytes, kFrameHeaderBytes), '\0'), where);
  }

  void add_commit(unsigned where) {
    std::string operations;
    for (unsigned left = 1 + byte() % 3; left > 0; --left) {
      const unsigned how = byte();
      Operation operation;
      operation.kind = static_cast<EntryKind>(1 + how % 3);
      operation.timestamp_us = how;
      if (how / 4 % 2 != 0) operation.expires_at_ms = 1000 + how;
      operation.key = in_.bytes(std::min<std::size_t>(1 + how / 8 % 8, in_.left()));
      const std::string value(std::size_t{how / 64} * byte() * 8, 'v');
      operation.value = value;
      encode_operation(operation, &operations);
    }
    sequence_ += where / 4 % 8 == 7 ? 0 : 1;
    add_frame(FrameKind::kCommit, operations, where);
  }

  // To the segment, to the ring, or to both; a frame that does not fit is left out.
  void add_frame(FrameKind kind, std::string_view body, unsigned where) {
    FrameHeader header;
    header.kind = kind;
    header.length = static_cast<uint32_t>(kFrameHeaderBytes + body.size());
    header.sequence = sequence_;
    header.unsynced = where / 8 % 4 * 1000;
    if (!frame_fits(position_, header.length, info_.end())) return;
    const auto digest = verify_operations(kind == FrameKind::kCommit ? body : std::string_view());
    std::string frame(kFrameHeaderBytes, '\0');
    encode_frame_header(header, digest.ok() ? *digest : 0, info_.generation, position_,
                        frame.data());
    frame.append(body);
    if (where % 4 != 1) {
      (void)env_.overwrite(segment_path("/db", info_.number), info_.offset_of(position_), frame);
    }
    for (std::size_t i = 0; where % 4 != 0 && i < frame.size(); ++i) {
      ring_[(position_ + i) % ring_.size()] = frame[i];
    }
    position_ += frame.size();
  }

  SimEnv& env_;
  ByteReader in_;
  std::string ring_;
  SegmentInfo info_{.number = 0, .generation = 5, .start = 0, .capacity = 0, .first_sequence = 0};
  uint64_t position_ = kStart;
  SequenceNumber sequence_ = 0;
};

}  // namespace ashlar
