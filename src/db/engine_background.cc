// Flushes, merges, writing out the log.
#include <algorithm>
#include <new>
#include <utility>

#include "base/limits.h"
#include "base/try.h"
#include "compaction/flush_job.h"
#include "db/engine.h"

namespace ashlar {
namespace {

// A failed job, on a full disk say, is tried again after this time.
constexpr std::chrono::milliseconds kRetryDelay{500};
constexpr std::chrono::milliseconds kNow{0};
// After this time readers that were inside are looked for again.
constexpr std::chrono::milliseconds kCollectionDelay{100};
// Without a commit for this long, the database counts as idle and is tidied up.
constexpr std::chrono::milliseconds kIdleTime{1000};
// Flushes that follow each other, or the opening, within this time have no time for huge pages, which
// take seven times as long to fill (docs/decisions/0012-small-pages-in-a-hurry.md).
constexpr uint64_t kHurriedFlushes = 2'000'000'000;  // ns
// Expired entries are looked for at least this often, while there are entries that expire; and not
// more often than that.
constexpr uint64_t kLongestExpiryWaitMs = 60'000;
constexpr uint64_t kShortestExpiryWaitMs = 1'000;
constexpr uint64_t kDeadEntriesBeforeTidying = 20'000;
// Ranges pay about a microsecond for each run that they have to look into; runs that cost them this
// many times that, after the first, are distributed early.
constexpr uint64_t kRunsScannedBeforeDistribution = 10'000;

class MergeRunning {
 public:
  explicit MergeRunning(std::atomic<bool>* flag) : flag_(flag) { flag_->store(true); }
  ~MergeRunning() { flag_->store(false); }
  MergeRunning(const MergeRunning&) = delete;
  MergeRunning& operator=(const MergeRunning&) = delete;

 private:
  std::atomic<bool>* const flag_;
};

class FlushRunning {
 public:
  FlushRunning(std::atomic<uint64_t>* flag, uint64_t bytes) : flag_(flag) { flag_->store(bytes); }
  ~FlushRunning() { flag_->store(0); }
  FlushRunning(const FlushRunning&) = delete;
  FlushRunning& operator=(const FlushRunning&) = delete;

 private:
  std::atomic<uint64_t>* const flag_;
};

}  // namespace

// --- What readers see ------------------------------------------------------------------------

std::shared_ptr<ReadView> Engine::new_view(const ReadView& like) {
  return {new ReadView(like), [this](const ReadView* view) {
            if (old_views_.add(view) && !stopping_.load()) schedule_collection(kNow);
          }};
}

void Engine::publish_view(std::shared_ptr<const ReadView> view) {
  retired_.reserve();
  std::function<void()> free_old;
  if (view_owner_) free_old = [old = view_owner_]() mutable { old.reset(); };
  immutable_count_.store(view->immutables.size(), std::memory_order_release);
  view_.store(view.get(), std::memory_order_seq_cst);
  view_owner_ = std::move(view);
  // [EPOCH-1] Readers that still look at the old view keep it alive.
  if (free_old) retired_.retire(std::move(free_old));
}

void Engine::publish_version(std::shared_ptr<const Version> version) {
  {
    const std::lock_guard lock(view_mutex_);
    const auto flushed = std::exchange(flushed_memtable_, nullptr);
    auto next = new_view(*view_owner_);
    next->version = std::move(version);
    // [VIEW-1] The memtable that a flush wrote leaves with the version that has its tables.
    if (flushed) std::erase(next->immutables, flushed);
    publish_view(std::move(next));
  }
}

void Engine::collect_retired() {
  bool readers_are_left = false;
  {
    const OldViews::FreedHere here;
    readers_are_left = retired_.collect() > 0;
  }
  old_views_.free();
  try {
    update_cache_capacity();
  } catch (const std::bad_alloc&) {  // the next version will do
  }
  if (readers_are_left) schedule_collection(kCollectionDelay);
}

void Engine::schedule_collection(std::chrono::milliseconds delay) {
  if (collection_scheduled_.exchange(true)) return;
  try {
    submit(Lane::kMaintenance, delay, [this] {
      collection_scheduled_.store(false);
      collect_retired();
    });
  } catch (const std::bad_alloc&) {
    collection_scheduled_.store(false);
  } catch (const std::system_error&) {  // no thread
    collection_scheduled_.store(false);
  }
}

// --- Submitting ------------------------------------------------------------------------------

void Engine::submit(Lane lane, std::chrono::milliseconds delay, std::function<void()> task) {
  try {
    auto guarded = [this, task = std::move(task)] { run_guarded(task); };
    if (delay.count() == 0) {
      executor_->submit(lane, std::move(guarded));
    } else {
      executor_->submit_after(lane, delay, std::move(guarded));
    }
  } catch (const std::bad_alloc&) {
    note_out_of_memory();
    throw;
  }
}

// On these threads there is nobody above who could be told otherwise.
void Engine::run_guarded(const std::function<void()>& task) noexcept {
  try {
    task();
  } catch (const std::bad_alloc&) {
    note_out_of_memory();
    try {
      executor_->submit_after(Lane::kFlush, kRetryDelay, [this] {
        run_guarded([this] {
          schedule_flush();
          schedule_merge();
        });
      });
    } catch (const std::bad_alloc&) {  // the next write or call that waits begins again
    }
  }
}

// Nothing counts as scheduled any more, so that whoever needs the work has it done.
void Engine::note_out_of_memory() noexcept {
  {
    const std::lock_guard lock(background_mutex_);
    if (!spare_background_error_.ok()) background_error_ = std::move(spare_background_error_);
    flush_scheduled_ = false;
    merge_scheduled_ = false;
    idle_check_scheduled_ = false;
    expiry_check_scheduled_ = false;
    tidying_scheduled_ = false;
  }
  log_write_scheduled_.store(false, std::memory_order_relaxed);
  background_changed_.notify_all();
}

// What was made ahead is kept for the next time.
void Engine::forget_out_of_memory() {
  if (!background_error_.is(StatusCode::kOutOfMemory)) return;
  if (spare_background_error_.ok()) spare_background_error_ = std::move(background_error_);
  background_error_ = {};
}

// --- Log -------------------------------------------------------------------------------------

void Engine::schedule_log_write(bool urgent) {
  const auto write = [this](LogWriter::Reach reach) {
    if (const Status written = log_->write_out(reach); !written.ok()) note_write_failure(written);
    update_debt();
    work_ahead_of_writers();
  };
  if (urgent) {
    submit(Lane::kLog, kNow, [write] { write(LogWriter::Reach::kSegments); });
  } else if (!log_write_scheduled_.exchange(true)) {
    submit(Lane::kLog, std::chrono::milliseconds(kLogFlushMilliseconds), [this, write] {
      // Before the end of the log is looked at: whoever finds it true is behind that.
      log_write_scheduled_.exchange(false);
      write(LogWriter::Reach::kStableStorage);
    });
    schedule_idle_check();
  }
}

// --- Flush -----------------------------------------------------------------------------------

void Engine::schedule_flush() {
  if (options_.read_only) return;
  update_debt();
  {
    const std::lock_guard lock(background_mutex_);
    if (std::exchange(flush_scheduled_, true)) return;
  }
  submit(Lane::kFlush, kNow, [this] { run_flushes(); });
}

void Engine::run_flushes() {
  Status status;
  while (status.ok() && !stopping_.load()) {
    std::shared_ptr<Memtable> oldest;
    uint64_t log_start = 0;
    {
      const std::lock_guard lock(view_mutex_);
      const auto& immutables = view_owner_->immutables;
      if (immutables.empty()) break;
      oldest = immutables.back();
      log_start = immutables.size() > 1 ? immutables[immutables.size() - 2]->log_position()
                                        : view_owner_->active->log_position();
    }
    status = flush_oldest(oldest, log_start);
    // [ENG-7]
    if (status.is(StatusCode::kNoSpace) && log_->lend_ballast()) {
      status = flush_oldest(oldest, log_start);
      log_->take_back_ballast();
    }
    note_background_result("flush", status);
    update_debt();
  }
  {
    const std::lock_guard lock(background_mutex_);
    flush_scheduled_ = false;
  }
  background_changed_.notify_all();
  if (!status.ok()) {
    if (stopping_.load()) return;
    submit(Lane::kFlush, kRetryDelay, [this] { schedule_flush(); });
    return;
  }
  schedule_merge();
  if (immutable_count_.load() > 0) schedule_flush();
}

Status Engine::flush_oldest(const std::shared_ptr<Memtable>& memtable, uint64_t log_start) {
  const uint64_t start = env_.monotonic_ns();
  // Everything in it must be visible, so that no later snapshot can fall between its versions.
  if (visible_.load() < memtable->largest_sequence()) ASHLAR_TRY(sync());
  // A merge would work on partitions that this flush changes: it settles only while none runs, and,
  // so that merges get their turn, not while runs wait for one.
  std::unique_lock tree(tree_mutex_, std::defer_lock);
  if (versions_.current()->runs.empty()) static_cast<void>(tree.try_lock());
  FlushRequest request;
  request.memtable = memtable;
  request.log_start = log_start;
  request.log_synced = std::min(log_->durable(), log_start);
  request.last_sequence = memtable->largest_sequence();
  request.log = log_.get();
  request.may_settle = tree.owns_lock();
  // Writers wait, or nearly.
  const bool in_a_hurry = start - flush_started_ns_.exchange(start) < kHurriedFlushes;
  const FlushRunning running(&flushing_bytes_, memtable->used_bytes());
  request.image_pages = in_a_hurry ? PageSize::kQuick : PageSize::kHuge;
  JobReport report;
  {
    const std::lock_guard lock(view_mutex_);
    flushed_memtable_.reset();
  }
  JobContext context = *jobs_;
  context.publish = [this, &memtable](std::shared_ptr<const Version> version) {
    {
      const std::lock_guard lock(view_mutex_);
      flushed_memtable_ = memtable;
    }
    publish_version(std::move(version));
    // For writers that wait until there is room for their memtable.
    { const std::lock_guard lock(background_mutex_); }
    background_changed_.notify_all();
    // A merge may have left hundreds of files to be removed: writers would wait for it.
    schedule_collection(kNow);
  };
  ASHLAR_TRY(flush_memtable(context, request, &report));
  if (tree.owns_lock()) tree.unlock();
  log_->use_long_segments(report.shared_segments > 0 && plan_.has_many_segments());

  flushes_.fetch_add(1, std::memory_order_relaxed);
  flush_bytes_.fetch_add(report.bytes_written, std::memory_order_relaxed);
  const uint64_t duration_ns = std::max<uint64_t>(env_.monotonic_ns() - start, 1);
  {
    const std::lock_guard lock(background_mutex_);
    unflushed_value_files_.erase(memtable.get());
    flush_bytes_per_second_ = memtable->used_bytes() * 1'000'000'000 / duration_ns;
  }
  tell({.kind = Event::Kind::kFlushFinished,
        .bytes_read = memtable->used_bytes(),
        .bytes_written = report.bytes_written,
        .duration_us = duration_ns / 1000,
        .message = {}});
  // [FLUSH-1] What can't be archived or removed is kept, and tried again behind the next flush.
  if (const Status released = release_log(log_start); !released.ok()) {
    log(LogLevel::kError, "the log is kept: " + released.to_string());
  }
  return {};
}

// --- Merge -----------------------------------------------------------------------------------

void Engine::schedule_merge() {
  if (options_.read_only) return;
  {
    const std::lock_guard lock(background_mutex_);
    ++merge_requests_;
    if (std::exchange(merge_scheduled_, true)) return;
  }
  submit(Lane::kCompaction, kNow, [this] { run_merges(); });
}

std::optional<MergePlan> Engine::next_merge() {
  PickerState state;
  state.now_ms = jobs_->now_ms();  // what the merge itself will go by
  state.oldest_snapshot = snapshots_->oldest(env_.monotonic_ns());
  bool full = false;
  {
    const std::lock_guard lock(background_mutex_);
    merge_requests_seen_ = merge_requests_;
    state.idle = settle_eagerly_ || out_of_space_.load();  // merges make room
    state.may_order_values = order_values_ && !out_of_space_.load();
    state.scanned = std::exchange(runs_are_scanned_, false);
    state.runs_before_distribution = plan_.runs_before_distribution;
    full = full_merge_wanted_;
  }
  auto version = versions_.current();
  return full ? plan_full_merge(std::move(version), state) : pick_merge(std::move(version), state);
}

void Engine::run_merges() {
  Status status;
  do {
    status = merge_until_done();
  } while (status.ok() && !stopping_.load() && more_merges_asked_for());
  background_changed_.notify_all();
  if (stopping_.load()) return;
  if (status.ok()) {
    schedule_expiry_check();
    // What the inputs took in memory is free for tables that had to stay on disk.
    submit(Lane::kMaintenance, kNow, [this] { load_images(); });
  } else {
    submit(Lane::kCompaction, kRetryDelay, [this] { schedule_merge(); });
  }
}

Status Engine::merge_until_done() {
  while (!stopping_.load()) {
    // Held from picking to publishing: the plan speaks of partitions as they are.
    const std::lock_guard tree(tree_mutex_);
    const auto plan = next_merge();
    if (!plan) break;
    Status status = run_one_merge(*plan);
    if (plan->optional && status.is(StatusCode::kNoSpace)) {
      // Nobody has to know, and nothing else has to wait.
      const std::lock_guard lock(background_mutex_);
      order_values_ = false;
      continue;
    }
    // [ENG-7]
    if (status.is(StatusCode::kNoSpace) && log_->lend_ballast()) {
      status = run_one_merge(*plan);
      log_->take_back_ballast();
    }
    note_background_result("merge", status);
    update_debt();
    if (!status.ok()) {
      const std::lock_guard lock(background_mutex_);
      merge_scheduled_ = false;
      return status;
    }
    const std::lock_guard lock(background_mutex_);
    full_merge_wanted_ = false;
  }
  return {};
}

// Ends the merging, unless somebody asked for more after the last look at what is due.
bool Engine::more_merges_asked_for() {
  const std::lock_guard lock(background_mutex_);
  if (merge_requests_ != merge_requests_seen_) return true;
  forget_out_of_memory();  // also if there was nothing to merge
  merge_scheduled_ = false;
  settle_eagerly_ = false;
  order_values_ = false;
  full_merge_wanted_ = false;
  return false;
}

Status Engine::run_one_merge(const MergePlan& plan) {
  const uint64_t start = env_.monotonic_ns();
  JobReport report;
  Status status;
  {
    const MergeRunning running(&merge_running_);
    status = run_merge(*jobs_, plan, &report);
  }
  merge_bytes_read_.fetch_add(report.bytes_read, std::memory_order_relaxed);
  merge_bytes_written_.fetch_add(report.bytes_written, std::memory_order_relaxed);
  if (!status.ok()) return status;
  merges_.fetch_add(1, std::memory_order_relaxed);
  tell({.kind = Event::Kind::kCompactionFinished,
        .bytes_read = report.bytes_read,
        .bytes_written = report.bytes_written,
        .duration_us = (env_.monotonic_ns() - start) / 1000,
        .message = plan.reason});
  return {};
}

// --- Waiting and idling ----------------------------------------------------------------------

Status Engine::flush() {
  ASHLAR_TRY(writable());
  {
    std::unique_lock lock(commit_mutex_);
    if (!active_->empty()) {
      while (immutable_count_.load() >= kMaximumImmutableMemtables) {
        lock.unlock();
        ASHLAR_TRY(wait_for_flush());
        lock.lock();
      }
      ASHLAR_TRY(replace_active(log_->end(), 0, 0, true));
    }
  }
  schedule_flush();
  std::unique_lock lock(background_mutex_);
  executor_->wait(lock, background_changed_, [this] {
    return immutable_count_.load() == 0 || !background_error_.ok() || failed_.load();
  });
  if (immutable_count_.load() == 0) return {};
  return failed_.load() ? failure_ : background_error_;
}

Status Engine::compact() {
  ASHLAR_TRY(flush());
  {
    const std::lock_guard lock(background_mutex_);
    full_merge_wanted_ = true;
  }
  schedule_merge();
  ASHLAR_TRY(wait_for_merges());
  drop_unused_segments();
  return {};
}

Status Engine::wait_for_background() {
  ASHLAR_TRY(writable());
  schedule_flush();
  ASHLAR_TRY(wait_for_merges());
  {
    const std::lock_guard lock(background_mutex_);
    settle_eagerly_ = order_values_ = true;
  }
  schedule_merge();
  ASHLAR_TRY(wait_for_merges());
  drop_unused_segments();
  return {};
}

Status Engine::wait_for_merges() {
  std::unique_lock lock(background_mutex_);
  executor_->wait(lock, background_changed_, [this] {
    return (!merge_scheduled_ && !flush_scheduled_ && !full_merge_wanted_) ||
           !background_error_.ok() || failed_.load();
  });
  ASHLAR_TRY(background_error_);
  lock.unlock();
  return writable();  // a log that failed ends the wait too
}

void Engine::schedule_idle_check() {
  {
    const std::lock_guard lock(background_mutex_);
    if (std::exchange(idle_check_scheduled_, true)) return;
  }
  commits_at_idle_check_ = commits_.load();
  submit(Lane::kMaintenance, kIdleTime, [this] { check_idle(); });
}

// Goes on only while commits come, so that an idle database does not wake up.
void Engine::check_idle() {
  {
    const std::lock_guard lock(background_mutex_);
    idle_check_scheduled_ = false;
  }
  collect_retired();
  if (commits_.load() != commits_at_idle_check_.load()) {
    schedule_idle_check();
    return;
  }
  {
    const std::lock_guard lock(background_mutex_);
    settle_eagerly_ = order_values_ = true;
  }
  drop_unused_segments();
  schedule_merge();
}

// What the log keeps ready for writers who do not come.
void Engine::drop_unused_segments() {
  log_->use_long_segments(false);
  log_->drop_spares();
  log_->drop_next_segment();
}

// Entries expire although nobody writes.
void Engine::schedule_expiry_check() {
  const uint64_t next = next_expiry_ms(*versions_.current());
  if (next == 0) return;
  {
    const std::lock_guard lock(background_mutex_);
    if (std::exchange(expiry_check_scheduled_, true)) return;
  }
  const uint64_t now = clock_.now_ms();
  const uint64_t wait =
      std::clamp(next > now ? next - now : 0, kShortestExpiryWaitMs, kLongestExpiryWaitMs);
  submit(Lane::kMaintenance, std::chrono::milliseconds(wait), [this] {
    {
      const std::lock_guard lock(background_mutex_);
      expiry_check_scheduled_ = false;
      settle_eagerly_ = true;
    }
    schedule_merge();
  });
}

void Engine::note_runs_scanned(uint64_t count) {
  if (runs_scanned_.fetch_add(count, std::memory_order_relaxed) < kRunsScannedBeforeDistribution) {
    return;
  }
  runs_scanned_.store(0, std::memory_order_relaxed);
  {
    const std::lock_guard lock(background_mutex_);
    runs_are_scanned_ = true;
  }
  schedule_merge();
}

void Engine::note_scan(const UserCursor::Report& report) {
  if (options_.read_only) return;
  if (report.runs > 1) note_runs_scanned(report.runs - 1);
  // A scan that passed many dead entries says that tidying up pays.
  if (report.dead < kDeadEntriesBeforeTidying || report.dead < 4 * report.shown) return;
  {
    const std::lock_guard lock(background_mutex_);
    if (std::exchange(tidying_scheduled_, true)) return;
  }
  submit(Lane::kMaintenance, kNow, [this] {
    rotate_for_tidying();
    {
      const std::lock_guard lock(background_mutex_);
      tidying_scheduled_ = false;
      settle_eagerly_ = true;
    }
    schedule_flush();
    schedule_merge();
  });
}

// The dead entries may be in the memtable.
void Engine::rotate_for_tidying() {
  const std::lock_guard lock(commit_mutex_);
  if (active_->entry_count() < kDeadEntriesBeforeTidying || immutable_count_.load() > 0) return;
  if (const Status replaced = replace_active(log_->end(), 0, 0, true); !replaced.ok()) {
    log(LogLevel::kWarning, replaced.to_string());
  }
}

void Engine::note_background_result(const char* what, const Status& status) {
  if (status.ok() || stopping_.load()) {
    const std::lock_guard lock(background_mutex_);
    forget_out_of_memory();
    background_error_ = {};
    return;
  }
  {
    const std::lock_guard lock(background_mutex_);
    background_error_ = status;
  }
  background_changed_.notify_all();
  log(LogLevel::kError, std::string(what) + " failed: " + status.to_string());
  if (status.is(StatusCode::kNoSpace) && !out_of_space_.exchange(true)) {
    tell({.kind = Event::Kind::kSpaceExhausted, .message = status.message()});
  } else if (status.is(StatusCode::kCorruption)) {
    tell({.kind = Event::Kind::kCorruptionFound, .message = status.message()});
  }
}

void Engine::update_debt() {
  uint64_t speed = 0;
  {
    const std::lock_guard lock(background_mutex_);
    speed = flush_bytes_per_second_;
  }
  // A flush that takes longer than the last one did is no faster than it has been so far.
  if (const uint64_t bytes = flushing_bytes_.load(); bytes > 0) {
    const uint64_t now = env_.monotonic_ns();
    const uint64_t elapsed = now - std::min(flush_started_ns_.load(), now);
    const uint64_t so_far = bytes * 1'000'000'000 / std::max<uint64_t>(elapsed, 1);
    speed = speed == 0 ? so_far : std::min(speed, so_far);
  }
  const auto waiting = static_cast<int>(immutable_count_.load());
  const auto runs = static_cast<int>(versions_.current()->runs.size());
  pacer_.set_debt(waiting, runs - 2 * plan_.runs_before_distribution, speed);
}

std::set<uint64_t> Engine::pending_value_files() const {
  const std::lock_guard lock(background_mutex_);
  std::set<uint64_t> files(staged_value_files_.begin(), staged_value_files_.end());
  for (const auto& [memtable, numbers] : unflushed_value_files_) {
    files.insert(numbers.begin(), numbers.end());
  }
  return files;
}

// --- For the layers above --------------------------------------------------------------------

void Engine::submit_maintenance(std::function<void()> task) {
  submit(Lane::kMaintenance, kNow, std::move(task));
}

void Engine::submit_maintenance_after(std::chrono::milliseconds delay,
                                      std::function<void()> task) {
  submit(Lane::kMaintenance, delay, std::move(task));
}

void Engine::wait(std::unique_lock<std::mutex>& lock, std::condition_variable& condition,
                  const std::function<bool()>& ready) const {
  executor_->wait(lock, condition, ready);
}

}  // namespace ashlar
