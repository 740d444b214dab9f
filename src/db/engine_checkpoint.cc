// Copies of the database at one moment, made beside its writers.
#include <memory>
#include <utility>

#include "base/limits.h"
#include "base/mutants.h"
#include "base/try.h"
#include "db/engine.h"
#include "env/new_folder.h"
#include "version/current_file.h"
#include "version/file_names.h"
#include "wal/log_reader.h"
#include "wal/log_writer.h"

namespace ashlar {
namespace {

// Beside a busy writer the log may have to be read again.
constexpr int kLogAttempts = 100;
// Small: nothing is ever read from the ring of a copy.
constexpr std::size_t kCopyRingBytes = 64 << 10;

// Writes commits to a new log of their own, which begins at position 0.
class LogCopy {
 public:
  LogCopy(Env& env, const std::string& folder, std::size_t segment_bytes, uint64_t* next_number)
      : env_(env), folder_(folder), next_number_(*next_number) {
    options_.segment_bytes = segment_bytes;
    options_.ring_bytes = kCopyRingBytes;
  }

  // `first` is the sequence of the first commit to come.
  Status begin(SequenceNumber first) {
    ASHLAR_TRY_ASSIGN(writer_, LogWriter::create(
                                   env_, folder_, options_, {.position = 0, .next_sequence = first},
                                   [this] { return next_number_++; }, {}, nullptr));
    last_ = first - 1;
    return {};
  }
  bool begun() const { return writer_ != nullptr; }
  SequenceNumber last() const { return last_; }

  Status add(const LogFrame& frame) {
    if (!begun()) ASHLAR_TRY(begin(frame.sequence));
    if (frame.sequence <= last_) return {};
    if (frame.sequence != last_ + 1) {
      return Status::corruption("the log has no commit " + std::to_string(last_ + 1));
    }
    ASHLAR_TRY_ASSIGN(const uint32_t digest, verify_operations(frame.operations));
    uint64_t end = 0;
    ASHLAR_TRY(writer_->append(frame.sequence, frame.operations, digest, &end));
    last_ = frame.sequence;
    return {};
  }

  // Everything is on stable storage afterwards; *synced is up to where.
  Status finish(uint64_t* synced) {
    ASHLAR_TRY(writer_->sync(writer_->end()));
    *synced = writer_->durable();
    writer_.reset();
    return env_.remove(join_path(folder_, kLogRingName));
  }

 private:
  Env& env_;
  const std::string& folder_;
  uint64_t& next_number_;
  LogOptions options_;
  std::unique_ptr<LogWriter> writer_;
  SequenceNumber last_ = 0;
};

}  // namespace

// While it lives, no segment of the log is given up.
class Engine::LogHold {
 public:
  explicit LogHold(const Engine& engine) : engine_(engine) {
    const std::lock_guard lock(engine_.log_hold_mutex_);
    ++engine_.log_holds_;
  }
  ~LogHold() {
    {
      const std::lock_guard lock(engine_.log_hold_mutex_);
      if (--engine_.log_holds_ > 0) return;
    }
    // What can't be removed now is tried again by the next flush.
    if (engine_.log_) (void)engine_.release_log(0);
  }
  LogHold(const LogHold&) = delete;
  LogHold& operator=(const LogHold&) = delete;

 private:
  const Engine& engine_;
};

Status Engine::release_log(uint64_t position) const {
  const std::lock_guard lock(log_hold_mutex_);
  releasable_log_ = std::max(releasable_log_, position);
  const bool held = log_holds_ > 0 && !ASHLAR_MUTANT("log-hold-ignored");
  return held ? Status() : log_->release(releasable_log_);
}

Status Engine::checkpoint(const std::string& destination) const {
  ASHLAR_TRY_ASSIGN(const auto folder, NewFolder::create(env_, destination));
  const auto place = [&](const CheckpointFile& file) {
    return link_or_copy(env_, file.source, join_path(folder->path(), file.name));
  };
  CheckpointInfo info;
  ASHLAR_TRY(write_checkpoint(folder->path(), place, &info));
  return folder->publish();
}

// The end of the log is noted first, then the version: so every value file that a commit up to
// there points to is in the version, or its commit's memtable is.
Status Engine::write_checkpoint(const std::string& folder,
                                const std::function<Status(const CheckpointFile&)>& place,
                                CheckpointInfo* info) const {
  const LogHold hold(*this);
  const uint64_t end = log_end();
  const VersionSet::Frozen frozen = versions_.freeze();
  info->taken_us = env_.wall_clock_us();
  info->database_id = versions_.database_id();
  info->log_position = std::max(end, *frozen.state.log_start);
  ASHLAR_TRY(place_files(frozen.state, place));

  VersionEdit state = frozen.state;
  uint64_t next_number = *state.next_file_number;
  const uint64_t manifest_number = next_number++;
  LogCopy copy(env_, folder, plan_.segment_bytes, &next_number);
  ASHLAR_TRY(copy_log(*frozen.state.log_start, end,
                      [&](const LogFrame& frame) { return copy.add(frame); }));
  if (!copy.begun()) ASHLAR_TRY(copy.begin(*state.last_sequence + 1));
  info->last_sequence = copy.last();
  uint64_t synced = 0;
  ASHLAR_TRY(copy.finish(&synced));

  // Another database from now on, so that nobody takes the files of one for the other's.
  state.database_id = env_.random();
  state.next_file_number = next_number;
  state.log_start = 0;
  state.log_synced = synced;
  ASHLAR_TRY(ManifestWriter::create(env_, folder, manifest_number, state).status());
  return write_current(env_, folder, manifest_number);
}

uint64_t Engine::log_end() const {
  if (options_.read_only) return replayed_end_;
  const std::lock_guard lock(commit_mutex_);
  return log_->end();
}

Status Engine::place_files(const VersionEdit& state,
                           const std::function<Status(const CheckpointFile&)>& place) const {
  const auto put = [&](FileType type, uint64_t number, uint64_t bytes,
                       uint32_t checksum) -> Status {
    Status placed =
        place({versions_.path_of(type, number), file_name(type, number), bytes, checksum});
    if (!placed.is(StatusCode::kNotFound) || !options_.read_only) return placed;
    return Status::busy("the database changed while it was copied: " +
                        std::string(placed.message()));
  };
  for (const TablePlacement& placement : state.added_tables) {
    const TableSummary& table = placement.table;
    ASHLAR_TRY(put(FileType::kTable, table.file_number, table.file_bytes, table.file_checksum));
  }
  for (const ValueFileSummary& file : state.added_value_files) {
    ASHLAR_TRY(put(FileType::kValues, file.file_number, file.file_bytes, file.file_checksum));
  }
  return {};
}

// Hands the commits in [from, to) to `take`, some of them perhaps more than once.
Status Engine::copy_log(uint64_t from, uint64_t to,
                        const std::function<Status(const LogFrame&)>& take) const {
  if (from >= to) return {};
  for (int attempt = 0; attempt < kLogAttempts; ++attempt) {
    bool reached = false;
    Status taken;
    const auto replayed = replay_log(env_, path_, from, [&](const LogFrame& frame) -> Status {
      reached = frame.position >= to;
      if (!reached) taken = take(frame);
      return reached ? Status::aborted("far enough") : taken;
    });
    if (!taken.ok()) return taken;
    if (reached || replayed.ok()) return {};
    // The writer beside a reader gives up segments that it no longer needs.
    if (options_.read_only && replayed.status().is(StatusCode::kCorruption)) {
      return Status::busy("the database changed while it was copied: " +
                          std::string(replayed.status().message()));
    }
    if (!replayed.status().is(StatusCode::kBusy)) return replayed.status();
  }
  return Status::busy("the log changed too fast to be copied");
}

}  // namespace ashlar
