// The engine: one open database folder, without transactions, documents or queries.
//
// One file for each thing that it does: engine_open.cc, engine_write.cc, engine_read.cc,
// engine_background.cc, engine_memory.cc, engine_checkpoint.cc, engine_care.cc (verify, statistics).
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "ashlar/options.h"
#include "ashlar/snapshot.h"
#include "ashlar/statistics.h"
#include "ashlar/value.h"
#include "base/epoch.h"
#include "base/latency_histogram.h"
#include "base/memory_budget.h"
#include "base/sharded_counter.h"
#include "base/spin_mutex.h"
#include "compaction/job_context.h"
#include "compaction/picker.h"
#include "db/commit.h"
#include "db/expiry_clock.h"
#include "db/latest_state.h"
#include "db/log_archive.h"
#include "db/memory_plan.h"
#include "db/old_views.h"
#include "db/read_view.h"
#include "db/replay_queue.h"
#include "db/scrubber.h"
#include "db/snapshot_registry.h"
#include "db/user_cursor.h"
#include "db/write_pacer.h"
#include "env/env.h"
#include "table/page_cache.h"
#include "table/value_cache.h"
#include "version/version_set.h"
#include "wal/log_reader.h"
#include "wal/log_writer.h"

namespace ashlar {

// An entry as a reader sees it: live, its value brought from wherever it lies.
struct FoundEntry {
  std::string_view value;  // into `owner`, `buffer`, or memory that the caller's EpochGuard holds
  uint64_t expires_at_ms = 0;
  SequenceNumber sequence = 0;
  TableLookup lookup;
  std::string buffer;
};

// What Engine::verify() has read and found.
struct VerifyFindings {
  uint64_t files = 0;
  uint64_t bytes = 0;
  uint64_t entries = 0;
  std::vector<std::string> problems;
};

// A table or value file that belongs to a checkpoint.
struct CheckpointFile {
  std::string source;  // its path
  std::string name;    // in the copy
  uint64_t bytes = 0;
  uint32_t checksum = 0;  // as the manifest has it
};

// The moment of a checkpoint.
struct CheckpointInfo {
  SequenceNumber last_sequence = 0;
  uint64_t log_position = 0;  // where the original's log goes on
  uint64_t taken_us = 0;      // no commit in it is younger
  uint64_t database_id = 0;   // the original's
};

// Looks at the newest state at the moment of a commit: no other commit can come between what it
// sees and what is written.
class CommitGate {
 public:
  virtual ~CommitGate() = default;
  // May fill the commit, or clear it: then nothing is written. Called again if others committed
  // meanwhile; what it fills in must then be made anew. An error ends the commit, and nothing is
  // written.
  virtual Status pass(const LatestState& latest, Commit* commit) = 0;
  // Called under the commit lock once the commit is in log and memtable, before any later one.
  virtual void committed(SequenceNumber) {}
};

// Ownership: one per open folder. Destroying it ends all background work.
// Threads:   any, except for open().
// Lock order: commit_mutex_, then view_mutex_; neither is held over a wait for the other's holder.
// Invariants: [ENG-1] sequences are assigned, logged and added to the memtable in one order, under
//             commit_mutex_. [ENG-2] a commit is visible once everything before it is, and, if it or
//             anything before it asked for the disk, is on it. [ENG-6] if memory runs out when the
//             log has a commit, but the memtable has not, no other is taken. [ENG-7] When the disk
//             is full, a flush or merge borrows the log's ballast: once it is done, parts of the log
//             or its inputs can go.
class Engine {
 public:
  static Result<std::unique_ptr<Engine>> open(const std::string& path, const Options& options);
  ~Engine();

  // --- Reading (engine_read.cc) ---
  // Under an EpochGuard of the caller's; found->value is valid under it and while *found lives.
  // `now_ms`: the time by which entries are expired; 0: now.
  Status find(std::string_view key, const Snapshot* snapshot, FoundEntry* found,
              uint64_t now_ms = 0) const;
  Result<PinnedValue> find_pinned(std::string_view key, const Snapshot* snapshot) const;
  std::unique_ptr<UserCursor> new_cursor(const CursorBoundsView& bounds, const Snapshot* snapshot,
                                         uint64_t now_ms = 0) const;
  Snapshot take_snapshot() const;
  // The same for who keeps the registration himself. After `lifetime_ns` (UINT64_MAX: never) it
  // holds nothing any more: who reads at its sequence must then ask the clock after each read, and
  // forget what was read too late. *hold gets the clocks' readings; its owner is filled in already.
  void hold_newest(uint64_t lifetime_ns, SnapshotRegistry::Hold* hold) const;
  void release(SnapshotRegistry::Hold* hold) const { snapshots_->release(hold); }

  // --- Writing (engine_write.cc) ---
  // The number of the rules that commits have to be made under: what has to be written along with a
  // key. 0 at first; odd if there are any. [ENG-4] A commit made under other rules than those of
  // the moment at which it would take effect fails with kConflict; nothing is written.
  uint64_t write_rules() const { return write_rules_.load(std::memory_order_acquire); }
  // For CommitGate::committed(), and while nobody writes yet.
  void set_write_rules(uint64_t rules) { write_rules_.store(rules, std::memory_order_release); }
  Status set(std::string_view key, std::string_view value, const WriteOptions& options,
             uint64_t rules = 0);
  // `commit` has been filled and not sealed.
  Status write(Commit* commit, std::optional<Durability> durability);
  // The same if `gate` lets the commit pass. Commits that its own work makes it wait behind are few:
  // it runs under the commit lock.
  Status write_through(CommitGate* gate, Commit* commit, std::optional<Durability> durability);
  void count_conflict() { conflicts_.fetch_add(1, std::memory_order_relaxed); }
  // Adds a set to the commit, after writing a huge value to a value file of its own. key and value
  // have been checked and must outlive the commit.
  Status add_set(std::string_view key, std::string_view value, uint64_t expires_at_ms,
                 Commit* commit);
  // Gives up a commit that was begun with add_set() and will not be written.
  void abandon(const Commit& commit);
  Status sync();
  // The moment at which something written now expires; 0 for a ttl of zero.
  Result<uint64_t> expiry_of(std::chrono::milliseconds ttl) const;

  // --- Background (engine_background.cc) ---
  Status flush();
  Status compact();
  Status wait_for_background();
  // Lets a layer above work in the background, between the engine's own maintenance. Tasks that
  // have not begun when the engine is closed are dropped.
  void submit_maintenance(std::function<void()> task);
  void submit_maintenance_after(std::chrono::milliseconds delay, std::function<void()> task);
  // Executor::wait().
  void wait(std::unique_lock<std::mutex>& lock, std::condition_variable& condition,
            const std::function<bool()>& ready) const;

  // --- Care (engine_care.cc) ---
  // Problems are findings; an error means that the check itself could not go on.
  Status verify(const std::function<bool(uint64_t done, uint64_t total)>& progress,
                VerifyFindings* findings) const;
  Statistics statistics() const;

  // --- Checkpoints (engine_checkpoint.cc) ---
  // A copy of the database at this moment, in a new folder that appears when it is complete. Tables
  // and value files are linked where the file system can. Writers go on meanwhile.
  //   kInvalidArgument  there is something called `destination`.
  //   kBusy             only if opened read-only: the writer took files away; open anew, try again.
  Status checkpoint(const std::string& destination) const;
  // The same into `folder`, which is empty, except that `place` sees to tables and value files, and
  // the folder's entries are not synced.
  Status write_checkpoint(const std::string& folder,
                          const std::function<Status(const CheckpointFile&)>& place,
                          CheckpointInfo* info) const;

  // About how many entries there are in [from, to) of stored keys (empty `to`: no end). Looks at a
  // page or two of each table; takes no notice of deletions. Errors of reading a table.
  Result<uint64_t> estimate_entries(std::string_view from, std::string_view to) const;

  const std::string& path() const { return path_; }
  bool read_only() const { return options_.read_only; }
  uint64_t now_ms() const { return clock_.now_ms(); }
  ShardedCounter& gets() const { return gets_; }
  LatencyHistogram& get_latency() const { return get_latency_; }
  LatencyHistogram& set_latency() const { return set_latency_; }
  Env& env() const { return env_; }
  MemoryBudget& memory_budget() const { return budget_; }

 private:
  friend class LatestState;
  Engine(std::string path, const Options& options, Env& env);

  // --- engine_open.cc ---
  Status open_folder();
  Status create_database();
  Status recover_log();
  Status replay_commit(const ReplayedCommit& commit);
  Result<bool> must_keep_active(uint64_t log_position);
  Status flush_while_recovering(uint64_t log_position);
  Status start_log(const LogEnd& end);
  Status remove_leftover_segment(uint64_t number);
  Status open_archive();
  void close();

  // --- engine_read.cc ---
  struct ReadPoint {
    const ReadView* view;  // valid under the caller's EpochGuard
    SequenceNumber visible;
  };
  ReadPoint read_point(const Snapshot* snapshot) const;
  Status find_in(const ReadView& view, std::string_view key, SequenceNumber visible,
                 FoundEntry* found, uint64_t now_ms) const;

  // --- engine_write.cc ---
  Status writable() const;
  Status check_size(const Commit& commit) const;
  Status commit_through(CommitGate* gate, Commit* commit, Durability durability,
                        uint64_t* log_end, SequenceNumber* sequence);
  Status commit_locked(const Commit& commit, Durability durability, uint64_t* log_end,
                       SequenceNumber* sequence);
  Status add_to_log_and_memtable(const Commit& commit, SequenceNumber next, uint64_t* log_end);
  void fail_for_memory() noexcept;
  Status finish_commit(Durability durability, uint64_t log_end, SequenceNumber sequence);
  Status make_room(std::unique_lock<SpinMutex>* lock, const Commit& commit);
  Status replace_active(uint64_t log_position, std::size_t bytes, std::size_t count, bool keep_old);
  Status cut_log();
  Status wait_for_flush();
  bool find_space(std::unique_lock<SpinMutex>* lock, const Commit& commit, int attempt);
  void unstage(const std::vector<uint64_t>& value_files);
  void note_value_file(const Operation& operation);

  void make_visible(SequenceNumber sequence);
  void note_write_failure(const Status& status);
  void note_space_returned();

  // --- engine_background.cc ---
  // A copy of a view, to be changed and published. Whoever ends up as its last holder does not have
  // to free it.
  std::shared_ptr<ReadView> new_view(const ReadView& like);
  // Under view_mutex_. Throws std::bad_alloc before it has done anything, or not at all.
  void publish_view(std::shared_ptr<const ReadView> view);
  // Work that has to be done is submitted here: it ends in a background error if memory runs out.
  void submit(Lane lane, std::chrono::milliseconds delay, std::function<void()> task);
  void run_guarded(const std::function<void()>& task) noexcept;
  void note_out_of_memory() noexcept;
  void forget_out_of_memory();  // under background_mutex_
  void publish_version(std::shared_ptr<const Version> version);
  // Frees old views: unmaps memory and removes files, so not with a lock that writers need.
  void collect_retired();
  void schedule_collection(std::chrono::milliseconds delay);
  void schedule_flush();
  void schedule_merge();
  void schedule_log_write(bool urgent);
  void schedule_idle_check();
  void run_flushes();
  Status flush_oldest(const std::shared_ptr<Memtable>& memtable, uint64_t log_start);
  void run_merges();
  Status merge_until_done();
  bool more_merges_asked_for();
  Status run_one_merge(const MergePlan& plan);
  Status wait_for_merges();
  std::optional<MergePlan> next_merge();
  void check_idle();
  void schedule_expiry_check();
  // For the ends of cursors: what they say may lead to merges.
  void note_scan(const UserCursor::Report& report);
  void note_runs_scanned(uint64_t count);
  void rotate_for_tidying();
  void update_debt();
  void note_background_result(const char* what, const Status& status);
  void drop_unused_segments();
  std::set<uint64_t> pending_value_files() const;

  // --- engine_memory.cc ---
  void load_images();
  void use_huge_pages();
  void replace_image(FileImage* image, std::shared_ptr<const HugeBuffer> copy);
  void update_cache_capacity();
  bool may_keep_image(std::size_t bytes) const;
  void work_ahead_of_writers();

  // --- engine_checkpoint.cc ---
  class LogHold;
  Status release_log(uint64_t position) const;
  uint64_t log_end() const;
  Status place_files(const VersionEdit& state,
                     const std::function<Status(const CheckpointFile&)>& place) const;
  Status copy_log(uint64_t from, uint64_t to,
                  const std::function<Status(const LogFrame&)>& take) const;

  // --- engine_care.cc ---
  void schedule_scrub(std::chrono::milliseconds wait);
  void scrub();
  static void check_pointers(const Version& version, VerifyFindings* findings);
  Status verify_log(VerifyFindings* findings) const;
  void log(LogLevel level, std::string_view message) const;
  void tell(const Event& event) const;

  const std::string path_;
  const Options options_;
  Env& env_;
  std::unique_ptr<FileLock> lock_;
  mutable MemoryBudget budget_;
  const MemoryPlan plan_;
  PageCache page_cache_;
  ValueCache value_cache_;
  MemtableMemory memtable_memory_;
  VersionSet versions_;
  mutable ExpiryClock clock_;
  const std::shared_ptr<SnapshotRegistry> snapshots_;  // snapshots share it
  WritePacer pacer_;
  const UserCursor::ScanListener scan_listener_;
  std::atomic<bool> stopping_{false};
  std::unique_ptr<JobContext> jobs_;

  // Readers load the raw pointer under an EpochGuard; the owner changes under view_mutex_.
  mutable std::mutex view_mutex_;
  std::shared_ptr<const ReadView> view_owner_;
  std::atomic<const ReadView*> view_{nullptr};
  std::shared_ptr<Memtable> flushed_memtable_;  // leaves with the next version; under view_mutex_
  OldViews old_views_;  // what others drop goes there, so that it outlives them
  mutable RetireList retired_;
  std::atomic<bool> collection_scheduled_{false};
  std::atomic<bool> working_ahead_{false};
  std::atomic<std::size_t> immutable_count_{0};  // of the view

  mutable SpinMutex commit_mutex_;
  std::shared_ptr<Memtable> active_;  // the view's; under commit_mutex_
  BucketHint active_buckets_;         // of active_; for anybody
  std::unique_ptr<LogWriter> log_;
  SequenceNumber last_sequence_ = 0;  // assigned; under commit_mutex_
  std::atomic<SequenceNumber> visible_{0};
  std::atomic<uint64_t> write_rules_{0};  // changes under commit_mutex_
  std::atomic<bool> failed_{false};  // a log write failed: read-only from now on
  std::atomic<bool> out_of_space_{false};

  std::unique_ptr<Executor> executor_;
  mutable std::mutex background_mutex_;  // guards what follows
  mutable std::condition_variable background_changed_;
  bool flush_scheduled_ = false;
  bool merge_scheduled_ = false;
  uint64_t merge_requests_ = 0;
  uint64_t merge_requests_seen_ = 0;  // before the last look at what is due
  bool idle_check_scheduled_ = false;
  bool expiry_check_scheduled_ = false;
  bool tidying_scheduled_ = false;
  std::atomic<uint64_t> runs_scanned_{0};  // since runs_are_scanned_ was last set; without the mutex
  bool runs_are_scanned_ = false;          // so often that they should be distributed
  bool settle_eagerly_ = false;  // somebody waits for the background, or nothing else is to be done
  bool order_values_ = false;    // nothing else is to be done, and there was room for it so far
  bool full_merge_wanted_ = false;
  Status background_error_;  // of the last failed job; cleared by the next that succeeds
  Status failure_;           // why the engine is read-only
  // Made ahead, for when there is no memory to make them.
  Status spare_background_error_;
  Status spare_failure_;
  // Value files that commits point to which are not in tables yet: by memtable, and of commits that
  // are being made.
  std::map<const Memtable*, std::set<uint64_t>> unflushed_value_files_;
  std::multiset<uint64_t> staged_value_files_;
  uint64_t flush_bytes_per_second_ = 0;

  std::atomic<uint64_t> flush_started_ns_{0};  // the last one; before the first, when it was opened
  std::atomic<uint64_t> flushing_bytes_{0};    // of the memtable that is being flushed; 0: none is
  std::atomic<bool> merge_running_{false};
  std::atomic<bool> log_write_scheduled_{false};

  std::optional<LogArchive> archive_;
  Scrubber scrubber_;
  int scrubs_put_off_ = 0;  // in a row; by the scrubbing task alone

  uint64_t replayed_end_ = 0;  // of the log, if opened read-only
  mutable std::mutex log_hold_mutex_;
  mutable int log_holds_ = 0;            // checkpoints that read the log
  mutable uint64_t releasable_log_ = 0;  // position before which nothing else needs it

  // A merge holds it while it runs; a flush that changes partitions takes it if it is free.
  std::mutex tree_mutex_;

  mutable ShardedCounter gets_;
  mutable LatencyHistogram get_latency_;
  mutable LatencyHistogram set_latency_;
  std::atomic<uint64_t> commits_{0};
  std::atomic<uint64_t> conflicts_{0};
  std::atomic<uint64_t> user_bytes_{0};
  std::atomic<uint64_t> flush_bytes_{0};
  std::atomic<uint64_t> merge_bytes_read_{0};
  std::atomic<uint64_t> merge_bytes_written_{0};
  std::atomic<uint64_t> flushes_{0};
  std::atomic<uint64_t> merges_{0};
  std::atomic<uint64_t> commits_at_idle_check_{0};
};

}  // namespace ashlar
