#include "care/log_salvage.h"

#include <algorithm>
#include <memory>

#include "base/try.h"
#include "wal/frame_source.h"
#include "wal/log_reader.h"
#include "wal/log_segment.h"

namespace ashlar {
namespace {

using Visit = std::function<Status(SequenceNumber, std::string_view)>;

constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

// A segment as a whole in memory, with zeros for what can't be read.
class SegmentImage final : public FrameSource {
 public:
  SegmentImage(const File& file, const SegmentInfo& info)
      : info_(info), there_(std::min(file.size().value_or(0), kLogBlockBytes + info.capacity)) {
    bytes_.resize(info.capacity);
    for (uint64_t at = kLogBlockBytes; at < there_; at += kPieceBytes) {
      read_piece(file, at, std::min<uint64_t>(kPieceBytes, there_ - at));
    }
  }
  // Whether the file ends too early, and there was something from `position` up to its end.
  bool is_cut_behind(uint64_t position) const {
    if (there_ == kLogBlockBytes + info_.capacity) return false;
    const uint64_t left =
        there_ > info_.offset_of(position) ? there_ - info_.offset_of(position) : 0;
    const std::string_view rest = std::string_view(bytes_).substr(position - info_.start, left);
    return left == 0 || rest.find_first_not_of('\0') != std::string_view::npos;
  }
  Result<std::string_view> read(uint64_t position, std::size_t bytes) override {
    if (position < info_.start || position > info_.end() || bytes > info_.end() - position) {
      return std::string_view();
    }
    return std::string_view(bytes_).substr(position - info_.start, bytes);
  }

 private:
  void read_piece(const File& file, uint64_t offset, uint64_t bytes) {
    char* const to = bytes_.data() + (offset - kLogBlockBytes);
    if (file.read(offset, to, bytes).ok()) return;
    for (uint64_t at = 0; at < bytes; at += kLogBlockBytes) {
      const uint64_t block = std::min(kLogBlockBytes, bytes - at);
      if (!file.read(offset + at, to + at, block).ok()) std::fill_n(to + at, block, '\0');
    }
  }

  const SegmentInfo info_;
  const uint64_t there_;  // bytes of the file that count
  std::string bytes_;
};

// A segment and how far the log goes on in it.
struct Link {
  SegmentInfo info;
  uint64_t end = 0;
};

// A segment file whose header can't be read.
struct Headless {
  uint64_t number = 0;
  uint64_t bytes = 0;
};

// Nothing if the header is not that of segment `number`; *blank if it is zeros.
std::optional<SegmentInfo> read_info(const File& file, uint64_t number, bool* blank) {
  char bytes[kSegmentHeaderBytes] = {};
  if (!file.read(0, bytes, sizeof(bytes)).ok()) return std::nullopt;
  *blank = std::all_of(bytes, bytes + sizeof(bytes), [](char c) { return c == 0; });
  const auto header = decode_segment_header(std::string_view(bytes, sizeof(bytes)));
  if (!header.ok() || header->info.number != number) return std::nullopt;
  return header->info;
}

// One reading of a damaged log.
class Salvage {
 public:
  Salvage(Env& env, const std::string& folder, std::optional<uint64_t> from, uint64_t synced,
          SequenceNumber last_in_tables, const Visit& visit)
      : env_(env), folder_(folder), from_(from), synced_(synced), visit_(visit) {
    log_.last_sequence = last_in_tables;
    known_ = from_.has_value();
  }

  Result<SalvagedLog> run() {
    ASHLAR_TRY(list());
    find_headless();
    make_chain();
    if (auto ring = RingSource::open(env_, folder_); ring.ok()) ring_ = std::move(*ring);
    ASHLAR_TRY(walk());
    return std::move(log_);
  }

 private:
  Status list();
  void find_headless();
  bool belongs(const SegmentInfo& info) const;
  void make_chain();
  Status walk();
  Status walk_link(const Link& link, SegmentImage& image);
  bool read(SegmentImage& image, const Link& link, uint64_t position, VerifiedFrame* frame);
  bool find_behind(SegmentImage& image, const Link& link, VerifiedFrame* frame);
  Status take(const VerifiedFrame& frame);
  void open_hole(const std::string& file, uint64_t offset, std::string reason,
                 std::optional<uint64_t> position = std::nullopt);
  void close_hole(SequenceNumber next);

  Env& env_;
  const std::string& folder_;
  const std::optional<uint64_t> from_;
  const uint64_t synced_;
  const Visit& visit_;
  std::vector<SegmentInfo> segments_;  // by number
  std::vector<Headless> headless_;
  std::vector<Link> chain_;
  std::unique_ptr<RingSource> ring_;
  uint64_t position_ = 0;
  // Before position_; whether commits are missing in it is known when the next frame is found.
  std::optional<LogHole> hole_;
  uint64_t hole_position_ = 0;
  bool hole_certain_ = false;  // a segment is missing, and not only a frame
  bool known_ = false;         // log_.last_sequence is that of the commit before position_
  SalvagedLog log_;
};

Status Salvage::list() {
  ASHLAR_TRY_ASSIGN(const auto entries, env_.list(folder_));
  for (const DirectoryEntry& entry : entries) {
    const auto number = parse_segment_name(entry.name);
    if (!number || entry.is_directory) continue;
    const auto file = env_.open_file(join_path(folder_, entry.name), {});
    if (!file.ok()) continue;
    bool blank = false;
    if (const auto info = read_info(**file, *number, &blank)) {
      segments_.push_back(*info);
      continue;
    }
    headless_.push_back({*number, (*file)->size().value_or(0)});
    if (blank) continue;  // never used, as it seems
    log_.holes.push_back({(*file)->path(), 0, 0, 0, "the segment's header is damaged"});
  }
  std::sort(segments_.begin(), segments_.end(),
            [](const SegmentInfo& a, const SegmentInfo& b) { return a.number < b.number; });
  return {};
}

// A segment without a header goes on where one before it ends, or ends where one behind it begins.
void Salvage::find_headless() {
  for (const Headless& each : headless_) {
    if (each.bytes <= kLogBlockBytes || each.bytes % kLogBlockBytes != 0) continue;
    SegmentInfo as{each.number, 0, 0, each.bytes - kLogBlockBytes, 0};
    bool found = false;
    for (std::size_t i = 0; i < segments_.size() && !found; ++i) {
      as.generation = segments_[i].generation;
      as.start = segments_[i].end();
      found = segments_[i].number < as.number && belongs(as);
      if (found || segments_[i].number < as.number || segments_[i].start < as.capacity) continue;
      as.start = segments_[i].start - as.capacity;
      found = belongs(as);
    }
    if (!found) continue;
    std::erase_if(log_.holes, [&](const LogHole& hole) {
      return hole.file == segment_path(folder_, each.number);
    });
    segments_.insert(std::upper_bound(segments_.begin(), segments_.end(), as,
                                      [](const SegmentInfo& a, const SegmentInfo& b) {
                                        return a.number < b.number;
                                      }),
                     as);
  }
}

bool Salvage::belongs(const SegmentInfo& info) const {
  const auto file = env_.open_file(segment_path(folder_, info.number), {});
  if (!file.ok()) return false;
  SegmentImage image(**file, info);
  const auto frame = read_frame(image, info.generation, info.start, info.end());
  return frame.ok() && *frame;
}

// [LOG-8], as a replay does it, but with what is there.
void Salvage::make_chain() {
  uint64_t newer_start = UINT64_MAX;
  const SegmentInfo* following = nullptr;
  for (auto it = segments_.rbegin(); it != segments_.rend(); ++it) {
    const bool same = following != nullptr && following->generation == it->generation;
    if (following != nullptr && !same) newer_start = std::min(newer_start, following->start);
    const bool superseded = same && following->start == it->start;
    const Link link{*it, std::min(it->end(), newer_start)};
    const bool before_from = from_ && !chain_.empty() && link.end <= *from_;
    if (it->start < newer_start && !superseded && !before_from) chain_.push_back(link);
    following = &*it;
  }
  std::reverse(chain_.begin(), chain_.end());
}

Status Salvage::walk() {
  position_ = from_.value_or(chain_.empty() ? 0 : chain_.front().info.start);
  for (const Link& link : chain_) {
    if (position_ >= link.end) continue;
    if (link.info.start > position_) {
      if (&link == &chain_.front()) log_.start_missing = true;
      open_hole(segment_path(folder_, link.info.number), 0, "the log segment before it is missing");
      hole_certain_ = true;
      position_ = link.info.start;
    }
    const auto file = env_.open_file(segment_path(folder_, link.info.number), {});
    if (!file.ok()) {
      open_hole(segment_path(folder_, link.info.number), 0, std::string(file.status().message()));
      hole_certain_ = true;
      position_ = link.end;
      continue;
    }
    SegmentImage image(**file, link.info);
    ASHLAR_TRY(walk_link(link, image));
  }
  // Every log has a segment with its end.
  if (from_ && (chain_.empty() || *from_ > chain_.back().end)) {
    log_.start_missing = true;
    open_hole(folder_, 0,
              "the log segment with position " + std::to_string(*from_) + " is missing");
    close_hole(0);
    return {};
  }
  // At its end the log lacks nothing unless it is known to have gone on.
  open_hole(folder_, 0, "the log has been cut off");
  if (hole_certain_ || hole_position_ < synced_) close_hole(0);
  return {};
}

Status Salvage::walk_link(const Link& link, SegmentImage& image) {
  while (position_ < link.end) {
    VerifiedFrame frame;
    if (!read(image, link, position_, &frame)) {
      const uint64_t stopped = position_;
      const bool found = find_behind(image, link, &frame);
      const bool generation_ends =
          !found && log_block_up(stopped) == link.end && link.end < link.info.end();
      if (!generation_ends) {
        open_hole(segment_path(folder_, link.info.number), link.info.offset_of(stopped),
                  "a frame does not verify", stopped);
      }
      if (!found) {
        // The log may end here: what lies in later segments can tell.
        hole_certain_ = hole_certain_ || (hole_ && image.is_cut_behind(stopped));
        position_ = link.end;
        return {};
      }
    }
    ASHLAR_TRY(take(frame));
  }
  return {};
}

bool Salvage::read(SegmentImage& image, const Link& link, uint64_t position, VerifiedFrame* frame) {
  const auto from_segment = read_frame(image, link.info.generation, position, link.end);
  if (from_segment.ok() && *from_segment) {
    *frame = **from_segment;
    return true;
  }
  if (!ring_ || link.info.generation != chain_.back().info.generation) return false;
  const auto from_ring = read_frame(*ring_, link.info.generation, position, link.end);
  if (!from_ring.ok() || !*from_ring) return false;
  *frame = **from_ring;
  return true;
}

// The first frame that verifies behind position_, in the segment; moves position_ to it.
bool Salvage::find_behind(SegmentImage& image, const Link& link, VerifiedFrame* frame) {
  for (uint64_t at = position_ + 1; at + kFrameHeaderBytes <= link.end; ++at) {
    const auto header = decode_frame_header(*image.read(at, kFrameHeaderBytes));
    if (!header || header->sequence < log_.last_sequence) continue;
    const auto found = read_frame(image, link.info.generation, at, link.end);
    if (!found.ok() || !*found) continue;
    *frame = **found;
    position_ = at;
    return true;
  }
  return false;
}

Status Salvage::take(const VerifiedFrame& frame) {
  position_ += frame.header.length;
  const SequenceNumber sequence = frame.header.sequence;
  const bool is_commit = frame.header.kind == FrameKind::kCommit;
  if (hole_) close_hole(is_commit ? sequence : sequence + 1);
  const bool known = known_ && sequence <= log_.last_sequence;
  known_ = true;
  log_.last_sequence = std::max(log_.last_sequence, sequence);
  if (!is_commit || known) return {};
  if (log_.commits++ == 0) log_.first_sequence = sequence;
  return visit_(sequence, frame.operations);
}

void Salvage::open_hole(const std::string& file, uint64_t offset, std::string reason,
                        std::optional<uint64_t> position) {
  if (hole_) return;
  hole_ = LogHole{file, offset, known_ ? log_.last_sequence + 1 : 0, 0, std::move(reason)};
  hole_position_ = position.value_or(position_);
}

// `next`: the first commit behind the hole; 0 if there is none.
void Salvage::close_hole(SequenceNumber next) {
  if (next != 0) hole_->last = next - 1;
  // Padding may be lost without loss.
  const bool nothing_lost = hole_->first != 0 && next == hole_->first;
  if (!nothing_lost) log_.holes.push_back(*hole_);
  hole_.reset();
  hole_certain_ = false;
}

}  // namespace

Result<SalvagedLog> salvage_log(Env& env, const std::string& folder, std::optional<uint64_t> from,
                                uint64_t synced, SequenceNumber last_in_tables,
                                const Visit& visit) {
  if (from) {
    const auto sound = replay_log(env, folder, *from, [](const LogFrame&) { return Status(); });
    if (sound.ok() && sound->position >= synced) {
      SalvagedLog log;
      ASHLAR_TRY(replay_log(env, folder, *from, [&](const LogFrame& frame) {
                   if (log.commits++ == 0) log.first_sequence = frame.sequence;
                   log.last_sequence = frame.sequence;
                   return visit(frame.sequence, frame.operations);
                 }).status());
      return log;
    }
  }
  return Salvage(env, folder, from, synced, last_in_tables, visit).run();
}

}  // namespace ashlar
