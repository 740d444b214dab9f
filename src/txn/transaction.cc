#include "ashlar/transaction.h"

#include <utility>

#include "base/decimal.h"
#include "base/key_prefix.h"
#include "base/key_space.h"
#include "base/try.h"
#include "txn/batch_replay.h"
#include "txn/transaction_state.h"

namespace ashlar {
namespace {

Status check_range(std::string_view from, std::string_view to) {
  if (!to.empty() && to < from) return Status::invalid_argument("range ends before it starts");
  return {};
}

}  // namespace

Transaction::Transaction(std::shared_ptr<TransactionState> state) : state_(std::move(state)) {}
Transaction::Transaction(Transaction&&) noexcept = default;
Transaction& Transaction::operator=(Transaction&&) noexcept = default;
Transaction::~Transaction() = default;

Status Transaction::set(std::string_view key, std::string_view value,
                        std::chrono::milliseconds ttl) {
  ASHLAR_TRY(check_key(key));
  return state_->set(StoredKey(key), value, ttl);
}

Status Transaction::get(std::string_view key, std::string* value) {
  ASHLAR_TRY(check_key(key));
  return state_->get(StoredKey(key), value, nullptr);
}

Result<std::string> Transaction::get(std::string_view key) {
  std::string value;
  ASHLAR_TRY(get(key, &value));
  return value;
}

Status Transaction::del(std::string_view key) {
  ASHLAR_TRY(check_key(key));
  return state_->del(StoredKey(key));
}

Result<bool> Transaction::exists(std::string_view key) {
  std::string value;
  const Status status = get(key, &value);
  if (status.is(StatusCode::kNotFound)) return false;
  ASHLAR_TRY(status);
  return true;
}

Status Transaction::write(const Batch& batch) {
  return replay_batch(batch, std::chrono::milliseconds{0}, this);
}

Status Transaction::del_range(std::string_view from, std::string_view to) {
  ASHLAR_TRY(check_range(from, to));
  const StoredRanges ranges = stored_ranges(from, to);
  if (ranges.has_below) ASHLAR_TRY(state_->del_range(ranges.below.from, ranges.below.to));
  if (!ranges.has_behind) return {};
  return state_->del_range(ranges.behind.from, ranges.behind.to);
}

EntryRange Transaction::range(std::string_view from, std::string_view to, bool reverse,
                              uint64_t limit) {
  return EntryRange(
      state_->new_cursor({std::string(from), std::string(to), reverse, limit, true}));
}

EntryRange Transaction::prefix(std::string_view prefix, bool reverse, uint64_t limit) {
  return range(prefix, end_of_prefix(prefix), reverse, limit);
}

KeyRange Transaction::keys(std::string_view prefix, bool reverse, uint64_t limit) {
  return KeyRange(
      state_->new_cursor({std::string(prefix), end_of_prefix(prefix), reverse, limit, true}));
}

Result<uint64_t> Transaction::count(std::string_view prefix) {
  return count_range(prefix, end_of_prefix(prefix));
}

Result<uint64_t> Transaction::count_range(std::string_view from, std::string_view to) {
  const auto cursor = state_->new_cursor(
      {.from = std::string(from), .to = std::string(to), .user_keys = true});
  uint64_t count = 0;
  for (; cursor->valid(); cursor->next()) ++count;
  ASHLAR_TRY(cursor->status());
  return count;
}

Result<int64_t> Transaction::increment(std::string_view key, int64_t delta) {
  ASHLAR_TRY(check_key(key));
  const StoredKey stored(key);
  std::string value;
  uint64_t expires_at_ms = 0;
  const Status status = state_->get(stored, &value, &expires_at_ms);
  if (!status.ok() && !status.is(StatusCode::kNotFound)) return status;
  ASHLAR_TRY_ASSIGN(
      const int64_t sum,
      add_to_decimal(status.ok() ? std::string_view(value) : std::string_view("0"), delta));
  ASHLAR_TRY(state_->set_until(stored, std::to_string(sum), expires_at_ms));
  return sum;
}

Result<bool> Transaction::compare_and_set(std::string_view key,
                                          std::optional<std::string_view> expected,
                                          std::optional<std::string_view> desired,
                                          std::chrono::milliseconds ttl) {
  std::string value;
  const Status status = get(key, &value);
  if (!status.ok() && !status.is(StatusCode::kNotFound)) return status;
  if (status.ok() ? !expected || value != *expected : expected.has_value()) return false;
  ASHLAR_TRY(desired ? set(key, *desired, ttl) : del(key));
  return true;
}

Result<std::optional<std::chrono::milliseconds>> Transaction::ttl(std::string_view key) {
  std::string value;
  uint64_t expires_at_ms = 0;
  ASHLAR_TRY(check_key(key));
  ASHLAR_TRY(state_->get(StoredKey(key), &value, &expires_at_ms));
  if (expires_at_ms == 0) return std::optional<std::chrono::milliseconds>();
  return std::optional(std::chrono::milliseconds(expires_at_ms - state_->now_ms()));
}

Status Transaction::persist(std::string_view key) {
  std::string value;
  ASHLAR_TRY(get(key, &value));
  return state_->set_until(StoredKey(key), value, 0);
}

Status Transaction::expire(std::string_view key, std::chrono::system_clock::time_point at) {
  std::string value;
  ASHLAR_TRY(get(key, &value));
  const auto at_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  if (at_ms <= 0 || static_cast<uint64_t>(at_ms) <= state_->now_ms()) return del(key);
  return state_->set_until(StoredKey(key), value, static_cast<uint64_t>(at_ms));
}

Status Transaction::savepoint(std::string_view name) { return state_->savepoint(name); }
Status Transaction::rollback_to(std::string_view name) { return state_->rollback_to(name); }
Status Transaction::commit() { return state_->commit(); }
void Transaction::rollback() { state_->rollback(); }
bool Transaction::is_open() const { return state_->is_open(); }

}  // namespace ashlar
