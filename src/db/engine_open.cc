// Opening a folder: what is there, recovery of the log, and closing.
#include <algorithm>
#include <new>
#include <utility>

#include "base/checksum.h"
#include "base/coding.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/try.h"
#include "compaction/flush_job.h"
#include "db/engine.h"
#include "env/posix_env.h"
#include "version/file_names.h"
#include "wal/log_dump.h"
#include "wal/log_segment.h"

namespace ashlar {
namespace {

// Beside a live writer, files may vanish between being named and being opened; a few attempts
// always find a moment at which all are there.
constexpr int kReadOnlyAttempts = 20;
constexpr std::chrono::milliseconds kReadOnlyPause{5};

Status check_options(const Options& options) {
  if (options.memory_budget < Options::kMinimumMemoryBudget) {
    return Status::invalid_argument("memory_budget is " + std::to_string(options.memory_budget) +
                                    " bytes; the least is " +
                                    std::to_string(Options::kMinimumMemoryBudget));
  }
  if (static_cast<unsigned>(options.compression) > 3) {
    return Status::invalid_argument("compression is not one of the known kinds");
  }
  if (static_cast<unsigned>(options.durability) > 1) {
    return Status::invalid_argument("durability is not one of the known kinds");
  }
  return {};
}

// What a folder without CURRENT may hold: what a crash during its creation leaves behind.
bool may_precede_database(const DirectoryEntry& entry) {
  if (entry.is_directory) return false;
  if (entry.name == kLockFileName || entry.name == kRingFileName ||
      entry.name.starts_with(kCurrentFileName)) {
    return true;
  }
  const auto parsed = parse_file_name(entry.name);
  return parsed && (parsed->type == FileType::kManifest || parsed->type == FileType::kLog);
}

// A log with a commit in it was not left behind by a crash during creation.
Status check_log_is_empty(Env& env, const std::string& path, const std::string& name) {
  bool has_commit = false;
  // What can't be read as a segment holds no commit.
  (void)dump_segment(env, join_path(path, name), [&](const DumpedFrame& frame) {
    has_commit = has_commit || frame.header.kind == FrameKind::kCommit;
    return Status();
  });
  if (!has_commit) return {};
  return Status::corruption(join_path(path, kCurrentFileName) + ": missing, though " + name +
                            " holds commits");
}

Status check_folder_is_free(Env& env, const std::string& path) {
  ASHLAR_TRY_ASSIGN(const auto entries, env.list(path));
  for (const DirectoryEntry& entry : entries) {
    if (may_precede_database(entry)) {
      const auto parsed = parse_file_name(entry.name);
      if (parsed && parsed->type == FileType::kLog) {
        ASHLAR_TRY(check_log_is_empty(env, path, entry.name));
      }
      continue;
    }
    if (parse_file_name(entry.name)) {
      return Status::corruption(join_path(path, kCurrentFileName) + ": missing, though " +
                                entry.name + " is there");
    }
    return Status::invalid_argument(path + " is no database and not empty: it holds " +
                                    entry.name);
  }
  for (const DirectoryEntry& entry : entries) {
    if (entry.name != kLockFileName) ASHLAR_TRY(env.remove(join_path(path, entry.name)));
  }
  return {};
}

}  // namespace

Engine::Engine(std::string path, const Options& options, Env& env)
    : path_(std::move(path)),
      options_(options),
      env_(env),
      budget_(options.memory_budget),
      plan_(options.memory_budget, env.volume_bytes(path_)),
      page_cache_(&budget_, plan_.minimum_page_cache_bytes),
      value_cache_(&budget_),
      memtable_memory_(plan_.memtable_bytes, kMaximumImmutableMemtables + 1, &budget_),
      versions_(env, path_, &page_cache_, &budget_, &value_cache_),
      clock_(env),
      snapshots_(std::make_shared<SnapshotRegistry>()),
      pacer_(env),
      scan_listener_([this](const UserCursor::Report& report) {
        try {
          note_scan(report);
        } catch (const std::bad_alloc&) {  // cursors end in destructors; the next one asks again
        }
      }),
      executor_(env.new_executor()),
      scrubber_(env, options.scrub_bytes_per_second, &budget_) {
  jobs_.reset(new JobContext{
      .env = env_,
      .versions = versions_,
      .budget = budget_,
      .compression = options_.compression,
      .table_bytes = plan_.table_bytes,
      .buffer_bytes = plan_.merge_buffer_bytes,
      .snapshots = [this] { return snapshots_->sequences(env_.monotonic_ns()); },
      // [TTL-2] A transaction's clock stands still: merges keep what it may still see.
      .now_ms =
          [this] {
            return std::min(clock_.now_ms(), snapshots_->oldest_clock_ms(env_.monotonic_ns()));
          },
      .may_keep_image = [this](std::size_t bytes) { return may_keep_image(bytes); },
      .pending_value_files = [this] { return pending_value_files(); },
      .publish = [this](std::shared_ptr<const Version> v) {
        publish_version(std::move(v));
        collect_retired();
      },
      .stopping = stopping_,
  });
  spare_background_error_ = Status::out_of_memory("background work of " + path_ +
                                                  " found no memory; it will be tried again");
  spare_failure_ = Status::read_only(
      "memory ran out during a commit, so that " + path_ +
      " takes no more writes until it is opened anew");
  flush_started_ns_ = env_.monotonic_ns();
}

Result<std::unique_ptr<Engine>> Engine::open(const std::string& path, const Options& options) {
  ASHLAR_TRY(check_options(options));
  Env& env = options.env != nullptr ? *options.env : *real_env();
  for (int attempt = 1;; ++attempt) {
    std::unique_ptr<Engine> engine(new Engine(path, options, env));
    Status opened = engine->open_folder();
    if (opened.ok()) return engine;
    const bool may_have_changed = opened.is(StatusCode::kBusy) ||
                                  opened.is(StatusCode::kCorruption) ||
                                  opened.is(StatusCode::kNotFound);
    if (!options.read_only || !may_have_changed || attempt == kReadOnlyAttempts) return opened;
    engine.reset();
    env.sleep(kReadOnlyPause);
  }
}

Status Engine::open_folder() {
  ASHLAR_TRY_ASSIGN(const bool folder_exists, env_.exists(path_));
  const bool may_create = options_.create_if_missing && !options_.read_only;
  if (!folder_exists) {
    if (!may_create) return Status::not_found("no database in " + path_);
    ASHLAR_TRY(env_.create_folder(path_));
    const std::string_view parent = parent_folder(path_);
    ASHLAR_TRY(env_.sync_folder(parent.empty() ? "." : std::string(parent)));
  }
  if (!options_.read_only) {
    ASHLAR_TRY_ASSIGN(lock_, env_.lock(join_path(path_, kLockFileName)));
  }
  ASHLAR_TRY_ASSIGN(const bool exists, env_.exists(join_path(path_, kCurrentFileName)));
  if (exists) {
    ASHLAR_TRY(versions_.recover(!options_.read_only));
  } else {
    ASHLAR_TRY(check_folder_is_free(env_, path_));
    if (!may_create) return Status::not_found("no database in " + path_);
  }
  last_sequence_ = versions_.last_sequence();

  auto view = new_view(ReadView());
  view->version = versions_.current();
  view->replaced = std::make_shared<ReplacedImages>();
  ASHLAR_TRY_ASSIGN(active_, Memtable::create(plan_.memtable_bytes, versions_.log_bounds().start,
                                              &memtable_memory_));
  view->active = active_;
  active_->show_buckets_to(&active_buckets_);
  {
    const std::lock_guard lock(view_mutex_);
    publish_view(std::move(view));
  }
  ASHLAR_TRY(exists ? recover_log() : create_database());
  visible_.store(last_sequence_, std::memory_order_release);
  update_cache_capacity();
  submit(Lane::kMaintenance, {}, [this] { load_images(); });
  if (!options_.read_only) {
    schedule_flush();
    schedule_merge();
    schedule_scrub(scrubber_.first_wait(*versions_.current()));
  }
  return {};
}

// CURRENT comes last: from then on the folder is a database, and has a log.
Status Engine::create_database() {
  ASHLAR_TRY(start_log(LogEnd{}));
  ASHLAR_TRY(versions_.create());
  return open_archive();
}

Status Engine::open_archive() {
  if (options_.log_archive.empty()) return {};
  archive_.emplace(env_, options_.log_archive);
  return archive_->open(versions_.database_id());
}

Status Engine::recover_log() {
  const LogBounds bounds = versions_.log_bounds();
  ReplayQueue queue([this](const Commit::Item& item) { active_->prefetch(item.hash); },
                    [this](const ReplayedCommit& commit) { return replay_commit(commit); });
  ASHLAR_TRY_ASSIGN(const LogEnd end,
                    replay_log(env_, path_, bounds.start,
                               [&](const LogFrame& frame) { return queue.put(frame); }));
  ASHLAR_TRY(queue.finish());
  if (end.position < bounds.synced) {
    return Status::corruption(
        path_ + ": the log ends at position " + std::to_string(end.position) +
        ", though the manifest says that it was on disk up to " + std::to_string(bounds.synced));
  }
  last_sequence_ = std::max(last_sequence_, end.last_sequence);
  replayed_end_ = end.position;
  if (options_.read_only) return {};
  ASHLAR_TRY(complete_newest_segment(env_, path_, end));
  ASHLAR_TRY(open_archive());
  ASHLAR_TRY(start_log(end));
  VersionEdit edit;
  edit.log_synced = log_->durable();
  // On a full disk the next version says so.
  const Status noted = versions_.apply(std::move(edit), {}, jobs_->publish);
  return noted.is(StatusCode::kNoSpace) ? Status() : noted;
}

Status Engine::replay_commit(const ReplayedCommit& commit) {
  const std::size_t bytes = commit.operations.size();
  if (!active_->fits(bytes, commit.items.size())) {
    ASHLAR_TRY_ASSIGN(const bool keep, must_keep_active(commit.position));
    ASHLAR_TRY(replace_active(commit.position, bytes, commit.items.size(), keep));
  }
  const std::string_view operations = commit.operations;
  for (const Commit::Item& item : commit.items) {
    active_->add(commit.sequence, operations.substr(item.offset, item.size), item.operation,
                 item.hash);
    note_value_file(item.operation);
  }
  active_->end_commit();
  last_sequence_ = std::max(last_sequence_, commit.sequence);
  return {};
}

// Flushes the active memtable, unless it has to stay in memory.
Result<bool> Engine::must_keep_active(uint64_t log_position) {
  if (active_->empty()) return false;
  // Those behind one that stays must not be flushed before it.
  if (options_.read_only || immutable_count_.load() > 0) return true;
  const Status flushed = flush_while_recovering(log_position);
  // A full disk does not keep anybody from reading; it is flushed when there is room.
  if (flushed.is(StatusCode::kNoSpace)) return true;
  ASHLAR_TRY(flushed);
  return false;
}

Status Engine::flush_while_recovering(uint64_t log_position) {
  FlushRequest request;
  request.memtable = active_;
  request.log_start = log_position;
  request.last_sequence = last_sequence_;
  JobReport report;
  ASHLAR_TRY(flush_memtable(*jobs_, request, &report));
  const std::lock_guard lock(background_mutex_);
  unflushed_value_files_.erase(active_.get());
  return {};
}

Status Engine::start_log(const LogEnd& end) {
  LogOptions log_options;
  log_options.segment_bytes = plan_.segment_bytes;
  log_options.ring_bytes = plan_.ring_bytes;
  log_options.ballast_bytes = plan_.ballast_bytes;
  log_options.spare_segments = plan_.spare_segments;
  log_options.prewrite = options_.durability == Durability::kDisk;
  LogStart start;
  start.position = std::max(end.position, versions_.log_bounds().synced);
  start.next_sequence = last_sequence_ + 1;
  for (const uint64_t number : end.leftovers) ASHLAR_TRY(remove_leftover_segment(number));
  ASHLAR_TRY_ASSIGN(
      log_, LogWriter::create(
                env_, path_, log_options, start, [this] { return versions_.new_file_number(); },
                end.segments, &budget_));
  if (!options_.log_archive.empty()) {
    log_->set_archive([this](const std::string& segment) { return archive_->add(segment); });
  }
  log_->set_dirty_listener([this](bool urgent) { schedule_log_write(urgent); });
  return {};
}

// [ARCHIVE-1] One that was used may hold commits that a crash kept from the archive.
Status Engine::remove_leftover_segment(uint64_t number) {
  const std::string path = versions_.path_of(FileType::kLog, number);
  if (archive_) {
    ASHLAR_TRY_ASSIGN(const auto file, env_.open_file(path, {}));
    const auto header = read_segment_header(*file);
    const bool blank = header.ok() && !*header;
    if (!blank) ASHLAR_TRY(archive_->add(path));
  }
  return env_.remove(path);
}

Engine::~Engine() { close(); }

void Engine::close() {
  stopping_.store(true);
  executor_->stop();
  // Everything acknowledged for the disk is there; this is for what only has to survive the process.
  try {
    if (log_ && !failed_.load()) {
      (void)log_->sync(log_->end());
      log_->drop_spares();
    }
  } catch (const std::bad_alloc&) {  // the ring has it, for whoever opens the database next
  }
  view_.store(nullptr, std::memory_order_seq_cst);
  view_owner_.reset();
  retired_.collect();
  old_views_.free();
}

}  // namespace ashlar
