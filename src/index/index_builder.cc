#include "index/index_builder.h"

#include <algorithm>
#include <utility>

#include "base/epoch.h"
#include "base/key_prefix.h"
#include "base/key_space.h"
#include "base/try.h"
#include "index/index_catalogue.h"
#include "index/index_upkeep.h"
#include "index/unchanged_gate.h"

namespace ashlar {
namespace {

constexpr std::size_t kChunkDocuments = 1024;
// A chunk ends with the document that takes it past this many bytes of values.
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
// A walk over the documents goes on over many chunks, as each new one has to sort what was written
// since the last; for so long, as it keeps the memory and the files that it reads.
constexpr uint64_t kReadingNs = 1'000'000'000;
// After an error that may pass.
constexpr std::chrono::milliseconds kRetryDelay{500};
constexpr std::chrono::milliseconds kConflictDelay{1};
constexpr std::chrono::milliseconds kBusyDelay{10};

bool ends_building(const Status& status) {
  return status.is(StatusCode::kDuplicate) || status.is(StatusCode::kTooLarge) ||
         status.is(StatusCode::kCorruption);
}

std::chrono::milliseconds delay_after(const Status& status) {
  switch (status.code()) {
    case StatusCode::kOk:
      return std::chrono::milliseconds(0);
    case StatusCode::kConflict:
      return kConflictDelay;
    case StatusCode::kBusy:
      return kBusyDelay;
    default:
      return kRetryDelay;
  }
}

}  // namespace

// A walk over an index's documents, standing at the first that has not been entered.
struct IndexBuilder::Reading {
  Reading(Engine& engine, const std::shared_ptr<const Index>& index, const std::string& next)
      : id(index->id()),
        opened_ns(engine.env().monotonic_ns()),
        snapshot(engine.take_snapshot()),
        cursor(engine.new_cursor({.from = std::max(next, index->options().prefix),
                                  .to = end_of_prefix(index->options().prefix),
                                  .user_keys = true},
                                 &snapshot)) {
    upkeep.add(index);
  }

  bool serves(const Index& index, uint64_t now_ns) const {
    return id == index.id() && now_ns - opened_ns < kReadingNs;
  }

  const IndexId id;
  const uint64_t opened_ns;
  const Snapshot snapshot;
  const std::unique_ptr<UserCursor> cursor;
  IndexUpkeep upkeep;
};

IndexBuilder::IndexBuilder(Engine& engine, IndexCatalogue& catalogue)
    : engine_(engine), catalogue_(catalogue) {}
IndexBuilder::~IndexBuilder() = default;

void IndexBuilder::add(std::shared_ptr<const Index> index, BuildProgress progress) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back({std::move(index), std::move(progress), {}});
    if (stopping_ || std::exchange(scheduled_, true)) return;
  }
  schedule(std::chrono::milliseconds(0));
}

void IndexBuilder::remove(IndexId id) {
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(jobs_, [&](const Job& job) { return job.index->id() == id; });
  }
  changed_.notify_all();
}

void IndexBuilder::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !working_; });
  reading_.reset();
}

std::optional<BuildProgress> IndexBuilder::progress(IndexId id) const {
  const std::lock_guard lock(mutex_);
  for (const Job& job : jobs_) {
    if (job.index->id() == id) return job.progress;
  }
  return std::nullopt;
}

Status IndexBuilder::wait(IndexId id) {
  std::unique_lock lock(mutex_);
  Status error;
  const auto ended = [&] {
    const auto job = std::find_if(jobs_.begin(), jobs_.end(),
                                  [&](const Job& each) { return each.index->id() == id; });
    if (job == jobs_.end()) return true;
    error = stopping_ ? Status::aborted("the database is being closed") : job->error;
    return !error.ok();
  };
  engine_.wait(lock, changed_, ended);
  return error;
}

void IndexBuilder::schedule(std::chrono::milliseconds delay) {
  const auto task = [self = shared_from_this()] { self->run(); };
  if (delay.count() == 0) {
    engine_.submit_maintenance(task);
  } else {
    engine_.submit_maintenance_after(delay, task);
  }
}

// One chunk, so that other maintenance has its turn.
void IndexBuilder::run() {
  std::shared_ptr<const Index> index;
  BuildProgress from;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || jobs_.empty()) {
      scheduled_ = false;
      reading_.reset();
      return;
    }
    index = jobs_.front().index;
    from = jobs_.front().progress;
    working_ = true;
  }
  const Status status = work_at(index, from);
  bool again = false;
  {
    const std::lock_guard lock(mutex_);
    working_ = false;
    const bool passing = status.is(StatusCode::kConflict) || status.is(StatusCode::kBusy);
    for (Job& job : jobs_) {
      if (job.index == index) job.error = passing ? Status() : status;
    }
    again = !stopping_ && !jobs_.empty() && !status.is(StatusCode::kReadOnly);
    scheduled_ = again;
    if (!again) reading_.reset();
  }
  changed_.notify_all();
  if (!again) return;
  schedule(delay_after(status));
}

Status IndexBuilder::work_at(const std::shared_ptr<const Index>& index, const BuildProgress& from) {
  Result<Chunk> chunk = build_chunk(index, from);
  // What failed is done again at a later moment.
  if (!chunk.ok() || chunk->at_end) reading_.reset();
  // One document may be too large for the index, but several also for one commit.
  const bool smaller_helps = chunk.status().is(StatusCode::kTooLarge) && chunk_documents_ > 1;
  if (chunk.status().is(StatusCode::kConflict) || smaller_helps) {
    chunk_documents_ = std::max<std::size_t>(chunk_documents_ / 2, 1);
    return Status::conflict(std::string(chunk.status().message()));
  }
  if (ends_building(chunk.status())) return catalogue_.fail_building(index->id(), chunk.status());
  ASHLAR_TRY(chunk.status());
  chunk_documents_ = std::min(chunk_documents_ * 2, kChunkDocuments);
  set_progress(index->id(), chunk->progress);
  return chunk->at_end ? catalogue_.finish_building(index->id()) : Status();
}

// Writers and this write the same keys, if they do anything to the same entries: [IDX-3].
Result<IndexBuilder::Chunk> IndexBuilder::build_chunk(const std::shared_ptr<const Index>& index,
                                                      const BuildProgress& from) {
  // Dropped before this: writes since then would fail to commit.
  const uint64_t rules = catalogue_.shared_set()->rules();
  if (!catalogue_.is_building(index->id())) return Status::conflict("the index was dropped");
  if (reading_ == nullptr || !reading_->serves(*index, engine_.env().monotonic_ns())) {
    reading_ = std::make_unique<Reading>(engine_, index, from.next);
  }
  Chunk chunk;
  chunk.progress = from;
  EntryChanges changes;
  ASHLAR_TRY(read_chunk(&chunk, &changes));
  // So that duplicates are neighbours.
  if (index->options().unique) changes.sort();
  Commit commit;
  commit.set_rules(rules);
  const std::string key = progress_key(index->id());
  const std::string progress = chunk.progress.to_text();
  commit.set(key, progress, 0, false);
  ASHLAR_TRY(add_traits(changes, engine_, &commit));
  UnchangedGate gate(reading_->snapshot.sequence(), commit.count());
  ASHLAR_TRY(add_entries(changes, &commit));
  ASHLAR_TRY(engine_.write_through(&gate, &commit, Durability::kProcess));
  return chunk;
}

Status IndexBuilder::read_chunk(Chunk* chunk, EntryChanges* changes) {
  UserCursor& cursor = *reading_->cursor;
  std::size_t bytes = 0;
  for (; cursor.valid(); cursor.next()) {
    if (chunk->documents == chunk_documents_ || bytes > kChunkBytes) break;
    const Entry entry = cursor.entry();
    chunk->progress.next.assign(entry.key).push_back('\0');
    ++chunk->documents;
    bytes += entry.value.size();
    const StoredValue document{entry.value, cursor.expires_at_ms()};
    ASHLAR_TRY(reading_->upkeep.collect(StoredKey(entry.key), nullptr, &document, changes));
  }
  ASHLAR_TRY(cursor.status());
  chunk->at_end = !cursor.valid();
  chunk->progress.documents_done += chunk->documents;
  return {};
}

// `changes` are additions; those of a unique index are sorted.
Status IndexBuilder::add_entries(const EntryChanges& changes, Commit* commit) {
  const EntryChange* last = nullptr;
  for (const EntryChange& change : changes.changes()) {
    if (change.exclusive) {
      if (last != nullptr && last->key == change.key) {
        ASHLAR_TRY(judge_exclusive(change, &last->value).status());
      }
      const EpochGuard guard;
      FoundEntry found;
      const Status status = engine_.find(change.key, &reading_->snapshot, &found);
      if (!status.ok() && !status.is(StatusCode::kNotFound)) return status;
      ASHLAR_TRY(judge_exclusive(change, status.ok() ? &found.value : nullptr).status());
    }
    add_change(change, commit);
    last = &change;
  }
  return {};
}

void IndexBuilder::set_progress(IndexId id, const BuildProgress& progress) {
  const std::lock_guard lock(mutex_);
  for (Job& job : jobs_) {
    if (job.index->id() == id) job.progress = progress;
  }
}

}  // namespace ashlar
