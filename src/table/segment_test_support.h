// For tests: a segment of the log as the log's writer would leave it, with operations that a test
// knows, and what the manifest would say of it as a value file.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/limits.h"
#include "base/operation.h"
#include "base/value_pointer.h"
#include "env/env.h"
#include "table/segment_values.h"
#include "wal/log_format.h"

namespace ashlar {

struct SegmentValue {
  std::string key;
  std::string value;
  ValuePointer pointer;
};

// Threads: one at a time.
class TestSegment {
 public:
  TestSegment(uint64_t number, uint64_t blocks)
      : TestSegment(SegmentInfo{.number = number,
                                .generation = 5,
                                .start = 2 * kLogBlockBytes,
                                .capacity = blocks * kLogBlockBytes,
                                .first_sequence = 1}) {}
  explicit TestSegment(const SegmentInfo& info) : info_(info), bytes_(kLogBlockBytes, '\0') {
    encode_segment_header({info_, 1}, bytes_.data());
  }

  // Whether the commit at hand may take this operation, too. [LOG-3]
  bool fits(const Operation& operation) const {
    return frame_fits(position(), frame_bytes() + encoded_operation_bytes(operation), info_.end());
  }
  // Puts it into the commit at hand; what would point to it.
  ValuePointer add(Operation operation) {
    operation.timestamp_us = sequence_;
    ValuePointer pointer;
    pointer.file_number = info_.number;
    pointer.offset = bytes_.size() + frame_bytes();
    pointer.length = static_cast<uint32_t>(operation.value.size());
    pointer.checksum = encode_operation(operation, &operations_);
    if (operation.kind == EntryKind::kSet && !operation.value_is_pointer &&
        operation.value.size() >= kLargeValueBytes) {
      values_.push_back({std::string(operation.key), std::string(operation.value), pointer});
    }
    return pointer;
  }
  ValuePointer set(std::string_view key, std::string_view value, uint64_t expires_at_ms = 0) {
    Operation operation;
    operation.expires_at_ms = expires_at_ms;
    operation.key = key;
    operation.value = value;
    return add(operation);
  }
  void end_commit() {
    const auto digest = verify_operations(operations_);
    ASHLAR_CHECK(digest.ok());
    put_frame(FrameKind::kCommit, *digest, operations_);
    operations_.clear();
    ++sequence_;
  }
  // One frame of padding up to `position`, if that is behind the end of the last frame.
  void pad_to(uint64_t position) {
    if (position == this->position()) return;
    const uint64_t begin = bytes_.size() + kFrameHeaderBytes;
    put_frame(FrameKind::kPadding, 0,
              std::string(position - this->position() - kFrameHeaderBytes, '\0'));
    paddings_.emplace_back(begin, bytes_.size());
  }
  void pad_to_end() { pad_to(info_.end()); }

  // The end of the last frame, as a position of the log.
  uint64_t position() const { return info_.start + (bytes_.size() - kLogBlockBytes); }
  const SegmentInfo& info() const { return info_; }
  const std::string& bytes() const { return bytes_; }
  // The sets of large values.
  const std::vector<SegmentValue>& values() const { return values_; }
  // Whether a checksum covers the byte at this offset. None covers what is behind the header in its
  // block, or behind the header of padding: zeros, to which nothing points.
  bool covers(uint64_t offset) const {
    if (offset >= kSegmentHeaderBytes && offset < kLogBlockBytes) return false;
    for (const auto& [begin, end] : paddings_) {
      if (offset >= begin && offset < end) return false;
    }
    return true;
  }
  ValueFileSummary summary() const {
    ValueFileSummary summary;
    summary.kind = ValueFileKind::kSegment;
    summary.file_number = info_.number;
    summary.file_bytes = kLogBlockBytes + info_.capacity;
    summary.record_count = values_.size();
    for (const SegmentValue& value : values_) summary.value_bytes += value.value.size();
    summary.file_checksum = segment_identity(bytes_.data());
    return summary;
  }
  // There must be no such file.
  void write_to(Env& env, const std::string& path) const {
    auto file = env.open_file(path, {.mode = OpenMode::kCreate});
    ASHLAR_CHECK(file.ok() && (*file)->write(0, bytes_).ok());
  }

 private:
  uint64_t frame_bytes() const { return kFrameHeaderBytes + operations_.size(); }
  void put_frame(FrameKind kind, uint32_t digest, const std::string& body) {
    FrameHeader header;
    header.length = static_cast<uint32_t>(kFrameHeaderBytes + body.size());
    header.kind = kind;
    header.sequence = sequence_;
    char front[kFrameHeaderBytes];
    encode_frame_header(header, digest, info_.generation, position(), front);
    bytes_.append(front, sizeof(front)).append(body);
  }

  const SegmentInfo info_;
  std::string bytes_;
  std::string operations_;  // of the commit at hand
  SequenceNumber sequence_ = 1;
  std::vector<SegmentValue> values_;
  std::vector<std::pair<uint64_t, uint64_t>> paddings_;  // offsets of their zeros
};

}  // namespace ashlar
