#include "ashlar/database.h"

#include <utility>

#include "api/key_prefix.h"
#include "api/read_modify_write.h"
#include "base/epoch.h"
#include "base/limits.h"
#include "base/try.h"
#include "db/engine.h"

namespace ashlar {
namespace {

// Every how many gets of a thread one is timed.
constexpr unsigned kLatencySampling = 64;

bool sample_this_get() {
  thread_local unsigned calls = 0;
  return calls++ % kLatencySampling == 0;
}

CursorBounds bounds_of(std::string_view from, std::string_view to, const RangeOptions& options) {
  return {std::string(from), std::string(to), options.reverse, options.limit};
}

Status check_range(std::string_view from, std::string_view to) {
  if (!to.empty() && to < from) {
    return Status::invalid_argument("range ends before it starts");
  }
  return {};
}

// Adds one write of a batch to a commit, after checking it.
Status add_write(Engine& engine, Batch::Operation operation, std::string_view key,
                 std::string_view value, std::chrono::milliseconds ttl, Commit* commit) {
  switch (operation) {
    case Batch::Operation::kSet: {
      ASHLAR_TRY(check_key(key));
      ASHLAR_TRY(check_value(value));
      ASHLAR_TRY_ASSIGN(const uint64_t expires_at_ms, engine.expiry_of(ttl));
      return engine.add_set(key, value, expires_at_ms, commit);
    }
    case Batch::Operation::kDelete:
      ASHLAR_TRY(check_key(key));
      commit->del(key);
      return {};
    case Batch::Operation::kDeleteRange:
      ASHLAR_TRY(check_range(key, value));
      if (key != value || value.empty()) commit->del_range(key, value);
      return {};
  }
  return Status::invalid_argument("batch holds an unknown operation");
}

}  // namespace

Database::Database(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(std::string_view path, const Options& options) {
  ASHLAR_TRY_ASSIGN(auto engine, Engine::open(std::string(path), options));
  return std::unique_ptr<Database>(new Database(std::move(engine)));
}

const std::string& Database::path() const { return engine_->path(); }

// --- One key ---------------------------------------------------------------------------------

Status Database::set(std::string_view key, std::string_view value, const WriteOptions& options) {
  return engine_->set(key, value, options);
}

Status Database::get(std::string_view key, std::string* value, const ReadOptions& options) const {
  const bool timed = sample_this_get();
  const uint64_t start = timed ? engine_->env().monotonic_ns() : 0;
  ASHLAR_TRY(check_key(key));
  {
    const EpochGuard guard;
    FoundEntry found;
    ASHLAR_TRY(engine_->find(key, options.snapshot, &found));
    value->assign(found.value);
  }
  engine_->gets().add(1);
  if (timed) engine_->get_latency().add(engine_->env().monotonic_ns() - start);
  return {};
}

Result<std::string> Database::get(std::string_view key, const ReadOptions& options) const {
  std::string value;
  ASHLAR_TRY(get(key, &value, options));
  return value;
}

Result<PinnedValue> Database::get_pinned(std::string_view key, const ReadOptions& options) const {
  ASHLAR_TRY(check_key(key));
  engine_->gets().add(1);
  return engine_->find_pinned(key, options.snapshot);
}

Status Database::del(std::string_view key, const WriteOptions& options) {
  ASHLAR_TRY(check_key(key));
  Commit commit;
  commit.del(key);
  return engine_->write(&commit, options.durability);
}

Result<bool> Database::exists(std::string_view key, const ReadOptions& options) const {
  ASHLAR_TRY(check_key(key));
  const EpochGuard guard;
  FoundEntry found;
  const Status status = engine_->find(key, options.snapshot, &found);
  if (status.is(StatusCode::kNotFound)) return false;
  ASHLAR_TRY(status);
  return true;
}

// --- Many keys -------------------------------------------------------------------------------

EntryRange Database::range(std::string_view from, std::string_view to,
                           const RangeOptions& options) const {
  return EntryRange(engine_->new_cursor(bounds_of(from, to, options), options.snapshot));
}

EntryRange Database::prefix(std::string_view prefix, const RangeOptions& options) const {
  return range(prefix, end_of_prefix(prefix), options);
}

KeyRange Database::keys(std::string_view prefix, const RangeOptions& options) const {
  return KeyRange(engine_->new_cursor(bounds_of(prefix, end_of_prefix(prefix), options),
                                      options.snapshot));
}

Result<uint64_t> Database::count(std::string_view prefix, const ReadOptions& options) const {
  return count_range(prefix, end_of_prefix(prefix), options);
}

Result<uint64_t> Database::count_range(std::string_view from, std::string_view to,
                                       const ReadOptions& options) const {
  const auto cursor = engine_->new_cursor(bounds_of(from, to, {}), options.snapshot);
  uint64_t count = 0;
  for (; cursor->valid(); cursor->next()) ++count;
  ASHLAR_TRY(cursor->status());
  return count;
}

Status Database::write(const Batch& batch, const WriteOptions& options) {
  Commit commit;
  Status status;
  batch.for_each([&](Batch::Operation operation, std::string_view key, std::string_view value,
                     std::chrono::milliseconds ttl) {
    if (!status.ok()) return;
    if (ttl.count() == 0 && operation == Batch::Operation::kSet) ttl = options.ttl;
    status = add_write(*engine_, operation, key, value, ttl, &commit);
  });
  if (!status.ok()) {
    engine_->abandon(commit);
    return status;
  }
  return engine_->write(&commit, options.durability);
}

Status Database::del_range(std::string_view from, std::string_view to,
                           const WriteOptions& options) {
  Commit commit;
  ASHLAR_TRY(add_write(*engine_, Batch::Operation::kDeleteRange, from, to, {}, &commit));
  return engine_->write(&commit, options.durability);
}

// --- Read, decide, write ---------------------------------------------------------------------

Result<int64_t> Database::increment(std::string_view key, int64_t delta,
                                    const WriteOptions& options) {
  ASHLAR_TRY(check_key(key));
  IncrementDecision decision(key, delta);
  ASHLAR_TRY(engine_->write_decided(&decision, options.durability));
  return decision.sum();
}

Result<bool> Database::compare_and_set(std::string_view key,
                                       std::optional<std::string_view> expected,
                                       std::optional<std::string_view> desired,
                                       const WriteOptions& options) {
  ASHLAR_TRY(check_key(key));
  if (desired) ASHLAR_TRY(check_value(*desired));
  ASHLAR_TRY_ASSIGN(const uint64_t expires_at_ms, engine_->expiry_of(options.ttl));
  CompareAndSetDecision decision(key, expected, desired, expires_at_ms);
  ASHLAR_TRY(engine_->write_decided(&decision, options.durability));
  return decision.done();
}

// --- Time to live ----------------------------------------------------------------------------

Result<std::optional<std::chrono::milliseconds>> Database::ttl(std::string_view key) const {
  ASHLAR_TRY(check_key(key));
  const EpochGuard guard;
  FoundEntry found;
  ASHLAR_TRY(engine_->find(key, nullptr, &found));
  if (found.expires_at_ms == 0) return std::optional<std::chrono::milliseconds>();
  const uint64_t now = engine_->now_ms();
  if (now >= found.expires_at_ms) return Status::not_found("no such key");
  return std::optional(std::chrono::milliseconds(found.expires_at_ms - now));
}

Status Database::persist(std::string_view key, const WriteOptions& options) {
  ASHLAR_TRY(check_key(key));
  ChangeExpiryDecision decision(key, 0, false);
  return engine_->write_decided(&decision, options.durability);
}

Status Database::expire(std::string_view key, std::chrono::system_clock::time_point at,
                        const WriteOptions& options) {
  ASHLAR_TRY(check_key(key));
  const auto at_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  const bool passed = at_ms <= 0 || static_cast<uint64_t>(at_ms) <= engine_->now_ms();
  ChangeExpiryDecision decision(key, passed ? 0 : static_cast<uint64_t>(at_ms), passed);
  return engine_->write_decided(&decision, options.durability);
}

// --- Moments and care ------------------------------------------------------------------------

Snapshot Database::snapshot() const { return engine_->take_snapshot(); }
Status Database::flush() { return engine_->flush(); }
Status Database::sync() { return engine_->sync(); }
Status Database::compact() { return engine_->compact(); }
Status Database::wait_for_background() { return engine_->wait_for_background(); }
Statistics Database::statistics() const { return engine_->statistics(); }

Result<VerifyReport> Database::verify(const Progress& progress) const {
  VerifyFindings findings;
  ASHLAR_TRY(engine_->verify(progress, &findings));
  VerifyReport report;
  report.files = findings.files;
  report.bytes = findings.bytes;
  report.entries = findings.entries;
  report.problems = std::move(findings.problems);
  return report;
}

}  // namespace ashlar
