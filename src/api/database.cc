#include "ashlar/database.h"

#include <utility>

#include "api/back_off.h"
#include "api/database_parts.h"
#include "api/plain_batch.h"
#include "api/read_modify_write.h"
#include "api/thread_transactions.h"
#include "api/write_path.h"
#include "base/epoch.h"
#include "base/key_prefix.h"
#include "base/key_space.h"
#include "base/limits.h"
#include "base/recycled.h"
#include "base/try.h"
#include "care/backup.h"
#include "db/engine.h"
#include "index/index_catalogue.h"
#include "index/index_check.h"
#include "index/indexed_write.h"
#include "txn/transaction_state.h"

namespace ashlar {
namespace {

// Every how many gets of a thread one is timed.
constexpr unsigned kLatencySampling = 64;

bool sample_this_get() {
  thread_local unsigned calls = 0;
  return calls++ % kLatencySampling == 0;
}

CursorBoundsView bounds_of(std::string_view from, std::string_view to,
                           const RangeOptions& options) {
  return {from, to, options.reverse, options.limit, true};
}

}  // namespace

Database::Database(std::unique_ptr<Parts> parts)
    : parts_(std::move(parts)), engine_(parts_->engine.get()) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(std::string_view path, const Options& options) {
  ASHLAR_TRY_ASSIGN(auto engine, Engine::open(std::string(path), options));
  auto parts = std::make_unique<Parts>(std::move(engine));
  ASHLAR_TRY_ASSIGN(parts->indexes, IndexCatalogue::open(*parts->engine));
  return std::unique_ptr<Database>(new Database(std::move(parts)));
}

Transaction* Database::bound_transaction() const { return parts_->bound.mine(); }

Transaction* Database::reading_transaction(const Snapshot* snapshot) const {
  return snapshot == nullptr ? bound_transaction() : nullptr;
}

const std::string& Database::path() const { return engine_->path(); }

// --- One key ---------------------------------------------------------------------------------

Status Database::set(std::string_view key, std::string_view value, const WriteOptions& options) {
  if (auto* tx = bound_transaction()) return tx->set(key, value, options.ttl);
  ASHLAR_TRY(check_key(key));
  const StoredKey stored(key);
  return parts_->write_path().run_with_entries(
      [&](const IndexSet& set) { return set.covers(stored); },
      [&](uint64_t rules) { return engine_->set(stored, value, options, rules); },
      [&](const IndexSet& set) -> Status {
        ASHLAR_TRY(check_value(value));
        ASHLAR_TRY_ASSIGN(const uint64_t expires_at_ms, engine_->expiry_of(options.ttl));
        const StoredValue after{value, expires_at_ms};
        return write_indexed(*engine_, set, stored, &after, options.durability);
      });
}

Status Database::get(std::string_view key, std::string* value, const ReadOptions& options) const {
  if (auto* tx = reading_transaction(options.snapshot)) {
    return tx->get(key, value);
  }
  const bool timed = sample_this_get();
  const uint64_t start = timed ? engine_->env().monotonic_ns() : 0;
  ASHLAR_TRY(check_key(key));
  {
    const EpochGuard guard;
    FoundEntry found;
    ASHLAR_TRY(engine_->find(StoredKey(key), options.snapshot, &found));
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
  if (auto* tx = reading_transaction(options.snapshot)) {
    auto value = std::make_shared<std::string>();
    ASHLAR_TRY(tx->get(key, value.get()));
    const std::string_view bytes = *value;
    return PinnedValue(bytes, std::move(value));
  }
  ASHLAR_TRY(check_key(key));
  engine_->gets().add(1);
  return engine_->find_pinned(StoredKey(key), options.snapshot);
}

Status Database::del(std::string_view key, const WriteOptions& options) {
  if (auto* tx = bound_transaction()) return tx->del(key);
  ASHLAR_TRY(check_key(key));
  const StoredKey stored(key);
  return parts_->write_path().run_with_entries(
      [&](const IndexSet& set) { return set.covers(stored); },
      [&](uint64_t rules) {
        ThreadCommit reused;
        Commit& commit = *reused;
        commit.set_rules(rules);
        commit.del(stored);
        return engine_->write(&commit, options.durability);
      },
      [&](const IndexSet& set) {
        return write_indexed(*engine_, set, stored, nullptr, options.durability);
      });
}

Result<bool> Database::exists(std::string_view key, const ReadOptions& options) const {
  if (auto* tx = reading_transaction(options.snapshot)) {
    return tx->exists(key);
  }
  ASHLAR_TRY(check_key(key));
  const EpochGuard guard;
  FoundEntry found;
  const Status status = engine_->find(StoredKey(key), options.snapshot, &found);
  if (status.is(StatusCode::kNotFound)) return false;
  ASHLAR_TRY(status);
  return true;
}

// --- Many keys -------------------------------------------------------------------------------

EntryRange Database::range(std::string_view from, std::string_view to,
                           const RangeOptions& options) const {
  if (auto* tx = reading_transaction(options.snapshot)) {
    return tx->range(from, to, options.reverse, options.limit);
  }
  return EntryRange(engine_->new_cursor(bounds_of(from, to, options), options.snapshot));
}

EntryRange Database::prefix(std::string_view prefix, const RangeOptions& options) const {
  return range(prefix, end_of_prefix(prefix), options);
}

KeyRange Database::keys(std::string_view prefix, const RangeOptions& options) const {
  if (auto* tx = reading_transaction(options.snapshot)) {
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
  if (auto* tx = reading_transaction(options.snapshot)) {
    return tx->count_range(from, to);
  }
  const auto cursor = engine_->new_cursor(bounds_of(from, to, {}), options.snapshot);
  uint64_t count = 0;
  for (; cursor->valid(); cursor->next()) ++count;
  ASHLAR_TRY(cursor->status());
  return count;
}

Status Database::write(const Batch& batch, const WriteOptions& options) {
  const PlainBatch plain(batch, options.ttl);
  if (auto* tx = bound_transaction()) return plain.write(tx);
  bool done = true;
  const Status status = parts_->write_path().run_with_entries(
      [&](const IndexSet& set) { return plain.is_covered_by(set); },
      [&](uint64_t rules) { return plain.write(*engine_, rules, options.durability); },
      [&](const IndexSet& set) -> Status {
        ASHLAR_TRY_ASSIGN(done, plain.write_with_entries(*engine_, set, options.durability));
        return {};
      });
  if (done) return status;
  return parts_->write_path().run_transaction(options, "write",
                                              [&](Transaction& tx) { return plain.write(&tx); });
}

Status Database::del_range(std::string_view from, std::string_view to,
                           const WriteOptions& options) {
  if (auto* tx = bound_transaction()) return tx->del_range(from, to);
  Batch batch;
  batch.del_range(from, to);
  return write(batch, options);
}

// --- Read, decide, write ---------------------------------------------------------------------

Result<int64_t> Database::increment(std::string_view key, int64_t delta,
                                    const WriteOptions& options) {
  if (auto* tx = bound_transaction()) return tx->increment(key, delta);
  ASHLAR_TRY(check_key(key));
  const StoredKey stored(key);
  return parts_->write_path().run(
      options, "increment", [&](const IndexSet& set) { return set.covers(stored); },
      [&](uint64_t rules) -> Result<int64_t> {
        IncrementGate gate(stored, delta);
        Commit commit;
        commit.set_rules(rules);
        ASHLAR_TRY(engine_->write_through(&gate, &commit, options.durability));
        return gate.sum();
      },
      [&](Transaction& tx) { return tx.increment(key, delta); });
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
  const StoredKey stored(key);
  return parts_->write_path().run(
      options, "compare_and_set", [&](const IndexSet& set) { return set.covers(stored); },
      [&](uint64_t rules) -> Result<bool> {
        CompareAndSetGate gate(stored, expected);
        Commit commit;
        commit.set_rules(rules);
        if (desired) {
          ASHLAR_TRY(engine_->add_set(stored, *desired, expires_at_ms, &commit));
        } else {
          commit.del(stored);
        }
        ASHLAR_TRY(engine_->write_through(&gate, &commit, options.durability));
        return gate.done();
      },
      [&](Transaction& tx) { return tx.compare_and_set(key, expected, desired, options.ttl); });
}

// --- Time to live ----------------------------------------------------------------------------

Result<std::optional<std::chrono::milliseconds>> Database::ttl(std::string_view key) const {
  if (auto* tx = bound_transaction()) return tx->ttl(key);
  ASHLAR_TRY(check_key(key));
  const EpochGuard guard;
  FoundEntry found;
  ASHLAR_TRY(engine_->find(StoredKey(key), nullptr, &found));
  if (found.expires_at_ms == 0) return std::optional<std::chrono::milliseconds>();
  const uint64_t now = engine_->now_ms();
  if (now >= found.expires_at_ms) return Status::no_such_key();
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
  return Transaction(std::allocate_shared<TransactionState>(
      RecyclingAllocator<TransactionState>(), *engine_, options,
      parts_->indexes.get()));
}

Status Database::begin_transaction(const TransactionOptions& options) {
  ASHLAR_TRY(require_unbound());
  parts_->bound.bind(begin(options));
  return {};
}

Status Database::require_unbound() const {
  if (bound_transaction() == nullptr) return {};
  return Status::invalid_argument("this thread has a transaction open already");
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

void Database::pause_before_attempt(int attempt) {
  ashlar::pause_before_attempt(engine_->env(), attempt);
}

// --- Indexes ---------------------------------------------------------------------------------

Status Database::create_index(std::string_view name, const IndexOptions& options) {
  ASHLAR_TRY(require_unbound());
  return parts_->indexes->create(name, options);
}

Status Database::drop_index(std::string_view name) {
  ASHLAR_TRY(require_unbound());
  return parts_->indexes->drop(name);
}

Status Database::rebuild_index(std::string_view name) {
  ASHLAR_TRY(require_unbound());
  return parts_->indexes->rebuild(name);
}

Result<std::vector<IndexInfo>> Database::indexes() const { return parts_->indexes->list(); }

// --- Moments and care ------------------------------------------------------------------------

Snapshot Database::snapshot() const { return engine_->take_snapshot(); }
Status Database::flush() { return engine_->flush(); }
Status Database::sync() { return engine_->sync(); }
Status Database::compact() { return engine_->compact(); }
Status Database::wait_for_background() { return engine_->wait_for_background(); }

Status Database::checkpoint(std::string_view destination) const {
  return engine_->checkpoint(std::string(destination));
}

Result<BackupInfo> Database::backup(std::string_view folder) const {
  return write_backup(*engine_, std::string(folder));
}

Statistics Database::statistics() const {
  return engine_->statistics();
}

Result<VerifyReport> Database::verify(const Progress& progress) const {
  VerifyFindings findings;
  ASHLAR_TRY(engine_->verify(progress, &findings));
  // All files have been read; the indexes are compared with what the documents say.
  const auto go_on = [&] { return !progress || progress(findings.bytes, findings.bytes); };
  ASHLAR_TRY(check_indexes(*engine_, *parts_->indexes, go_on, [&](std::string problem) {
    findings.problems.push_back(std::move(problem));
  }));
  VerifyReport report;
  report.files = findings.files;
  report.bytes = findings.bytes;
  report.entries = findings.entries;
  report.problems = std::move(findings.problems);
  return report;
}

}  // namespace ashlar
