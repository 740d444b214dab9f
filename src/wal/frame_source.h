// Where frames are read from: a segment file or the ring, both addressed by position of the log.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "env/env.h"
#include "wal/log_format.h"

namespace ashlar {

// A part of the log that can be read.
//
// Threads: one at a time.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  // The bytes at `position`, valid until the next call. Empty if the source does not reach so far.
  virtual Result<std::string_view> read(uint64_t position, std::size_t bytes) = 0;
};

// A segment file, read through a window of some 256 KB; of more only while a frame is larger.
class SegmentSource final : public FrameSource {
 public:
  SegmentSource(const SegmentInfo& info, std::unique_ptr<File> file)
      : info_(info), file_(std::move(file)) {}
  // kNotFound if the file is gone.
  static Result<std::unique_ptr<SegmentSource>> open(Env& env, const std::string& folder,
                                                     const SegmentInfo& info);
  Result<std::string_view> read(uint64_t position, std::size_t bytes) override;
  // Forgets the window, so that the next read sees the file as it is then.
  void forget() { window_.clear(); }

  const SegmentInfo& info() const { return info_; }
  const std::string& path() const { return file_->path(); }
  // "folder/000012.log: offset 4096: ", as messages about a position begin.
  std::string place(uint64_t position) const;

 private:
  const SegmentInfo info_;
  const std::unique_ptr<File> file_;
  std::string window_;
  uint64_t window_start_ = 0;  // position
};

// The ring file, read as a file, so that a read-only opener needs no mapping.
class RingSource final : public FrameSource {
 public:
  // None if there is no ring, or none of a sensible size, as a crash may have left it.
  static Result<std::unique_ptr<RingSource>> open(Env& env, const std::string& folder);
  Result<std::string_view> read(uint64_t position, std::size_t bytes) override;

 private:
  RingSource(std::unique_ptr<File> file, uint64_t size) : file_(std::move(file)), size_(size) {}

  const std::unique_ptr<File> file_;
  const uint64_t size_;
  std::string buffer_;
};

// A frame that verifies. `operations` points into the source.
struct VerifiedFrame {
  FrameHeader header;
  std::string_view operations;
};

// The frame of this generation at `position`, if there is one that verifies, its operations
// included, and that ends at or before `end`. Errors are those of reading.
Result<std::optional<VerifiedFrame>> read_frame(FrameSource& source, uint64_t generation,
                                                uint64_t position, uint64_t end);

}  // namespace ashlar
