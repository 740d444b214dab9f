// The way of a commit: pace, log, memtable, visible.
#include <algorithm>
#include <new>
#include <utility>

#include "base/limits.h"
#include "base/mutants.h"
#include "base/try.h"
#include "db/dead_marker.h"
#include "db/engine.h"
#include "table/value_file.h"
#include "version/file_names.h"

namespace ashlar {
namespace {

// A commit lies in one memtable as a whole.
constexpr std::size_t kLargestCommitBytes = std::size_t{96} << 20;
constexpr std::size_t kCommitShareOfBudget = 8;
// Every how many writes of a thread one is timed.
constexpr unsigned kLatencySampling = 32;
// How far ahead in a batch places in the memtable are asked for: a tenth of the batch's time.
constexpr std::size_t kItemsAhead = 8;
// What a record takes in a memtable besides its bytes, generously.
constexpr std::size_t kMemtableBytesPerRecord = 64;

bool sample_this_call() {
  thread_local unsigned calls = 0;
  return calls++ % kLatencySampling == 0;
}

}  // namespace

Status Engine::set(std::string_view key, std::string_view value, const WriteOptions& options,
                   uint64_t rules) {
  const bool timed = sample_this_call();
  const uint64_t start = timed ? env_.monotonic_ns() : 0;
  ASHLAR_TRY(check_stored_key(key));
  ASHLAR_TRY(check_value(value));
  ASHLAR_TRY_ASSIGN(const uint64_t expires_at_ms, expiry_of(options.ttl));
  ThreadCommit reused;
  Commit& commit = *reused;
  commit.set_rules(rules);
  ASHLAR_TRY(add_set(key, value, expires_at_ms, &commit));
  ASHLAR_TRY(write(&commit, options.durability));
  if (timed) set_latency_.add(env_.monotonic_ns() - start);
  return {};
}

Result<uint64_t> Engine::expiry_of(std::chrono::milliseconds ttl) const {
  if (ttl.count() == 0) return uint64_t{0};
  if (ttl.count() < 0) {
    return Status::invalid_argument("ttl is negative: " + std::to_string(ttl.count()) + " ms");
  }
  return clock_.now_ms() + static_cast<uint64_t>(ttl.count());
}

Status Engine::add_set(std::string_view key, std::string_view value, uint64_t expires_at_ms,
                       Commit* commit) {
  if (value.size() < kHugeValueBytes) {
    commit->set(key, value, expires_at_ms, false);
    return {};
  }
  ASHLAR_TRY(writable());
  const uint64_t number = versions_.new_file_number();
  {
    const std::lock_guard lock(background_mutex_);
    staged_value_files_.insert(number);
  }
  const std::string path = versions_.path_of(FileType::kValues, number);
  ASHLAR_TRY_ASSIGN(auto builder,
                    ValueFileBuilder::create(env_, path, number, false, &budget_));
  ASHLAR_TRY_ASSIGN(const ValuePointer pointer, builder->add(key, value));
  ASHLAR_TRY_ASSIGN(const ValueFileSummary summary, builder->finish());
  ASHLAR_TRY(env_.sync_folder(path_));
  if (archive_) ASHLAR_TRY(archive_->add(path));  // [ARCHIVE-1]
  VersionSet::Opened opened;
  ASHLAR_TRY_ASSIGN(auto file, versions_.open_value_file(summary, HugeBuffer()));
  opened.value_files.push_back(std::move(file));
  VersionEdit edit;
  edit.added_value_files.push_back(summary);
  ASHLAR_TRY(versions_.apply(std::move(edit), opened, jobs_->publish));
  flush_bytes_.fetch_add(summary.file_bytes, std::memory_order_relaxed);
  commit->set_pointer(key, pointer, expires_at_ms);
  return {};
}

Status Engine::writable() const {
  if (options_.read_only) return Status::read_only(path_ + " was opened read-only");
  if (!failed_.load(std::memory_order_acquire)) return {};
  const std::lock_guard lock(background_mutex_);
  return failure_;
}

Status Engine::check_size(const Commit& commit) const {
  const std::size_t limit =
      std::min(kLargestCommitBytes, options_.memory_budget / kCommitShareOfBudget);
  const std::size_t bytes = commit.bytes().size() + commit.count() * kMemtableBytesPerRecord;
  if (bytes <= limit) return {};
  return Status::too_large("commit of " + std::to_string(commit.count()) +
                           " operations takes " + std::to_string(bytes) +
                           " bytes of memory: the limit is " + std::to_string(limit) +
                           ", an eighth of memory_budget but at most 96 MiB");
}

Status Engine::write(Commit* commit, std::optional<Durability> durability) {
  const Durability wanted = durability.value_or(options_.durability);
  uint64_t log_end = 0;
  SequenceNumber sequence = 0;
  DeadMarker hidden;
  Status status = writable();
  if (status.ok() && !commit->empty()) {
    // Asked for here, its place in the memtable is near when the log has its copy.
    active_buckets_.prefetch(commit->items().front().hash);
    commit->seal(env_.last_tick_us());
    status = check_size(*commit);
    if (status.ok()) {
      pacer_.pace(Memtable::record_bytes(commit->bytes().size(), commit->count()));
      std::unique_lock lock(commit_mutex_);
      for (int attempt = 0;; ++attempt) {
        status = make_room(&lock, *commit);
        if (status.ok()) {
          hidden.look_at(view_, *commit);
          status = commit_locked(*commit, wanted, &log_end, &sequence);
        }
        if (status.ok()) break;
        hidden.leave();
        if (!status.is(StatusCode::kNoSpace) || !find_space(&lock, *commit, attempt)) break;
      }
    }
  }
  if (status.ok()) hidden.mark(*commit, sequence);
  unstage(commit->value_files());
  if (!status.ok() || sequence == 0) return status;
  return finish_commit(wanted, log_end, sequence);
}

Status Engine::write_through(CommitGate* gate, Commit* commit,
                             std::optional<Durability> durability) {
  const Durability wanted = durability.value_or(options_.durability);
  uint64_t log_end = 0;
  SequenceNumber sequence = 0;
  const std::vector<uint64_t> staged = commit->value_files();
  const Status status = commit_through(gate, commit, wanted, &log_end, &sequence);
  unstage(staged);
  if (!status.ok() || sequence == 0) return status;
  return finish_commit(wanted, log_end, sequence);
}

Status Engine::commit_through(CommitGate* gate, Commit* commit, Durability durability,
                              uint64_t* log_end, SequenceNumber* sequence) {
  ASHLAR_TRY(writable());
  std::unique_lock lock(commit_mutex_);
  for (int attempt = 0;;) {
    const SequenceNumber looked_at = last_sequence_;
    {
      const LatestState latest(*this);
      ASHLAR_TRY(gate->pass(latest, commit));
    }
    if (commit->empty()) return {};
    commit->seal(env_.last_tick_us());
    ASHLAR_TRY(check_size(*commit));
    Status status = make_room(&lock, *commit);
    // Waiting for room lets others commit in between.
    if (status.ok() && last_sequence_ != looked_at) continue;
    DeadMarker hidden;
    if (status.ok()) {
      hidden.look_at(view_, *commit);
      status = commit_locked(*commit, durability, log_end, sequence);
    }
    if (!status.ok()) hidden.leave();
    if (status.is(StatusCode::kNoSpace) && find_space(&lock, *commit, attempt++)) continue;
    ASHLAR_TRY(status);
    gate->committed(*sequence);
    lock.unlock();
    hidden.mark(*commit, *sequence);
    return {};
  }
}

// [ENG-1]
Status Engine::commit_locked(const Commit& commit, Durability durability, uint64_t* log_end,
                             SequenceNumber* sequence) {
  // [ENG-4]
  if (commit.rules() != write_rules_.load(std::memory_order_relaxed) &&
      !ASHLAR_MUTANT("rules-not-compared")) {
    return Status::conflict("an index was created or dropped meanwhile; run the transaction again");
  }
  const SequenceNumber next = last_sequence_ + 1;
  const uint64_t log_before = log_->end();
  try {
    ASHLAR_TRY(add_to_log_and_memtable(commit, next, log_end));
  } catch (const std::bad_alloc&) {
    // [ENG-6]
    if (log_->end() != log_before) fail_for_memory();
    throw;
  }
  last_sequence_ = next;
  *sequence = next;
  // Both change under the commit lock alone.
  commits_.store(commits_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  user_bytes_.store(user_bytes_.load(std::memory_order_relaxed) + commit.user_bytes(),
                    std::memory_order_relaxed);
  // [ENG-2] Visible at once if everything before it is; behind a commit that waits for the disk,
  // finish_commit() waits with it.
  // If so, nobody else has anything to make visible, and nothing is exchanged.
  if (durability == Durability::kProcess &&
      visible_.load(std::memory_order_acquire) == next - 1) {
    visible_.store(next, std::memory_order_release);
  }
  return {};
}

Status Engine::add_to_log_and_memtable(const Commit& commit, SequenceNumber next,
                                       uint64_t* log_end) {
  Status logged = log_->append(next, commit.bytes(), commit.digest(), log_end,
                               commit.only_deletes());
  if (!logged.ok()) {
    note_write_failure(logged);
    return logged;
  }
  // A deletion may have taken what is set aside for it [LOG-9].
  const bool shows_room = !commit.only_deletes();
  if (shows_room && out_of_space_.load(std::memory_order_relaxed)) note_space_returned();
  const std::vector<Commit::Item>& items = commit.items();
  const uint64_t position = log_->last_operations();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i + kItemsAhead < items.size()) active_->prefetch(items[i + kItemsAhead].hash);
    const Commit::Item& item = items[i];
    active_->add(next, commit.bytes().substr(item.offset, item.size), item.operation, item.hash,
                 position + item.offset);
    if (item.operation.value_is_pointer) note_value_file(item.operation);
    if (ASHLAR_MUTANT("half-a-commit-visible")) {
      make_visible(next);
      env_.sleep(std::chrono::microseconds(1));
    }
  }
  active_->end_commit();
  return {};
}

Status Engine::finish_commit(Durability durability, uint64_t log_end, SequenceNumber sequence) {
  if (durability == Durability::kProcess &&
      visible_.load(std::memory_order_relaxed) >= sequence) {
    return {};
  }
  if (Status synced = log_->sync(log_end); !synced.ok()) {
    note_write_failure(synced);
    return synced;
  }
  make_visible(sequence);
  return {};
}

void Engine::make_visible(SequenceNumber sequence) {
  SequenceNumber visible = visible_.load(std::memory_order_relaxed);
  while (visible < sequence &&
         !visible_.compare_exchange_weak(visible, sequence, std::memory_order_acq_rel)) {
  }
}

Status Engine::make_room(std::unique_lock<SpinMutex>* lock, const Commit& commit) {
  const std::size_t bytes = commit.bytes().size();
  const std::size_t count = commit.count();
  if (log_->end() - active_->log_position() > plan_.memtable_log_bytes) ASHLAR_TRY(cut_log());
  while (!active_->fits(bytes, count)) {
    if (immutable_count_.load(std::memory_order_acquire) < kMaximumImmutableMemtables) {
      ASHLAR_TRY(replace_active(log_->end(), bytes, count, true));
      schedule_flush();
      continue;
    }
    lock->unlock();
    const Status waited = wait_for_flush();
    lock->lock();
    ASHLAR_TRY(writable());
    // [ENG-5] On a full disk deletions may fill one memtable more than others.
    const bool may_use_reserve =
        waited.is(StatusCode::kNoSpace) && commit.only_deletes() &&
        immutable_count_.load(std::memory_order_acquire) == kMaximumImmutableMemtables;
    if (!may_use_reserve) ASHLAR_TRY(waited);
    if (may_use_reserve && !active_->fits(bytes, count)) {
      ASHLAR_TRY(replace_active(log_->end(), bytes, count, true));
    }
  }
  return {};
}

// Many small commits that waited for the disk: their log is much larger than their memtable, and all
// of it would be kept, and read by a recovery, until that is full.
Status Engine::cut_log() {
  if (active_->empty() || immutable_count_.load(std::memory_order_acquire) > 0) return {};
  ASHLAR_TRY(replace_active(log_->end(), 0, 0, true));
  schedule_flush();
  return {};
}

// What can be done for a commit that finds the disk full: first a flush, as the log need not keep
// what lies in tables; for deletions also the end of merges, which take room for a while. False if
// there is nothing left to try.
bool Engine::find_space(std::unique_lock<SpinMutex>* lock, const Commit& commit, int attempt) {
  const bool deletes = commit.only_deletes();
  if (attempt > (deletes ? 1 : 0) || (!deletes && active_->empty())) return false;
  lock->unlock();
  // Whether they succeeded shows when the commit is tried again.
  static_cast<void>(attempt == 0 ? flush() : wait_for_merges());
  collect_retired();
  lock->lock();
  return true;
}

// Only where pacing could not keep writers slow enough, or flushing fails.
Status Engine::wait_for_flush() {
  const uint64_t start = env_.monotonic_ns();
  schedule_flush();  // again, if memory ran out where it was last scheduled
  std::unique_lock lock(background_mutex_);
  const auto has_room = [this] {
    return immutable_count_.load(std::memory_order_acquire) < kMaximumImmutableMemtables;
  };
  executor_->wait(lock, background_changed_, [&] {
    return has_room() || !background_error_.ok() || failed_.load() || stopping_.load();
  });
  pacer_.add_wait_us((env_.monotonic_ns() - start) / 1000);
  return has_room() ? Status() : background_error_;
}

Status Engine::replace_active(uint64_t log_position, std::size_t bytes, std::size_t count,
                              bool keep_old) {
  const std::size_t least = (bytes + count * kMemtableBytesPerRecord) * 5 / 4 + (64 << 10);
  ASHLAR_TRY_ASSIGN(std::shared_ptr<Memtable> fresh,
                    Memtable::create(std::max(plan_.memtable_bytes, least), log_position,
                                     &memtable_memory_));
  const std::lock_guard lock(view_mutex_);
  auto next = new_view(*view_owner_);
  if (keep_old) next->immutables.insert(next->immutables.begin(), next->active);
  next->active = fresh;
  publish_view(std::move(next));
  active_ = std::move(fresh);
  active_->show_buckets_to(&active_buckets_);
  return {};
}

void Engine::note_value_file(const Operation& operation) {
  ValuePointer pointer;
  if (!operation.value_is_pointer || !ValuePointer::decode(operation.value, &pointer)) return;
  const std::lock_guard lock(background_mutex_);
  unflushed_value_files_[active_.get()].insert(pointer.file_number);
}

void Engine::abandon(const Commit& commit) { unstage(commit.value_files()); }

void Engine::unstage(const std::vector<uint64_t>& value_files) {
  if (value_files.empty()) return;
  const std::lock_guard lock(background_mutex_);
  for (const uint64_t number : value_files) {
    const auto staged = staged_value_files_.find(number);
    if (staged != staged_value_files_.end()) staged_value_files_.erase(staged);
  }
}

void Engine::note_write_failure(const Status& status) {
  if (status.is(StatusCode::kNoSpace) || status.is(StatusCode::kBusy) ||
      status.is(StatusCode::kTooLarge)) {
    if (status.is(StatusCode::kNoSpace) && !out_of_space_.exchange(true)) {
      tell({.kind = Event::Kind::kSpaceExhausted, .message = status.message()});
    }
    return;
  }
  {
    const std::lock_guard lock(background_mutex_);
    if (failed_.load()) return;
    failure_ = Status::read_only("the log could not be written, so that " + path_ +
                                 " takes no more writes until it is opened anew: " +
                                 std::string(status.message()));
    failed_.store(true, std::memory_order_release);
  }
  background_changed_.notify_all();
  log(LogLevel::kError, status.to_string());
  tell({.kind = Event::Kind::kBecameReadOnly, .message = status.message()});
}

void Engine::fail_for_memory() noexcept {
  {
    const std::lock_guard lock(background_mutex_);
    if (failed_.load()) return;
    failure_ = std::move(spare_failure_);
    failed_.store(true, std::memory_order_release);
  }
  background_changed_.notify_all();
}

void Engine::note_space_returned() {
  if (out_of_space_.exchange(false)) {
    tell({.kind = Event::Kind::kSpaceReturned, .message = "writes succeed again"});
  }
}

Status Engine::sync() {
  ASHLAR_TRY(writable());
  SequenceNumber sequence = 0;
  uint64_t end = 0;
  {
    const std::lock_guard lock(commit_mutex_);
    sequence = last_sequence_;
    end = log_->end();
  }
  if (Status synced = log_->sync(end); !synced.ok()) {
    note_write_failure(synced);
    return synced;
  }
  make_visible(sequence);
  return {};
}

}  // namespace ashlar
