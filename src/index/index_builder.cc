#include "index/index_builder.h"

#include <algorithm>
#include <utility>

#include "base/key_prefix.h"
#include "base/key_space.h"
#include "base/try.h"
#include "document/json_text.h"
#include "index/index_catalogue.h"
#include "index/index_upkeep.h"
#include "txn/transaction_state.h"

namespace ashlar {
namespace {

constexpr std::size_t kChunkDocuments = 256;
// A chunk ends with the document that takes it past this many bytes of values.
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
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

std::string BuildProgress::to_text() const {
  // Keys are bytes of any kind, and JSON is not: the key is behind the JSON.
  return to_json(JsonValue::object({{"done", JsonValue::unsigned_integer(documents_done)},
                                    {"total", JsonValue::unsigned_integer(documents_total)}})) +
         "\n" + next;
}

Result<BuildProgress> BuildProgress::parse(std::string_view text) {
  const std::size_t line = text.find('\n');
  const auto json = parse_json(text.substr(0, line));
  if (line == std::string_view::npos || !json.ok()) {
    return Status::corruption("the progress of an index's building is damaged");
  }
  BuildProgress progress;
  const auto number = [&](std::string_view name) -> uint64_t {
    const JsonValue* const member = json->find(name);
    const bool usable = member != nullptr && member->kind() == JsonValue::Kind::kInt;
    return usable ? static_cast<uint64_t>(member->as_int()) : 0;
  };
  progress.documents_done = number("done");
  progress.documents_total = number("total");
  progress.next = text.substr(line + 1);
  return progress;
}

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
      return;
    }
    index = jobs_.front().index;
    from = jobs_.front().progress;
    working_ = true;
  }
  const Status status = work_at(*index, from);
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
  }
  changed_.notify_all();
  if (!again) return;
  schedule(delay_after(status));
}

Status IndexBuilder::work_at(const Index& index, const BuildProgress& from) {
  Result<Chunk> chunk = build_chunk(index, from);
  // One document may be too large for the index, but several also for one commit.
  const bool smaller_helps = chunk.status().is(StatusCode::kTooLarge) && chunk_documents_ > 1;
  if (chunk.status().is(StatusCode::kConflict) || smaller_helps) {
    chunk_documents_ = std::max<std::size_t>(chunk_documents_ / 2, 1);
    return Status::conflict(std::string(chunk.status().message()));
  }
  if (ends_building(chunk.status())) return catalogue_.fail_building(index.id(), chunk.status());
  ASHLAR_TRY(chunk.status());
  chunk_documents_ = std::min(chunk_documents_ * 2, kChunkDocuments);
  set_progress(index.id(), chunk->progress);
  return chunk->at_end ? catalogue_.finish_building(index.id()) : Status();
}

// Writers and this write the same keys, if they do anything to the same entries: [IDX-3].
Result<IndexBuilder::Chunk> IndexBuilder::build_chunk(const Index& index,
                                                      const BuildProgress& from) {
  TransactionOptions options;
  options.isolation = Isolation::kSnapshot;
  options.durability = Durability::kProcess;
  options.owner = "building index '" + index.name() + "'";
  TransactionState transaction(engine_, options, &catalogue_);
  const std::string& prefix = index.options().prefix;
  WantedParts wanted;
  index.add_wanted_parts(&wanted);
  const auto cursor = transaction.new_cursor(
      {.from = std::max(from.next, prefix), .to = end_of_prefix(prefix), .user_keys = true});
  Chunk chunk;
  chunk.progress = from;
  std::size_t bytes = 0;
  for (; cursor->valid(); cursor->next()) {
    if (chunk.documents == chunk_documents_ || bytes > kChunkBytes) break;
    const Entry entry = cursor->entry();
    chunk.progress.next.assign(entry.key).push_back('\0');
    ++chunk.documents;
    bytes += entry.value.size();
    const StoredKey key(entry.key);
    const auto document = find_document(transaction, key, wanted);
    ASHLAR_TRY(document.status());
    if (!*document) continue;
    ASHLAR_TRY(replace_entries(index, transaction, key, nullptr, &**document));
  }
  ASHLAR_TRY(cursor->status());
  chunk.at_end = !cursor->valid();
  chunk.progress.documents_done += chunk.documents;
  ASHLAR_TRY(transaction.set_until(progress_key(index.id()), chunk.progress.to_text(), 0));
  // Dropped before the transaction's first write: writes since then would fail to commit.
  if (!catalogue_.is_building(index.id())) return Status::conflict("the index was dropped");
  ASHLAR_TRY(transaction.commit());
  return chunk;
}

void IndexBuilder::set_progress(IndexId id, const BuildProgress& progress) {
  const std::lock_guard lock(mutex_);
  for (Job& job : jobs_) {
    if (job.index->id() == id) job.progress = progress;
  }
}

}  // namespace ashlar
