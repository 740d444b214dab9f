#include "wal/frame_source.h"

#include <algorithm>
#include <bit>

#include "base/try.h"
#include "wal/log_segment.h"

namespace ashlar {
namespace {

constexpr std::size_t kWindowBytes = 256 << 10;

}  // namespace

Result<std::unique_ptr<SegmentSource>> SegmentSource::open(Env& env, const std::string& folder,
                                                           const SegmentInfo& info) {
  ASHLAR_TRY_ASSIGN(std::unique_ptr<File> file,
                    env.open_file(segment_path(folder, info.number), {}));
  file->advise(0, kLogBlockBytes + info.capacity, File::Advice::kSequential);
  return std::make_unique<SegmentSource>(info, std::move(file));
}

Result<std::string_view> SegmentSource::read(uint64_t position, std::size_t bytes) {
  if (position < info_.start || position > info_.end() || bytes > info_.end() - position) {
    return std::string_view();
  }
  const bool in_window = position >= window_start_ && position - window_start_ <= window_.size() &&
                         bytes <= window_.size() - (position - window_start_);
  if (!in_window) {
    const std::size_t wanted =
        std::min<uint64_t>(std::max(bytes, kWindowBytes), info_.end() - position);
    window_.resize(wanted);
    if (wanted <= kWindowBytes) window_.shrink_to_fit();
    window_start_ = position;
    Status status = file_->read(info_.offset_of(position), window_.data(), wanted);
    if (!status.ok()) {
      window_.clear();
      return status;
    }
  }
  return std::string_view(window_).substr(position - window_start_, bytes);
}

std::string SegmentSource::place(uint64_t position) const {
  return path() + ": offset " + std::to_string(info_.offset_of(position)) + ": ";
}

Result<std::unique_ptr<RingSource>> RingSource::open(Env& env, const std::string& folder) {
  Result<std::unique_ptr<File>> file = env.open_file(join_path(folder, kLogRingName), {});
  if (file.status().is(StatusCode::kNotFound)) return std::unique_ptr<RingSource>();
  if (!file.ok()) return std::move(file).status();
  ASHLAR_TRY_ASSIGN(const uint64_t size, (*file)->size());
  if (size < kLogBlockBytes || !std::has_single_bit(size)) return std::unique_ptr<RingSource>();
  return std::unique_ptr<RingSource>(new RingSource(std::move(file).value(), size));
}

Result<std::string_view> RingSource::read(uint64_t position, std::size_t bytes) {
  if (bytes > size_) return std::string_view();
  buffer_.resize(bytes);
  const uint64_t offset = position & (size_ - 1);
  const std::size_t first = std::min<uint64_t>(bytes, size_ - offset);
  ASHLAR_TRY(file_->read(offset, buffer_.data(), first));
  if (first < bytes) ASHLAR_TRY(file_->read(0, buffer_.data() + first, bytes - first));
  return std::string_view(buffer_);
}

Result<std::optional<VerifiedFrame>> read_frame(FrameSource& source, uint64_t generation,
                                                uint64_t position, uint64_t end) {
  const std::optional<VerifiedFrame> none;
  ASHLAR_TRY_ASSIGN(std::string_view bytes, source.read(position, kFrameHeaderBytes));
  const std::optional<FrameHeader> header = decode_frame_header(bytes);
  if (!header || header->length > end - position) return none;
  VerifiedFrame frame{*header, {}};
  uint32_t digest = 0;
  if (header->kind == FrameKind::kCommit) {
    ASHLAR_TRY_ASSIGN(bytes, source.read(position, header->length));
    if (bytes.empty()) return none;
    frame.operations = bytes.substr(kFrameHeaderBytes);
    const Result<uint32_t> verified = verify_operations(frame.operations);
    if (!verified.ok()) return none;
    digest = *verified;
  }
  // A live writer may have changed the header between the two reads.
  if (decode_frame_header(bytes) != header ||
      !frame_verifies(bytes, digest, generation, position)) {
    return none;
  }
  return std::optional<VerifiedFrame>(frame);
}

}  // namespace ashlar
