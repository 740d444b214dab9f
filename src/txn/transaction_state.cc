#include "txn/transaction_state.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/mutants.h"
#include "base/try.h"
#include "txn/transaction_cursor.h"
#include "txn/user_key_cursor.h"

namespace ashlar {
namespace {

// A cursor that could not be opened.
class FailedCursor : public Cursor {
 public:
  explicit FailedCursor(Status status) : status_(std::move(status)) {}
  bool valid() const override { return false; }
  void next() override {}
  Entry entry() const override { return {}; }
  const Status& status() const override { return status_; }

 private:
  const Status status_;
};

}  // namespace

TransactionState::TransactionState(Engine& engine, const TransactionOptions& options,
                                   const WriteCompanionSource* source)
    : engine_(engine), options_(options), source_(source) {
  hold_.owner = &options_.owner;
  engine_.hold_newest(lifetime_ns(), &hold_);
  snapshot_.emplace(hold_.sequence, nullptr);
}

TransactionState::~TransactionState() {
  end();
}

void TransactionState::end() {
  if (!snapshot_) return;
  snapshot_.reset();
  engine_.release(&hold_);
}

uint64_t TransactionState::lifetime_ns() const {
  if (options_.age_limit.count() <= 0) return UINT64_MAX;
  return static_cast<uint64_t>(options_.age_limit.count()) * 1'000'000;
}

// [TXN-4]
Status TransactionState::check_age() const {
  const uint64_t age_ns = engine_.env().monotonic_ns() - hold_.taken_ns;
  if (age_ns < lifetime_ns()) return {};
  return Status::aborted("the transaction is " + std::to_string(age_ns / 1'000'000) +
                         " ms old; its limit is " + std::to_string(options_.age_limit.count()));
}

Status TransactionState::usable() const {
  if (!snapshot_) return Status::invalid_argument("the transaction has ended");
  return young();
}

Status TransactionState::writable() const {
  ASHLAR_TRY(usable());
  if (options_.read_only) return Status::invalid_argument("the transaction is read-only");
  return {};
}

bool TransactionState::records_reads() const {
  return !options_.read_only && options_.isolation == Isolation::kSerializable;
}

Status TransactionState::set(std::string_view key, std::string_view value,
                             std::chrono::milliseconds ttl) {
  if (ttl.count() < 0) return Status::invalid_argument("ttl is negative");
  const uint64_t expires_at_ms =
      ttl.count() == 0 ? 0 : hold_.clock_ms + static_cast<uint64_t>(ttl.count());
  return set_until(key, value, expires_at_ms);
}

Status TransactionState::set_until(std::string_view key, std::string_view value,
                                   uint64_t expires_at_ms) {
  ASHLAR_TRY(writable());
  ASHLAR_TRY(check_stored_key(key));
  ASHLAR_TRY(check_value(value));
  const WriteCompanion* const rules = companion();
  if (rules != nullptr && rules->covers(key)) {
    ASHLAR_TRY(write_along([&] { return rules->before_set(this, key, value, expires_at_ms); }));
  }
  writes_.set(key, value, expires_at_ms);
  return {};
}

Status TransactionState::del(std::string_view key) {
  ASHLAR_TRY(writable());
  ASHLAR_TRY(check_stored_key(key));
  const WriteCompanion* const rules = companion();
  if (rules != nullptr && rules->covers(key)) {
    ASHLAR_TRY(write_along([&] { return rules->before_del(this, key); }));
  }
  writes_.del(key);
  return {};
}

Status TransactionState::del_range(std::string_view from, std::string_view to) {
  ASHLAR_TRY(writable());
  if (!to.empty() && from >= to) return {};
  const WriteCompanion* const rules = companion();
  if (rules != nullptr && rules->covers_some_of(from, to)) {
    ASHLAR_TRY(write_along([&] { return rules->before_del_range(this, from, to); }));
  }
  writes_.del_range(from, to);
  return {};
}

const WriteCompanion* TransactionState::companion() {
  if (!rules_) {
    rules_ = engine_.write_rules();
    if (*rules_ % 2 != 0 && source_ != nullptr) {
      companion_ = source_->current();
      rules_ = companion_->rules();
    }
  }
  return companion_.get();
}

// What belongs to a write is there as a whole or not at all.
template <typename Companions>
Status TransactionState::write_along(Companions&& companions) {
  const std::size_t before = writes_.size();
  Status status = companions();
  if (!status.ok()) writes_.truncate(before);
  return status;
}

Status TransactionState::get(std::string_view key, std::string* value, uint64_t* expires_at_ms) {
  ASHLAR_TRY(usable());
  ASHLAR_TRY(check_stored_key(key));
  if (const WriteSet::Write* write = writes_.find(key)) {
    const bool live = write->kind == EntryKind::kSet &&
                      (write->expires_at_ms == 0 || hold_.clock_ms < write->expires_at_ms);
    if (!live) return Status::no_such_key();
    value->assign(write->value);
    if (expires_at_ms != nullptr) *expires_at_ms = write->expires_at_ms;
    return {};
  }
  if (writes_.deletes(key)) return Status::no_such_key();
  if (ASHLAR_MUTANT("snapshot-retaken-by-reads")) snapshot_ = engine_.take_snapshot();
  const EpochGuard guard;
  FoundEntry found;
  const Status sought = engine_.find(key, &*snapshot_, &found, hold_.clock_ms);
  const bool unrecorded =
      ASHLAR_MUTANT("absent-keys-not-validated") && sought.is(StatusCode::kNotFound);
  if (records_reads() && !unrecorded) reads_.add_key(key);
  ASHLAR_TRY(young());
  ASHLAR_TRY(sought);
  value->assign(found.value);
  if (expires_at_ms != nullptr) *expires_at_ms = found.expires_at_ms;
  return {};
}

std::unique_ptr<Cursor> TransactionState::new_cursor(CursorBounds bounds) {
  if (Status status = usable(); !status.ok()) {
    return std::make_unique<FailedCursor>(std::move(status));
  }
  const bool maps = bounds.user_keys && (bounds.to.empty() || bounds.to > kSystemKeysBegin);
  if (!maps) {
    bounds.user_keys = false;
    return new_stored_cursor(std::move(bounds));
  }
  StoredRanges cut = stored_ranges(bounds.from, bounds.to);
  std::vector<StoredRange> ranges;
  if (cut.has_below) ranges.push_back(std::move(cut.below));
  ranges.push_back(std::move(cut.behind));
  if (bounds.reverse) std::reverse(ranges.begin(), ranges.end());
  const auto open = [this, reverse = bounds.reverse](const StoredRange& range, uint64_t limit) {
    return new_stored_cursor({.from = range.from, .to = range.to, .reverse = reverse,
                              .limit = limit});
  };
  return std::make_unique<UserKeyCursor>(std::move(ranges), bounds.limit, open);
}

std::unique_ptr<Cursor> TransactionState::new_stored_cursor(CursorBounds bounds) {
  CursorBounds unlimited = bounds;
  unlimited.limit = UINT64_MAX;
  auto base = engine_.new_cursor(unlimited, &*snapshot_, hold_.clock_ms);
  // From here on the cursor holds what it reads by itself.
  if (Status status = young(); !status.ok()) {
    return std::make_unique<FailedCursor>(std::move(status));
  }
  return std::make_unique<TransactionCursor>(std::move(base), writes_,
                                             records_reads() ? reads_.add_range() : nullptr,
                                             std::move(bounds), hold_.clock_ms);
}

Status TransactionState::savepoint(std::string_view name) {
  ASHLAR_TRY(writable());
  writes_.mark(name);
  return {};
}

Status TransactionState::rollback_to(std::string_view name) {
  ASHLAR_TRY(writable());
  if (writes_.rollback_to(name)) return {};
  return Status::not_found("no savepoint '" + std::string(name) + "'");
}

Status TransactionState::commit() {
  ASHLAR_TRY(usable());
  // Reads alone are those of the snapshot: serialized where it was taken.
  Status status;
  if (!writes_.empty()) {
    ThreadCommit reused;
    Commit& commit = *reused;
    commit.set_rules(*rules_);
    status = writes_.fill(engine_, &commit);
    if (status.ok()) {
      status = engine_.write_through(this, &commit, options_.durability);
    } else {
      engine_.abandon(commit);
    }
    if (status.is(StatusCode::kConflict)) engine_.count_conflict();
  }
  end();
  return status;
}

void TransactionState::rollback() {
  end();
}

// [TXN-2]
Status TransactionState::pass(const LatestState& latest, Commit*) {
  ASHLAR_TRY(options_.isolation == Isolation::kSnapshot
                 ? validate_writes(latest)
                 : reads_.validate(latest, snapshot_->sequence()));
  return young();
}

// First committer wins.
Status TransactionState::validate_writes(const LatestState& latest) const {
  Status status;
  if (ASHLAR_MUTANT("writes-not-validated")) return status;
  const SequenceNumber since = snapshot_->sequence();
  writes_.for_each_written(
      [&](std::string_view key) {
        if (status.ok()) status = check_unchanged(latest, key, hash_key(key), since);
      },
      [&](std::string_view from, std::string_view to) {
        if (status.ok()) status = check_range_unchanged(latest, from, to, since);
      });
  return status;
}

}  // namespace ashlar
