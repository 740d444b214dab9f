#include "wal/log_reader.h"

#include <algorithm>
#include <optional>

#include "base/try.h"
#include "wal/frame_source.h"
#include "wal/log_segment.h"

namespace ashlar {
namespace {

// A segment and how far the log goes on in it: to its end, or to where a newer generation starts.
struct ChainLink {
  SegmentInfo info;
  uint64_t end = 0;
};

// What a live writer has taken away since it was listed is no damage.
Status busy_if_not_found(Status status) {
  if (!status.is(StatusCode::kNotFound)) return status;
  return Status::busy("removed while the log was read: " + std::string(status.message()));
}

Result<std::unique_ptr<SegmentSource>> open_listed(Env& env, const std::string& folder,
                                                   const SegmentInfo& info) {
  Result<std::unique_ptr<SegmentSource>> opened = SegmentSource::open(env, folder, info);
  if (!opened.ok()) return busy_if_not_found(std::move(opened).status());
  return opened;
}

// One replay.
//
// Invariant: [LOG-8] segments follow one another by number. Of two of one generation with the same
//            start, the later counts: the other was never used. Where a generation starts, the one
//            before it ended in the block before, and what it has at or behind that start is void.
class Replay {
 public:
  Replay(Env& env, const std::string& folder, uint64_t from,
         const std::function<Status(const LogFrame&)>& visit)
      : env_(env), folder_(folder), from_(from), visit_(visit) {}

  Result<LogEnd> run() {
    const Result<SegmentListing> before = list_segments(env_, folder_);
    Result<LogEnd> end = before.ok() ? run(*before) : before.status();
    if (end.ok() || !end.status().is(StatusCode::kCorruption)) return end;
    // Damage, unless a live writer made, removed or reused a segment under this reader.
    const Result<SegmentListing> now = list_segments(env_, folder_);
    const bool unchanged = before.ok() ? now.ok() && *now == *before : !now.ok();
    if (unchanged) return end;
    return Status::busy("the log changed while it was read: " +
                        std::string(end.status().message()));
  }

 private:
  Result<LogEnd> run(const SegmentListing& listing) {
    end_.leftovers = listing.blank;
    ASHLAR_TRY(make_chain(listing.segments));
    ASHLAR_TRY_ASSIGN(ring_, RingSource::open(env_, folder_));
    ASHLAR_TRY(walk());
    ASHLAR_TRY(check_blank_segments(listing.blank));
    for (std::size_t i = 0; i < chain_.size(); ++i) {
      if (i <= last_link_) {
        end_.segments.push_back(chain_[i].info);
      } else {
        end_.leftovers.push_back(chain_[i].info.number);
      }
    }
    return std::move(end_);
  }

  Status make_chain(const std::vector<SegmentInfo>& segments);
  Status check_chain() const;
  Status walk();
  Status walk_link(std::size_t index, bool* ended);
  Status enter_generation(const SegmentInfo& info);
  Status take(const VerifiedFrame& frame, bool from_ring, const SegmentSource& source);
  Result<std::optional<VerifiedFrame>> find_frame(SegmentSource& source, uint64_t end,
                                                  bool* from_ring);
  Status check_end_of_log(std::size_t index, SegmentSource& source);
  Result<bool> proves_durable(FrameSource& source, const SegmentInfo& info, uint64_t border,
                              bool later_segment);
  Status check_blank_segments(const std::vector<uint64_t>& blank);

  uint64_t newest_generation() const { return chain_.back().info.generation; }
  std::string file_name(const SegmentInfo& info) const {
    return segment_path(folder_, info.number);
  }

  Env& env_;
  const std::string& folder_;
  const uint64_t from_;
  const std::function<Status(const LogFrame&)>& visit_;
  std::unique_ptr<RingSource> ring_;
  std::vector<ChainLink> chain_;
  LogEnd end_;
  bool sequence_known_ = false;  // end_.last_sequence is that of the frame before the next one
  std::size_t last_link_ = 0;
};

// Keeps the segments that make up the log from `from` on [LOG-8].
Status Replay::make_chain(const std::vector<SegmentInfo>& segments) {
  uint64_t newer_start = UINT64_MAX;       // of the generations behind the one looked at
  const SegmentInfo* following = nullptr;  // the one behind, in use or not
  for (auto it = segments.rbegin(); it != segments.rend(); ++it) {
    const bool same = following != nullptr && following->generation == it->generation;
    if (following != nullptr && !same) newer_start = std::min(newer_start, following->start);
    const bool superseded = same && following->start == it->start;
    const bool is_void = it->start >= newer_start || superseded;
    const ChainLink link{*it, std::min(it->end(), newer_start)};
    const bool before_from = !chain_.empty() && link.end <= from_;
    if (is_void || before_from) {
      end_.leftovers.push_back(it->number);
    } else {
      chain_.push_back(link);
    }
    following = &*it;
  }
  std::reverse(chain_.begin(), chain_.end());
  return check_chain();
}

Status Replay::check_chain() const {
  if (chain_.empty()) {
    return Status::corruption(folder_ + ": the log segment with position " + std::to_string(from_) +
                              " is missing");
  }
  if (from_ < chain_.front().info.start || from_ > chain_.back().end) {
    return Status::corruption(file_name(chain_.front().info) +
                              ": offset 32: the log segment with position " +
                              std::to_string(from_) + " is missing");
  }
  for (std::size_t i = 1; i < chain_.size(); ++i) {
    if (chain_[i].info.start == chain_[i - 1].end) continue;
    return Status::corruption(file_name(chain_[i].info) +
                              ": offset 32: the log segment before it is missing, position " +
                              std::to_string(chain_[i - 1].end));
  }
  return {};
}

Status Replay::walk() {
  end_.position = from_;
  bool ended = false;
  for (std::size_t i = 0; i < chain_.size() && !ended; ++i) {
    last_link_ = i;
    if (i == 0 || chain_[i].info.generation != chain_[i - 1].info.generation) {
      ASHLAR_TRY(enter_generation(chain_[i].info));
    }
    ASHLAR_TRY(walk_link(i, &ended));
  }
  return {};
}

// The first segment of a generation says with which sequence it begins.
Status Replay::enter_generation(const SegmentInfo& info) {
  const SequenceNumber before = info.first_sequence == 0 ? 0 : info.first_sequence - 1;
  if (before < end_.last_sequence) {
    return Status::corruption(file_name(info) + ": offset 40: sequence " +
                              std::to_string(info.first_sequence) + " follows " +
                              std::to_string(end_.last_sequence));
  }
  end_.last_sequence = before;
  sequence_known_ = last_link_ > 0;
  return {};
}

Status Replay::walk_link(std::size_t index, bool* ended) {
  const ChainLink& link = chain_[index];
  ASHLAR_TRY_ASSIGN(const std::unique_ptr<SegmentSource> opened,
                    open_listed(env_, folder_, link.info));
  SegmentSource& source = *opened;
  while (end_.position < link.end) {
    bool from_ring = false;
    ASHLAR_TRY_ASSIGN(const std::optional<VerifiedFrame> frame,
                      find_frame(source, link.end, &from_ring));
    if (frame) {
      ASHLAR_TRY(take(*frame, from_ring, source));
      continue;
    }
    if (link.info.generation == newest_generation()) {
      *ended = true;
      return check_end_of_log(index, source);
    }
    // The end of an incarnation that was not the last [LOG-8].
    const bool next_generation_follows =
        index + 1 < chain_.size() && chain_[index + 1].info.generation != link.info.generation &&
        log_block_up(end_.position) == link.end;
    if (!next_generation_follows) {
      return Status::corruption(source.place(end_.position) + "frame does not verify");  // [LOG-5]
    }
    end_.position = link.end;
  }
  return {};
}

Result<std::optional<VerifiedFrame>> Replay::find_frame(SegmentSource& source, uint64_t end,
                                                        bool* from_ring) {
  const uint64_t generation = source.info().generation;
  ASHLAR_TRY_ASSIGN(std::optional<VerifiedFrame> frame,
                    read_frame(source, generation, end_.position, end));
  if (frame || generation != newest_generation()) return frame;
  if (ring_) {
    ASHLAR_TRY_ASSIGN(frame, read_frame(*ring_, generation, end_.position, end));
    *from_ring = frame.has_value();
    if (frame) return frame;
  }
  // A live writer may have moved it from the ring to the segment in the meantime.
  source.forget();
  return read_frame(source, generation, end_.position, end);
}

Status Replay::take(const VerifiedFrame& frame, bool from_ring, const SegmentSource& source) {
  const FrameHeader& header = frame.header;
  const bool is_commit = header.kind == FrameKind::kCommit;
  const SequenceNumber expected = end_.last_sequence + (is_commit ? 1 : 0);
  const bool follows = sequence_known_ ? header.sequence == expected : header.sequence >= expected;
  if (!follows) {
    return Status::corruption(source.place(end_.position) + "sequence " +
                              std::to_string(header.sequence) + " follows " +
                              std::to_string(end_.last_sequence));  // [LOG-2]
  }
  if (is_commit) {
    ASHLAR_TRY(visit_({end_.position, header.sequence, frame.operations, from_ring}));
  }
  sequence_known_ = true;
  end_.last_sequence = header.sequence;
  if (from_ring) {
    end_.ring_bytes_used += header.length;
    if (end_.ring_ranges.empty() || end_.ring_ranges.back().end != end_.position) {
      end_.ring_ranges.push_back({end_.position, end_.position});
    }
    end_.ring_ranges.back().end += header.length;
  }
  end_.position += header.length;
  return {};
}

// No frame verifies at end_.position, in the newest generation: is that the end, or damage?
Status Replay::check_end_of_log(std::size_t index, SegmentSource& source) {
  bool damaged = false;
  for (std::size_t i = index; i < chain_.size() && !damaged; ++i) {
    const SegmentInfo& info = chain_[i].info;
    ASHLAR_TRY_ASSIGN(const std::unique_ptr<SegmentSource> segment,
                      open_listed(env_, folder_, info));
    uint64_t border = i == index ? log_block_down(end_.position) + kLogBlockBytes : info.start;
    for (; border < info.end() && !damaged; border += kLogBlockBytes) {
      ASHLAR_TRY_ASSIGN(damaged, proves_durable(*segment, info, border, i > index));
      if (damaged || !ring_) continue;
      ASHLAR_TRY_ASSIGN(damaged, proves_durable(*ring_, info, border, false));
    }
  }
  if (!damaged) return {};
  source.forget();
  ASHLAR_TRY_ASSIGN(
      const std::optional<VerifiedFrame> now,
      read_frame(source, source.info().generation, end_.position, source.info().end()));
  if (now) return Status::busy("the log grew while it was read");
  return Status::corruption(source.place(end_.position) + "frame does not verify");  // [LOG-5]
}

// Whether a frame at `border` shows that the log was durable at end_.position. Segments are written
// in order, so that any frame in a later one does.
Result<bool> Replay::proves_durable(FrameSource& source, const SegmentInfo& info, uint64_t border,
                                    bool later_segment) {
  ASHLAR_TRY_ASSIGN(const std::string_view bytes, source.read(border, kFrameHeaderBytes));
  const std::optional<FrameHeader> header = decode_frame_header(bytes);
  // Spares the reading of most frames that old contents of the file seem to have.
  if (!header || header->sequence < end_.last_sequence) return false;
  if (!later_segment && border - header->unsynced <= end_.position) return false;
  ASHLAR_TRY_ASSIGN(const std::optional<VerifiedFrame> frame,
                    read_frame(source, info.generation, border, info.end()));
  return frame.has_value();
}

// A segment behind the last one whose header is gone, though the log went on in it [LOG-4].
Status Replay::check_blank_segments(const std::vector<uint64_t>& blank) {
  const SegmentInfo& newest = chain_.back().info;
  if (end_.position != newest.end()) return {};
  for (const uint64_t number : blank) {
    if (number < newest.number) continue;
    const Result<std::unique_ptr<File>> file =
        env_.open_file(segment_path(folder_, number), {});
    if (!file.ok()) return busy_if_not_found(file.status());
    ASHLAR_TRY_ASSIGN(const uint64_t bytes, (*file)->size());
    if (bytes <= kLogBlockBytes || bytes % kLogBlockBytes != 0) continue;
    SegmentInfo as_next = newest;
    as_next.number = number;
    as_next.start = newest.end();
    as_next.capacity = bytes - kLogBlockBytes;
    ASHLAR_TRY_ASSIGN(const std::unique_ptr<SegmentSource> source,
                      open_listed(env_, folder_, as_next));
    ASHLAR_TRY_ASSIGN(const std::optional<VerifiedFrame> frame,
                      read_frame(*source, newest.generation, as_next.start, as_next.end()));
    if (frame) return Status::corruption(source->path() + ": offset 0: the header is gone");
  }
  return {};
}

// Copies the part of `range` that lies in the segment from the ring to it, block by block.
Status copy_from_ring(RingSource& ring, const LogRange& range, const SegmentInfo& info,
                      File* file) {
  const uint64_t end = std::min(range.end, info.end());
  uint64_t position = std::max(range.start, info.start);
  while (position < end) {
    const uint64_t next = std::min(log_block_down(position) + kLogBlockBytes, end);
    ASHLAR_TRY_ASSIGN(const std::string_view bytes, ring.read(position, next - position));
    ASHLAR_TRY(file->write(info.offset_of(position), bytes));
    position = next;
  }
  return {};
}

}  // namespace

Result<LogEnd> replay_log(Env& env, const std::string& folder, uint64_t from,
                          const std::function<Status(const LogFrame&)>& visit) {
  return Replay(env, folder, from, visit).run();
}

Status complete_newest_segment(Env& env, const std::string& folder, const LogEnd& end) {
  if (end.segments.empty()) return {};
  std::unique_ptr<RingSource> ring;
  if (!end.ring_ranges.empty()) {
    ASHLAR_TRY_ASSIGN(ring, RingSource::open(env, folder));
    if (!ring) return Status::corruption(join_path(folder, kLogRingName) + ": is missing");
  }
  for (const SegmentInfo& info : end.segments) {
    if (info.generation != end.segments.back().generation) continue;
    ASHLAR_TRY_ASSIGN(
        const std::unique_ptr<File> file,
        env.open_file(segment_path(folder, info.number), {.mode = OpenMode::kReadWrite}));
    for (const LogRange& range : end.ring_ranges) {
      ASHLAR_TRY(copy_from_ring(*ring, range, info, file.get()));
    }
    // The rest of the last block: whatever is there must not look like a continuation.
    const uint64_t border = log_block_up(end.position);
    const bool ends_here = end.position > info.start && end.position < info.end();
    if (ends_here && !end.ring_ranges.empty() && end.ring_ranges.back().end == end.position) {
      const std::string zeros(border - end.position, '\0');
      ASHLAR_TRY(file->write(info.offset_of(end.position), zeros));
    }
    // Even if nothing was copied: the last write may have been cut short before it was durable.
    ASHLAR_TRY(file->sync());
  }
  return {};
}

}  // namespace ashlar
