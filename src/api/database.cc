#include "ashlar/database.h"

#include <algorithm>
#include <utility>

#include "api/read_modify_write.h"
#include "api/thread_transactions.h"
#include "base/epoch.h"
#include "base/key_prefix.h"
#include "base/limits.h"
#include "base/try.h"
#include "db/engine.h"
#include "txn/transaction_registry.h"
#include "txn/transaction_state.h"

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

// In the order in which they depend on one another: transactions go first at the end.
struct Database::Parts {
  explicit Parts(std::unique_ptr<Engine> opened) : engine(std::move(opened)) {}

  std::unique_ptr<Engine> engine;
  TransactionRegistry registry;
  ThreadTransactions bound;
};

Database::Database(std::unique_ptr<Parts> parts)
    : parts_(std::move(parts)), engine_(parts_->engine.get()) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(std::string_view path, const Options& options) {
  ASHLAR_TRY_ASSIGN(auto engine, Engine::open(std::string(path), options));
  return std::unique_ptr<Database>(new Database(std::make_unique<Parts>(std::move(engine))));
}

Transaction* Database::bound_transaction() const { return parts_->bound.mine(); }

const std::string& Database::path() const { return engine_->path(); }

// --- One key ---------------------------------------------------------------------------------

Status Database::set(std::string_view key, std::string_view value, const WriteOptions& options) {
  if (auto* tx = bound_transaction()) return tx->set(key, value, options.ttl);
  return engine_->set(key, value, options);
}

Status Database::get(std::string_view key, std::string* value, const ReadOptions& options) const {
  if (auto* tx = options.snapshot == nullptr ? bound_transaction() : nullptr) {
    return tx->get(key, value);
  }
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
  if (auto* tx = options.snapshot == nullptr ? bound_transaction() : nullptr) {
    auto value = std::make_shared<std::string>();
    ASHLAR_TRY(tx->get(key, value.get()));
    const std::string_view bytes = *value;
    return PinnedValue(bytes, std::move(value));
  }
  ASHLAR_TRY(check_key(key));
  engine_->gets().add(1);
  return engine_->find_pinned(key, options.snapshot);
}

Status Database::del(std::string_view key, const WriteOptions& options) {
  if (auto* tx = bound_transaction()) return tx->del(key);
  ASHLAR_TRY(check_key(key));
  Commit commit;
  commit.del(key);
  return engine_->write(&commit, options.durability);
}

Result<bool> Database::exists(std::string_view key, const ReadOptions& options) const {
  if (auto* tx = options.snapshot == nullptr ? bound_transaction() : nullptr) {
    return tx->exists(key);
  }
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
  if (auto* tx = options.snapshot == nullptr ? bound_transaction() : nullptr) {
    return tx->range(from, to, options.reverse, options.limit);
  }
  return EntryRange(engine_->new_cursor(bounds_of(from, to, options), options.snapshot));
}

EntryRange Database::prefix(std::string_view prefix, const RangeOptions& options) const {
  return range(prefix, end_of_prefix(prefix), options);
}

KeyRange Database::keys(std::string_view prefix, const RangeOptions& options) const {
  if (auto* tx = options.snapshot == nullptr ? bound_transaction() : nullptr) {
    return tx->keys(prefix, options.reverse, options.limit);
  }
  return KeyRange(engine_->new_cursor(bounds_of(prefix, end_of_prefix(prefix), options),
                                      options.snapshot));
}

Result<uint64_t> Database::count(std::string_view prefix, const ReadOptions& options) const {
  return count_range(prefix, end_of_prefix(prefix), options);
}

Result<uint64_t> Database::count_range(std::string_view from, std::string_view to,
                                       const ReadOptions& options) const {
  if (auto* tx = options.snapshot == nullptr ? bound_transaction() : nullptr) {
    return tx->count_range(from, to);
  }
  const auto cursor = engine_->new_cursor(bounds_of(from, to, {}), options.snapshot);
  uint64_t count = 0;
  for (; cursor->valid(); cursor->next()) ++count;
  ASHLAR_TRY(cursor->status());
  return count;
}

Status Database::write(const Batch& batch, const WriteOptions& options) {
  if (auto* tx = bound_transaction()) return tx->write(batch);
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
  if (auto* tx = bound_transaction()) return tx->del_range(from, to);
  Commit commit;
  ASHLAR_TRY(add_write(*engine_, Batch::Operation::kDeleteRange, from, to, {}, &commit));
  return engine_->write(&commit, options.durability);
}

// --- Read, decide, write ---------------------------------------------------------------------

Result<int64_t> Database::increment(std::string_view key, int64_t delta,
                                    const WriteOptions& options) {
  if (auto* tx = bound_transaction()) return tx->increment(key, delta);
  ASHLAR_TRY(check_key(key));
  IncrementGate gate(key, delta);
  Commit commit;
  ASHLAR_TRY(engine_->write_through(&gate, &commit, options.durability));
  return gate.sum();
}

Result<bool> Database::compare_and_set(std::string_view key,
                                       std::optional<std::string_view> expected,
                                       std::optional<std::string_view> desired,
                                       const WriteOptions& options) {
  if (auto* tx = bound_transaction()) {
    return tx->compare_and_set(key, expected, desired, options.ttl);
  }
  ASHLAR_TRY(check_key(key));
  if (desired) ASHLAR_TRY(check_value(*desired));
  ASHLAR_TRY_ASSIGN(const uint64_t expires_at_ms, engine_->expiry_of(options.ttl));
  CompareAndSetGate gate(key, expected);
  Commit commit;
  if (desired) {
    ASHLAR_TRY(engine_->add_set(key, *desired, expires_at_ms, &commit));
  } else {
    commit.del(key);
  }
  ASHLAR_TRY(engine_->write_through(&gate, &commit, options.durability));
  return gate.done();
}

// --- Time to live ----------------------------------------------------------------------------

Result<std::optional<std::chrono::milliseconds>> Database::ttl(std::string_view key) const {
  if (auto* tx = bound_transaction()) return tx->ttl(key);
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
  if (auto* tx = bound_transaction()) return tx->persist(key);
  return transact([&](Transaction& tx) { return tx.persist(key); },
                  {.durability = options.durability, .owner = "persist"});
}

Status Database::expire(std::string_view key, std::chrono::system_clock::time_point at,
                        const WriteOptions& options) {
  if (auto* tx = bound_transaction()) return tx->expire(key, at);
  return transact([&](Transaction& tx) { return tx.expire(key, at); },
                  {.durability = options.durability, .owner = "expire"});
}

// --- Transactions ----------------------------------------------------------------------------

Transaction Database::begin(const TransactionOptions& options) {
  return Transaction(std::make_shared<TransactionState>(*engine_, parts_->registry, options));
}

Status Database::begin_transaction(const TransactionOptions& options) {
  if (bound_transaction() != nullptr) {
    return Status::invalid_argument("this thread has a transaction open already");
  }
  parts_->bound.bind(begin(options));
  return {};
}

Result<Transaction*> Database::require_bound() const {
  Transaction* const tx = bound_transaction();
  if (tx == nullptr) return Status::invalid_argument("this thread has no transaction open");
  return tx;
}

Status Database::commit() {
  ASHLAR_TRY_ASSIGN(Transaction* const tx, require_bound());
  const Status status = tx->commit();
  parts_->bound.unbind();
  return status;
}

Status Database::rollback() {
  ASHLAR_TRY(require_bound().status());
  parts_->bound.unbind();
  return {};
}

Status Database::savepoint(std::string_view name) {
  ASHLAR_TRY_ASSIGN(Transaction* const tx, require_bound());
  return tx->savepoint(name);
}

Status Database::rollback_to(std::string_view name) {
  ASHLAR_TRY_ASSIGN(Transaction* const tx, require_bound());
  return tx->rollback_to(name);
}

// Random, so that transactions that met once do not meet again (as in Ethernet's back-off).
void Database::pause_before_attempt(int attempt) {
  constexpr uint64_t kLongestPauseUs = 20'000;
  const uint64_t limit = std::min(kLongestPauseUs, uint64_t{20} << std::min(attempt, 12));
  engine_->env().sleep(std::chrono::microseconds(engine_->env().random() % limit));
}

// --- Moments and care ------------------------------------------------------------------------

Snapshot Database::snapshot() const { return engine_->take_snapshot(); }
Status Database::flush() { return engine_->flush(); }
Status Database::sync() { return engine_->sync(); }
Status Database::compact() { return engine_->compact(); }
Status Database::wait_for_background() { return engine_->wait_for_background(); }

Statistics Database::statistics() const {
  Statistics statistics = engine_->statistics();
  parts_->registry.describe(engine_->env().monotonic_ns(), &statistics);
  return statistics;
}

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
