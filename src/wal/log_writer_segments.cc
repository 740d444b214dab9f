// The files of the log: making them ahead of need, keeping spares and a reserve, giving them up.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "base/mutants.h"
#include "base/try.h"
#include "wal/log_segment.h"
#include "wal/log_writer.h"

namespace ashlar {

const LogWriter::Segment* LogWriter::segment_at(uint64_t position) const {
  const std::lock_guard lock(segments_mutex_);
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
    if (position >= (*segment)->info.start) {
      ASHLAR_CHECK(position < (*segment)->info.end() && (*segment)->file != nullptr);
      // Stays: release() takes none whose end is not durable.
      return segment->get();
    }
  }
  ASHLAR_CHECK(false);
}

bool LogWriter::wants_next_segment() {
  const std::lock_guard lock(append_mutex_);
  const uint64_t left = segment_end_ - tail_.load(std::memory_order_relaxed);
  // Early, as a busy file system may take as long to make one as writers to fill one.
  return next_segment_end_ == 0 && (in_reserve_ || left <= new_segment_bytes() / 8 * 7);
}

bool LogWriter::in_reserve() {
  const std::lock_guard lock(append_mutex_);
  return in_reserve_;
}

// Makes the segment behind the current one, or makes it anew if it is too small. A spare will do, and
// on a full disk one that is as short as may be.
Status LogWriter::prepare_next_segment(uint64_t minimum_capacity) {
  const std::lock_guard prepare_lock(prepare_mutex_);
  SegmentInfo info{0, generation_, 0, minimum_capacity, 0};
  bool replaces = false;
  {
    const std::lock_guard lock(append_mutex_);
    info.start = segment_end_;
    info.first_sequence = last_sequence_ + 1;
    replaces = next_segment_end_ != 0;
    if (replaces && next_segment_end_ - info.start >= minimum_capacity) return {};
  }
  info.number = new_file_number_();
  if (!has_spare(minimum_capacity)) {
    info.capacity = std::max(minimum_capacity, new_segment_bytes());
  }
  Result<std::unique_ptr<File>> file = make_segment_file(info);
  if (file.status().is(StatusCode::kNoSpace) && info.capacity > minimum_capacity) {
    info.capacity = minimum_capacity;
    info.number = new_file_number_();
    file = make_segment_file(info);
  }
  if (may_succeed_later(file.status())) return std::move(file).status();
  if (!file.ok()) return fail(std::move(file).status());

  add_prepared(info, std::move(file).value(), replaces, false);
  return {};
}

// Takes the segment that was made behind the current one, in place of another that is too small.
void LogWriter::add_prepared(const SegmentInfo& info, std::unique_ptr<File> file, bool replaces,
                             bool from_reserve) {
  auto segment = std::make_unique<Segment>(Segment{info, std::move(file)});
  uint64_t replaced = 0;
  {
    const std::lock_guard lock(segments_mutex_);
    if (replaces) {
      replaced = segments_.back()->info.number;
      segments_.back() = std::move(segment);
    } else {
      segments_.push_back(std::move(segment));
    }
  }
  if (replaces) remove_segment(replaced);
  const std::lock_guard lock(append_mutex_);
  next_segment_end_ = info.end();
  next_is_reserve_ = from_reserve;
  // Writers may fill what is left of the reserve, as there is room behind it.
  if (!from_reserve) in_reserve_ = false;
}

// [LOG-9] Makes the reserve the next segment. kNoSpace if there is none, or it is too small.
Status LogWriter::prepare_from_reserve(uint64_t frame_bytes) {
  const std::lock_guard prepare_lock(prepare_mutex_);
  SegmentInfo info{0, generation_, 0, reserve_bytes(), 0};
  {
    const std::lock_guard lock(append_mutex_);
    info.start = segment_end_;
    info.first_sequence = last_sequence_ + 1;
    if (next_segment_end_ != 0 || !frame_fits(info.start, frame_bytes, info.end())) {
      return Status::no_space("the log's reserve is of no use");
    }
  }
  uint64_t reserve = 0;
  {
    const std::lock_guard lock(segments_mutex_);
    reserve = std::exchange(reserve_, 0);
  }
  if (reserve == 0) return Status::no_space("the log's reserve is used up");
  info.number = new_file_number_();
  Result<std::unique_ptr<File>> file = reuse_segment(env_, folder_, reserve, info);
  if (!file.ok()) {
    remove_segment(reserve);
    remove_segment(info.number);
    return std::move(file).status();
  }
  add_prepared(info, std::move(file).value(), false, true);
  return {};
}

// Makes the ballast and the reserve if there are none. What keeps them from being made is met by the
// next who needs room, so that errors are of no interest here.
void LogWriter::keep_reserve() {
  const std::lock_guard prepare_lock(prepare_mutex_);
  if (!keep_ballast().ok() || in_reserve()) return;  // segments come before the reserve
  static_cast<void>(keep_blank(&reserve_, reserve_bytes()));
}

// [LOG-10] To be called under prepare_mutex_. Not ok: nothing else may take room.
Status LogWriter::keep_ballast() {
  if (options_.ballast_bytes == 0) return {};
  if (ballast_is_lent_) return Status::no_space(folder_ + ": a flush needs what room there is");
  return keep_blank(&ballast_, options_.ballast_bytes);
}

// Under prepare_mutex_.
Status LogWriter::keep_blank(uint64_t* number, uint64_t bytes) {
  {
    const std::lock_guard lock(segments_mutex_);
    if (*number != 0) return {};
  }
  const uint64_t fresh = new_file_number_();
  ASHLAR_TRY(create_blank_segment(env_, folder_, fresh, bytes));
  const std::lock_guard lock(segments_mutex_);
  *number = fresh;
  return {};
}

bool LogWriter::drop_spares() {
  std::vector<uint64_t> dropped;
  {
    const std::lock_guard lock(segments_mutex_);
    dropped.swap(spares_);
  }
  for (const uint64_t number : dropped) remove_segment(number);
  return !dropped.empty();
}

void LogWriter::drop_next_segment() {
  const std::lock_guard prepare_lock(prepare_mutex_);
  uint64_t number = 0;
  {
    const std::lock_guard segments_lock(segments_mutex_);
    const std::lock_guard lock(append_mutex_);
    // One append_slowly() may have made it a moment ago, and be about to enter it.
    if (next_segment_end_ == 0 || next_is_reserve_ || exclusive_) return;
    next_segment_end_ = 0;
    number = segments_.back()->info.number;
    segments_.pop_back();
  }
  remove_segment(number);
}

bool LogWriter::lend_ballast() {
  const bool dropped = drop_spares();
  const std::lock_guard prepare_lock(prepare_mutex_);
  uint64_t number = 0;
  {
    const std::lock_guard lock(segments_mutex_);
    number = std::exchange(ballast_, 0);
  }
  if (number == 0 && !dropped) return false;
  ballast_is_lent_ = true;
  if (number != 0) remove_segment(number);
  return true;
}

void LogWriter::take_back_ballast() {
  {
    const std::lock_guard prepare_lock(prepare_mutex_);
    ballast_is_lent_ = false;
  }
  keep_reserve();
}

bool LogWriter::has_spare(uint64_t capacity) const {
  const std::lock_guard lock(segments_mutex_);
  return capacity == options_.segment_bytes && !spares_.empty();
}

Result<std::unique_ptr<File>> LogWriter::make_segment_file(const SegmentInfo& info) {
  uint64_t spare = 0;
  bool have_spare = false;
  {
    const std::lock_guard lock(segments_mutex_);
    have_spare = info.capacity == options_.segment_bytes && !spares_.empty();
    if (have_spare) {
      spare = spares_.back();
      spares_.pop_back();
    }
  }
  if (!have_spare) {
    ASHLAR_TRY(keep_ballast());
    return create_segment(env_, folder_, info, options_.prewrite);
  }
  Result<std::unique_ptr<File>> reused = reuse_segment(env_, folder_, spare, info);
  if (!reused.ok()) {
    remove_segment(spare);
    remove_segment(info.number);
  }
  return reused;
}

// Removes the file, now or with a later release().
void LogWriter::remove_segment(uint64_t number) {
  const Status removed = env_.remove(segment_path(folder_, number));
  const std::lock_guard lock(segments_mutex_);
  if (removed.ok() || removed.is(StatusCode::kNotFound)) {
    shared_.erase(number);
  } else {
    unremoved_.push_back(number);
  }
}

Status LogWriter::release(uint64_t position) {
  std::vector<uint64_t> unremoved;
  {
    const std::lock_guard lock(segments_mutex_);
    unremoved.swap(unremoved_);
  }
  for (const uint64_t number : unremoved) remove_segment(number);
  if (archive_) ASHLAR_TRY(archive_released(position));
  for (const SegmentInfo& info : take_released(position)) {
    if (!keep_as_spare(info)) remove_segment(info.number);
  }
  keep_reserve();  // before new segments take the room
  const std::lock_guard lock(segments_mutex_);
  if (unremoved_.empty()) return {};
  return Status::io_error(segment_path(folder_, unremoved_.front()) + ": can't be removed");
}

Status LogWriter::archive_released(uint64_t position) {
  std::vector<uint64_t> waiting;
  {
    const std::lock_guard lock(segments_mutex_);
    waiting.swap(unarchived_);
  }
  for (const SegmentInfo& info : take_released(position)) waiting.push_back(info.number);
  Status first;
  for (const uint64_t number : waiting) {
    Status archived = archive_(segment_path(folder_, number));
    if (archived.ok()) {
      remove_segment(number);
      continue;
    }
    if (first.ok()) first = std::move(archived);
    const std::lock_guard lock(segments_mutex_);
    unarchived_.push_back(number);
  }
  return first;
}

std::vector<SegmentInfo> LogWriter::take_released(uint64_t position) {
  const uint64_t limit = std::min(position, durable());
  std::vector<SegmentInfo> released;
  const std::lock_guard lock(segments_mutex_);
  // What a segment holds ends where the next begins, even if it had room for more.
  while (segments_.size() > 1 && segments_[1]->info.start <= limit) {
    released.push_back(segments_.front()->info);
    segments_.erase(segments_.begin());
  }
  return released;
}

std::vector<SegmentInfo> LogWriter::segments_within(uint64_t from, uint64_t to) const {
  std::vector<SegmentInfo> within;
  const std::lock_guard lock(segments_mutex_);
  for (const auto& segment : segments_) {
    const SegmentInfo& info = segment->info;
    if (info.generation == generation_ && info.start >= from && info.end() <= to) {
      within.push_back(info);
    }
  }
  return within;
}

Status LogWriter::share(uint64_t number, const std::string& path) {
  {
    const std::lock_guard lock(segments_mutex_);
    if (!can_share_) return Status::unsupported(path + ": links could not be made here before");
    shared_.insert(number);  // before there is a name by which others may read it
  }
  Status linked = env_.link(segment_path(folder_, number), path);
  if (linked.is(StatusCode::kIoError)) {
    const std::lock_guard lock(segments_mutex_);
    can_share_ = false;
  }
  return linked;
}

bool LogWriter::is_shared(uint64_t number) const {
  const std::lock_guard lock(segments_mutex_);
  return shared_.contains(number) && !ASHLAR_MUTANT("shared-segment-reused");
}

bool LogWriter::keep_as_spare(const SegmentInfo& info) {
  // Of a segment of an earlier incarnation nobody knows here whether it was shared.
  if (info.generation != generation_ || is_shared(info.number)) return false;
  {
    const std::lock_guard lock(segments_mutex_);
    const bool lacks_ballast = options_.ballast_bytes > 0 && ballast_ == 0;  // [LOG-10]
    if (info.capacity != options_.segment_bytes || spares_.size() >= options_.spare_segments ||
        lacks_ballast) {
      return false;
    }
  }
  if (!wipe_segment(env_, folder_, info.number).ok()) return false;
  const std::lock_guard lock(segments_mutex_);
  spares_.push_back(info.number);
  return true;
}

LogStatistics LogWriter::statistics() const {
  LogStatistics statistics;
  statistics.bytes_written = bytes_written_.load(std::memory_order_relaxed);
  statistics.syncs = syncs_.load(std::memory_order_relaxed);
  const std::lock_guard lock(segments_mutex_);
  statistics.segments = segments_.size() + spares_.size() + (reserve_ != 0 ? 1 : 0) +
                        (ballast_ != 0 ? 1 : 0);
  for (const auto& segment : segments_) {
    statistics.segment_bytes += kLogBlockBytes + segment->info.capacity;
  }
  statistics.segment_bytes += spares_.size() * (kLogBlockBytes + options_.segment_bytes);
  if (reserve_ != 0) statistics.segment_bytes += kLogBlockBytes + reserve_bytes();
  if (ballast_ != 0) statistics.segment_bytes += kLogBlockBytes + options_.ballast_bytes;
  return statistics;
}

}  // namespace ashlar
