#include "wal/log_writer.h"

#include <algorithm>
#include <bit>
#include <new>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "base/mutants.h"
#include "base/try.h"
#include "wal/log_segment.h"

namespace ashlar {
namespace {

// The rest of a segment is padded under the lock up to this size, else by append_slowly().
constexpr uint64_t kInlinePaddingBytes = 64 << 10;
// The part of the time of a write that the writer of a group waits for others before it writes.
constexpr uint64_t kPatience = 2;
constexpr uint64_t kLongestWaitAwake = 500'000;  // ns
constexpr std::size_t kMinimumRingBytes = 16 << 10;
constexpr uint64_t kWriteThroughBytes = 1 << 20;  // piece of a frame that passes through the ring
// What waits to be written has a border each time it has grown by this much [LOG-11].
constexpr uint64_t kBytesBetweenBorders = 1 << 20;

constexpr char kZeros[kLogBlockBytes] = {};

// Capacity of a segment that takes a frame of this size at its start.
uint64_t capacity_for(uint64_t frame_bytes) {
  return log_block_up(frame_bytes % kLogBlockBytes == 0 ? frame_bytes
                                                        : frame_bytes + kFrameHeaderBytes);
}

}  // namespace

// Held by the one thread that writes to segments and moves durable_.
class LogWriter::IoTurn {
 public:
  // Who waits: somebody behind whom the next commit comes, or nobody who has to be waited for.
  enum class Waiter : unsigned char { kCommit, kOther };

  // Waits until it is this thread's turn, or until the log is durable up to `position`, or, if
  // that is enough, written out up to there.
  explicit IoTurn(LogWriter& log, uint64_t position = UINT64_MAX, Waiter waiter = Waiter::kOther,
                  Reach reach = Reach::kStableStorage)
      : log_(log) {
    const std::atomic<uint64_t>& reached =
        reach == Reach::kSegments ? log.written_ : log.durable_;
    std::unique_lock lock(log_.io_mutex_);
    if (waiter == Waiter::kCommit && log_.durable() < position) {
      log_.awaited_.push_back(position);
      log_.callers_.store(log_.awaited_.size(), std::memory_order_relaxed);
      lock.unlock();
      log_.wait_awake(position);
      if (log_.durable() >= position) return;
      lock.lock();
    }
    log_.io_done_.wait(lock, [&] { return !log_.io_busy_ || reached.load() >= position; });
    held_ = reached.load() < position;
    if (held_) log_.io_busy_ = true;
  }
  ~IoTurn() {
    if (!held_) return;
    {
      const std::lock_guard lock(log_.io_mutex_);
      log_.io_busy_ = false;
      log_.forget_callers(log_.failed_.load(std::memory_order_acquire) ? UINT64_MAX
                                                                       : log_.durable());
    }
    log_.io_done_.notify_all();
  }
  IoTurn(const IoTurn&) = delete;
  IoTurn& operator=(const IoTurn&) = delete;
  bool held() const { return held_; }

 private:
  LogWriter& log_;
  bool held_ = false;
};

// Sends every other append() to append_slowly(), where it waits for the IoTurn.
class LogWriter::Exclusive {
 public:
  explicit Exclusive(LogWriter& log) : log_(log) { set(true); }
  ~Exclusive() { set(false); }
  Exclusive(const Exclusive&) = delete;
  Exclusive& operator=(const Exclusive&) = delete;

 private:
  void set(bool on) {
    const std::lock_guard lock(log_.append_mutex_);
    log_.exclusive_ = on;
  }
  LogWriter& log_;
};

// --- Making one --------------------------------------------------------------------------------

LogWriter::LogWriter(Env& env, std::string folder, const LogOptions& options,
                     std::function<uint64_t()> new_file_number, MemoryBudget* budget)
    : env_(env),
      folder_(std::move(folder)),
      options_(options),
      new_file_number_(std::move(new_file_number)),
      budget_(budget) {
  borders_.reserve(2 * options_.ring_bytes / kBytesBetweenBorders);
  if (budget_ != nullptr) budget_->reserve(MemoryUse::kLog, options_.ring_bytes);
}

LogWriter::~LogWriter() {
  if (budget_ != nullptr) budget_->release(MemoryUse::kLog, options_.ring_bytes);
}

Result<std::unique_ptr<LogWriter>> LogWriter::create(Env& env, std::string folder,
                                                     const LogOptions& options,
                                                     const LogStart& start,
                                                     std::function<uint64_t()> new_file_number,
                                                     std::vector<SegmentInfo> existing,
                                                     MemoryBudget* budget) {
  ASHLAR_CHECK(options.segment_bytes >= kLogBlockBytes &&
               options.segment_bytes % kLogBlockBytes == 0);
  ASHLAR_CHECK(options.ring_bytes >= kMinimumRingBytes && std::has_single_bit(options.ring_bytes));
  ASHLAR_CHECK(start.next_sequence > 0);
  std::unique_ptr<LogWriter> log(
      new LogWriter(env, std::move(folder), options, std::move(new_file_number), budget));
  ASHLAR_TRY(log->open(start, existing));
  return log;
}

// On a disk that is nearly full the log makes do with less, so that a database can be opened there:
// a smaller ring leaves room for a segment.
Status LogWriter::open(const LogStart& start, const std::vector<SegmentInfo>& existing) {
  choose_generation(existing);
  while (true) {
    Status opened = open_ring();
    if (opened.ok()) opened = start_at(start, existing);
    if (!opened.is(StatusCode::kNoSpace) || !take_less_space()) return opened;
  }
}

bool LogWriter::take_less_space() {
  if (options_.ring_bytes <= kMinimumRingBytes) return false;
  ring_.reset();
  if (budget_ != nullptr) budget_->release(MemoryUse::kLog, options_.ring_bytes / 2);
  options_.ring_bytes /= 2;
  options_.segment_bytes = std::max<std::size_t>(options_.segment_bytes / 2 / kLogBlockBytes, 1) *
                           kLogBlockBytes;
  return true;
}

Status LogWriter::open_ring() {
  const std::string path = join_path(folder_, kLogRingName);
  ASHLAR_TRY_ASSIGN(const bool there, env_.exists(path));
  if (there) {
    uint64_t bytes = 0;
    {
      ASHLAR_TRY_ASSIGN(const std::unique_ptr<File> file, env_.open_file(path, {}));
      ASHLAR_TRY_ASSIGN(bytes, file->size());
    }
    if (bytes != options_.ring_bytes) ASHLAR_TRY(env_.remove(path));
    if (bytes == options_.ring_bytes) {
      ASHLAR_TRY_ASSIGN(ring_, env_.map_file(path, options_.ring_bytes));
      return {};
    }
  }
  ASHLAR_TRY_ASSIGN(const std::unique_ptr<File> file,
                    env_.open_file(path, {.mode = OpenMode::kCreate}));
  // All of its space now: a mapped page without space would end the process when it is touched.
  if (Status allocated = file->allocate(options_.ring_bytes); !allocated.ok()) {
    (void)env_.remove(path);
    return allocated;
  }
  ASHLAR_TRY(file->sync());
  ASHLAR_TRY_ASSIGN(ring_, env_.map_file(path, options_.ring_bytes));
  return {};
}

void LogWriter::choose_generation(const std::vector<SegmentInfo>& existing) {
  do {
    generation_ = env_.random();
  } while (std::any_of(existing.begin(), existing.end(),
                       [&](const SegmentInfo& info) { return info.generation == generation_; }));
}

Status LogWriter::start_at(const LogStart& start, const std::vector<SegmentInfo>& existing) {
  const uint64_t position = log_block_up(start.position);
  const SegmentInfo info{new_file_number_(), generation_, position, options_.segment_bytes,
                         start.next_sequence};
  ASHLAR_TRY_ASSIGN(std::unique_ptr<File> file,
                    create_segment(env_, folder_, info, options_.prewrite));
  for (const SegmentInfo& earlier : existing) {
    segments_.push_back(std::make_unique<Segment>(Segment{earlier, nullptr}));
  }
  segments_.push_back(std::make_unique<Segment>(Segment{info, std::move(file)}));
  last_sequence_ = start.next_sequence - 1;
  segment_end_ = info.end();
  sealed_ = position;
  tail_.store(position, std::memory_order_release);
  written_.store(position, std::memory_order_release);
  durable_.store(position, std::memory_order_release);
  return {};
}

void LogWriter::set_dirty_listener(std::function<void(bool urgent)> listener) {
  listener_ = std::move(listener);
}

void LogWriter::set_archive(std::function<Status(const std::string& path)> archive) {
  archive_ = std::move(archive);
}

// [LOG-7] What was written when memory ran out is not known either.
template <typename Write>
Status LogWriter::or_fail_for_memory(Write&& write) {
  try {
    return write();
  } catch (const std::bad_alloc&) {
    failed_.store(true, std::memory_order_release);
    throw;
  }
}

// --- Appending ---------------------------------------------------------------------------------

Status LogWriter::append(SequenceNumber sequence, std::string_view operations, uint32_t digest,
                         uint64_t* end, bool may_use_reserve) {
  if (operations.size() > kMaximumFrameBytes - kFrameHeaderBytes) {
    return Status::too_large("commit of " + std::to_string(operations.size()) +
                             " bytes does not fit into a frame of the log");
  }
  if (failed_.load(std::memory_order_acquire)) return failure();
  bool appended = false;
  Notice notice;
  const auto append_now = [&] {
    const std::lock_guard lock(append_mutex_);
    appended = !exclusive_ && try_append(sequence, operations, digest, may_use_reserve);
    if (appended) {
      *end = tail_.load(std::memory_order_relaxed);
      notice = note_waiting();
    }
  };
  append_now();
  if (!appended) {
    wait_for_room(kFrameHeaderBytes + operations.size());
    append_now();
  }
  if (!appended) {
    const IoTurn turn(*this);
    ASHLAR_TRY(or_fail_for_memory(
        [&] { return append_slowly(sequence, operations, digest, may_use_reserve); }));
    const std::lock_guard lock(append_mutex_);
    *end = tail_.load(std::memory_order_relaxed);
    notice = note_waiting();
  }
  if (listener_) {
    if (notice.first) listener_(false);
    if (notice.urgent) listener_(true);
  }
  return {};
}

// As long as another thread writes, and makes room piece by piece.
void LogWriter::wait_for_room(uint64_t bytes) {
  std::unique_lock lock(io_mutex_);
  io_done_.wait(lock, [&] { return !io_busy_ || ring_has_room(end() + bytes); });
}

// Whether a log that ends at `end` still has all that is not written in the ring, padding up to
// the next border included.
bool LogWriter::ring_has_room(uint64_t end) const {
  return padded_log_end(end) - written_.load(std::memory_order_acquire) <= options_.ring_bytes;
}

bool LogWriter::try_append(SequenceNumber sequence, std::string_view operations, uint32_t digest,
                           bool may_use_reserve) {
  if (in_reserve_ && !may_use_reserve) [[unlikely]]
    return false;  // [LOG-9]
  const uint64_t tail = tail_.load(std::memory_order_relaxed);
  const uint64_t bytes = kFrameHeaderBytes + operations.size();
  if (frame_fits(tail, bytes, segment_end_)) [[likely]] {
    if (!ring_has_room(tail + bytes)) return false;
  } else {
    const bool next_takes_it = next_segment_end_ != 0 &&
                               frame_fits(segment_end_, bytes, next_segment_end_) &&
                               (may_use_reserve || !next_is_reserve_);
    if (!next_takes_it || segment_end_ - tail > kInlinePaddingBytes ||
        !ring_has_room(segment_end_ + bytes)) {
      return false;
    }
    put_padding(segment_end_ - tail);
    enter_next_segment();
  }
  put_frame(FrameKind::kCommit, sequence, operations, digest);
  return true;
}

FrameHeader LogWriter::make_header(FrameKind kind, SequenceNumber sequence, uint64_t bytes,
                                   uint64_t position) const {
  const uint64_t unsynced = position - durable_.load(std::memory_order_acquire);
  return {static_cast<uint32_t>(bytes), kind, sequence,
          static_cast<uint32_t>(std::min<uint64_t>(unsynced, UINT32_MAX))};
}

void LogWriter::put_frame(FrameKind kind, SequenceNumber sequence, std::string_view operations,
                          uint32_t digest) {
  ASHLAR_CHECK(sequence == last_sequence_ + (kind == FrameKind::kCommit ? 1 : 0));  // [LOG-2]
  const uint64_t tail = tail_.load(std::memory_order_relaxed);
  const uint64_t bytes = kFrameHeaderBytes + operations.size();
  char header[kFrameHeaderBytes];
  encode_frame_header(make_header(kind, sequence, bytes, tail), digest, generation_, tail, header);
  write_ring(tail, std::string_view(header, sizeof(header)));
  write_ring(tail + kFrameHeaderBytes, operations);
  last_operations_ = tail + kFrameHeaderBytes;
  last_sequence_ = sequence;
  tail_.store(tail + bytes, std::memory_order_release);
}

// `bytes` is 0 or at least a frame's header [LOG-3].
void LogWriter::put_padding(uint64_t bytes) {
  if (bytes == 0) return;
  const uint64_t tail = tail_.load(std::memory_order_relaxed);
  char header[kFrameHeaderBytes];
  encode_frame_header(make_header(FrameKind::kPadding, last_sequence_, bytes, tail), 0, generation_,
                      tail, header);
  write_ring(tail, std::string_view(header, sizeof(header)));
  zero_ring(tail + kFrameHeaderBytes, bytes - kFrameHeaderBytes);
  tail_.store(tail + bytes, std::memory_order_release);
}

void LogWriter::enter_next_segment() {
  segment_end_ = next_segment_end_;
  next_segment_end_ = 0;
  in_reserve_ = std::exchange(next_is_reserve_, false);
}

LogWriter::Notice LogWriter::note_waiting() {
  const uint64_t tail = tail_.load(std::memory_order_relaxed);
  Notice notice;
  notice.first = !first_noted_ && tail > durable();
  notice.urgent = !urgent_noted_ && tail > sealed_ + kLogFlushBytes;
  if (urgent_noted_) keep_borders();
  first_noted_ |= notice.first;
  urgent_noted_ |= notice.urgent;
  return notice;
}

// [LOG-11]
void LogWriter::keep_borders() {
  const uint64_t tail = tail_.load(std::memory_order_relaxed);
  const uint64_t last = borders_.empty() ? sealed_ : borders_.back();
  if (tail < last + kBytesBetweenBorders || borders_.size() == borders_.capacity()) return;
  put_padding(padded_log_end(tail) - tail);
  borders_.push_back(tail_.load(std::memory_order_relaxed));
}

// The first border behind `from`, at most `to`; forgets those before it.
uint64_t LogWriter::next_border(uint64_t from, uint64_t to) {
  const std::lock_guard lock(append_mutex_);
  std::erase_if(borders_, [from](uint64_t border) { return border <= from; });
  return borders_.empty() ? to : std::min(borders_.front(), to);
}

void LogWriter::write_ring(uint64_t position, std::string_view bytes) {
  const uint64_t offset = position & (options_.ring_bytes - 1);
  const std::string_view first = bytes.substr(0, options_.ring_bytes - offset);
  ring_->write(offset, first);
  if (first.size() < bytes.size()) ring_->write(0, bytes.substr(first.size()));
}

void LogWriter::zero_ring(uint64_t position, uint64_t bytes) {
  for (uint64_t done = 0; done < bytes; done += sizeof(kZeros)) {
    const uint64_t piece = std::min<uint64_t>(sizeof(kZeros), bytes - done);
    write_ring(position + done, std::string_view(kZeros, piece));
  }
}

// Writes all that has been appended to segments, piece by piece, unless a piece is enough.
template <typename Enough>
Status LogWriter::empty_ring_until(Enough&& enough) {
  if (failed_.load(std::memory_order_acquire)) return failure();
  const uint64_t to = seal(Reach::kSegments);
  while (written() < to) {
    const uint64_t border = next_border(written(), to);
    ASHLAR_TRY(write_blocks(written(), border, Writing::kPlain));
    note_written(border);
    if (enough()) break;
  }
  return {};
}

void LogWriter::note_written(uint64_t border) {
  {
    const std::lock_guard lock(io_mutex_);
    written_.store(border, std::memory_order_release);
    if (full_and_durable_ > durable()) {
      forget_callers(full_and_durable_);
      durable_.store(full_and_durable_, std::memory_order_release);
    }
  }
  io_done_.notify_all();
}

void LogWriter::note_durable(uint64_t border) {
  {
    const std::lock_guard lock(io_mutex_);
    expected_callers_ = awaited_.size();
    forget_callers(border);
    written_.store(border, std::memory_order_release);
    durable_.store(border, std::memory_order_release);
  }
  io_done_.notify_all();
}

// For an append that has to wait: for room in the ring, which may come with the first piece that is
// written, or for a segment, or because its frame is too large for the ring. With all others kept
// out and everything written, the ring is free.
Status LogWriter::append_slowly(SequenceNumber sequence, std::string_view operations,
                                uint32_t digest, bool may_use_reserve) {
  const Exclusive exclusive(*this);
  bool appended = false;
  ASHLAR_TRY(empty_ring_until([&] {
    const std::lock_guard lock(append_mutex_);
    appended = try_append(sequence, operations, digest, may_use_reserve);
    return appended;
  }));
  if (appended) return {};
  const uint64_t bytes = kFrameHeaderBytes + operations.size();
  // [LOG-9] Whoever may not use the reserve waits until there is a segment behind it.
  if (!may_use_reserve && in_reserve()) ASHLAR_TRY(prepare_next_segment(options_.segment_bytes));
  if (!frame_fits(end(), bytes, segment_end_))
    ASHLAR_TRY(leave_segment_for(bytes, may_use_reserve));
  {
    const std::lock_guard lock(append_mutex_);
    if (try_append(sequence, operations, digest, may_use_reserve)) return {};
  }
  return put_through(FrameKind::kCommit, sequence, operations, bytes, digest);
}

// Pads the current segment to its end and goes on in the next, which takes a frame of that size.
Status LogWriter::leave_segment_for(uint64_t frame_bytes, bool may_use_reserve) {
  Status prepared =
      prepare_next_segment(std::max<uint64_t>(options_.segment_bytes, capacity_for(frame_bytes)));
  if (prepared.is(StatusCode::kNoSpace) && may_use_reserve &&
      prepare_from_reserve(frame_bytes).ok()) {
    prepared = {};
  }
  ASHLAR_TRY(prepared);
  const uint64_t left = segment_end_ - end();
  if (left != 0) ASHLAR_TRY(put_through(FrameKind::kPadding, last_sequence_, {}, left, 0));
  const std::lock_guard lock(append_mutex_);
  enter_next_segment();
  return {};
}

// Writes a frame of `bytes`, and padding behind it, to the segment piece by piece, with the ring as
// buffer. Nothing else may be waiting in the ring.
Status LogWriter::put_through(FrameKind kind, SequenceNumber sequence, std::string_view operations,
                              uint64_t bytes, uint32_t digest) {
  const uint64_t start = end();
  ASHLAR_CHECK(start == written() && start % kLogBlockBytes == 0);
  ASHLAR_CHECK(sequence == last_sequence_ + (kind == FrameKind::kCommit ? 1 : 0));  // [LOG-2]
  uint64_t written = start;
  uint64_t filled = start;
  const uint64_t piece_bytes = std::min<uint64_t>(kWriteThroughBytes, options_.ring_bytes);
  const auto add = [&](std::string_view part) -> Status {
    while (!part.empty()) {
      const std::string_view piece = part.substr(0, written + piece_bytes - filled);
      write_ring(filled, piece);
      filled += piece.size();
      part.remove_prefix(piece.size());
      if (filled - written < piece_bytes) continue;
      ASHLAR_TRY(write_blocks(written, filled, Writing::kPlain));
      written = filled;
    }
    return {};
  };
  const auto add_zeros = [&](uint64_t count) -> Status {
    for (; count > 0; count -= std::min<uint64_t>(count, sizeof(kZeros))) {
      ASHLAR_TRY(add(std::string_view(kZeros, std::min<uint64_t>(count, sizeof(kZeros)))));
    }
    return {};
  };
  const auto add_header = [&](FrameKind of, uint64_t frame_bytes, uint32_t its_digest) {
    char header[kFrameHeaderBytes];
    encode_frame_header(make_header(of, sequence, frame_bytes, filled), its_digest, generation_,
                        filled, header);
    return add(std::string_view(header, sizeof(header)));
  };
  ASHLAR_TRY(add_header(kind, bytes, digest));
  ASHLAR_TRY(add(operations));
  ASHLAR_TRY(add_zeros(bytes - kFrameHeaderBytes - operations.size()));
  if (const uint64_t padding = padded_log_end(filled) - filled; padding != 0) {
    ASHLAR_TRY(add_header(FrameKind::kPadding, padding, 0));
    ASHLAR_TRY(add_zeros(padding - kFrameHeaderBytes));
  }
  ASHLAR_TRY(write_blocks(written, filled, Writing::kPlain));
  {
    const std::lock_guard lock(append_mutex_);
    last_operations_ = start + kFrameHeaderBytes;
    last_sequence_ = sequence;
    sealed_ = filled;
    tail_.store(filled, std::memory_order_release);
  }
  note_written(filled);
  return {};
}

// --- Writing out -------------------------------------------------------------------------------

Status LogWriter::sync(uint64_t position) {
  if (durable() >= position || ASHLAR_MUTANT("log-not-synced")) return {};
  ASHLAR_CHECK(position <= end());
  const IoTurn turn(*this, position, IoTurn::Waiter::kCommit);
  if (!turn.held()) return {};
  gather();
  return or_fail_for_memory([&] { return make_durable(); });
}

// The threads that the last write released are about to come with their next commits: a moment's
// patience takes all of them along, where otherwise every second group would be half as large.
void LogWriter::gather() const {
  const auto all_are_here = [this] {
    return callers_.load(std::memory_order_relaxed) >= expected_callers_;
  };
  if (all_are_here()) return;
  const uint64_t end =
      env_.monotonic_ns() + write_ns_.load(std::memory_order_relaxed) / kPatience;
  while (!all_are_here() && env_.monotonic_ns() < end) std::this_thread::yield();
}

// Under io_mutex_: those who wait for positions up to this one.
void LogWriter::forget_callers(uint64_t position) {
  std::erase_if(awaited_, [position](uint64_t awaited) { return awaited <= position; });
  callers_.store(awaited_.size(), std::memory_order_relaxed);
}

// Until it is this thread's turn or the log is durable up to `position`, for about as long as a
// write takes: being woken costs a good part of that, for each of those who wait.
void LogWriter::wait_awake(uint64_t position) const {
  const uint64_t most =
      std::min(2 * write_ns_.load(std::memory_order_relaxed), kLongestWaitAwake);
  const uint64_t end = env_.monotonic_ns() + most;
  while (io_busy_.load(std::memory_order_acquire) && durable() < position &&
         env_.monotonic_ns() < end) {
    std::this_thread::yield();
  }
}

// Whether somebody was told of something that is not durable yet, and has still to see to it.
bool LogWriter::is_waited_for() {
  const std::lock_guard lock(append_mutex_);
  return first_noted_ && tail_.load(std::memory_order_relaxed) > durable();
}

Status LogWriter::write_out(Reach reach) {
  const bool plainly = reach == Reach::kSegments;
  for (uint64_t position = end(); position > (plainly ? written() : durable()); position = end()) {
    // Threads that commit to the disk without a pause may take every turn, and write this, too.
    const IoTurn turn(*this, position, IoTurn::Waiter::kOther, reach);
    if (turn.held()) {
      ASHLAR_TRY(or_fail_for_memory([&] {
        return plainly ? empty_ring_until([] { return false; }) : make_durable();
      }));
      break;
    }
    // Others may have got as far as the end of a segment only.
    if (plainly || !is_waited_for()) break;
  }
  if (failed_.load(std::memory_order_acquire)) return failure();
  keep_reserve();
  if (!wants_next_segment()) return {};
  Status prepared = prepare_next_segment(options_.segment_bytes);
  // The append that can't do without the segment reports it.
  return may_succeed_later(prepared) ? Status() : prepared;
}

// One synced write where everything before is durable, as it is among commits that wait for the
// disk; otherwise plain ones and a sync behind them.
Status LogWriter::make_durable() {
  if (failed_.load(std::memory_order_acquire)) return failure();
  const uint64_t to = seal(Reach::kStableStorage);
  while (durable() < to && durable() == written()) {
    const uint64_t border = next_border(written(), to);
    const uint64_t start = env_.monotonic_ns();
    ASHLAR_TRY(write_blocks(written(), border, Writing::kSynced));
    write_ns_.store(env_.monotonic_ns() - start, std::memory_order_relaxed);
    note_durable(border);
  }
  while (written() < to) {
    const uint64_t border = next_border(written(), to);
    ASHLAR_TRY(write_blocks(written(), border, Writing::kPlain));
    note_written(border);
  }
  if (durable() == to) return {};
  ASHLAR_TRY(sync_segment(to - 1));
  note_durable(to);
  return {};
}

// Pads the log to a border, so that no block is written twice [LOG-1]; returns its end. Whoever
// hears that something waits makes it durable: what is sealed only to make room waits for him still.
uint64_t LogWriter::seal(Reach reach) {
  const std::lock_guard lock(append_mutex_);
  const uint64_t tail = tail_.load(std::memory_order_relaxed);
  put_padding(padded_log_end(tail) - tail);
  sealed_ = tail_.load(std::memory_order_relaxed);
  // One more border; the last of several that lie close together will do.
  if (!borders_.empty() && sealed_ < borders_.back() + kBytesBetweenBorders / 2) borders_.pop_back();
  if (borders_.size() < borders_.capacity()) borders_.push_back(sealed_);
  if (reach == Reach::kStableStorage) first_noted_ = false;
  urgent_noted_ = false;
  return sealed_;
}

// Writes whole blocks out of the ring. If kSynced, they are on stable storage when this returns;
// if not, those that fill a segment are [LOG-12].
Status LogWriter::write_blocks(uint64_t from, uint64_t to, Writing writing) {
  ASHLAR_CHECK(from % kLogBlockBytes == 0 && to % kLogBlockBytes == 0);
  const bool synced = writing == Writing::kSynced;
  if (synced) syncs_.fetch_add(1, std::memory_order_relaxed);
  while (from < to) {
    const Segment* const segment = segment_at(from);
    const uint64_t offset = from & (options_.ring_bytes - 1);
    const uint64_t bytes =
        std::min({to - from, segment->info.end() - from, options_.ring_bytes - offset});
    const uint64_t place = segment->info.offset_of(from);
    const std::string_view blocks(ring_->data() + offset, bytes);
    Status written =
        synced ? segment->file->write_synced(place, blocks) : segment->file->write(place, blocks);
    if (!written.ok()) return fail(std::move(written));
    bytes_written_.fetch_add(bytes, std::memory_order_relaxed);
    from += bytes;
    if (!synced && from == segment->info.end()) {
      ASHLAR_TRY(sync_segment(from - 1));
      full_and_durable_ = from;
    }
  }
  return {};
}

// Makes all that was written to the segment with this position durable.
Status LogWriter::sync_segment(uint64_t position) {
  syncs_.fetch_add(1, std::memory_order_relaxed);
  Status synced = segment_at(position)->file->sync();
  return synced.ok() ? synced : fail(std::move(synced));
}

// The first failure of a segment is for ever [LOG-7].
Status LogWriter::fail(Status reason) {
  const std::lock_guard lock(io_mutex_);
  if (failure_.ok()) failure_ = reason;
  failed_.store(true, std::memory_order_release);
  // Also when the disk was full: the segment's space had been set aside, so that is not all there
  // is to it.
  return reason.is(StatusCode::kNoSpace) ? Status::io_error(std::string(reason.message())) : reason;
}

Status LogWriter::failure() const {
  const std::lock_guard lock(io_mutex_);
  if (failed_.load(std::memory_order_acquire) && failure_.ok()) {
    return Status::read_only("the log takes no more writes since memory ran out during one");
  }
  if (failure_.ok()) return {};
  return Status::read_only("the log takes no more writes since one failed: " +
                           failure_.to_string());
}

}  // namespace ashlar
