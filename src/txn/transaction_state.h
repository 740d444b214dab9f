// An open transaction.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ashlar/snapshot.h"
#include "ashlar/transaction.h"
#include "db/engine.h"
#include "txn/read_set.h"
#include "txn/write_companion.h"
#include "txn/write_set.h"

namespace ashlar {

// [TXN-2] Validation and the assignment of the commit's sequence happen under one hold of the
//         commit lock: the transaction is serialized at its own sequence.
// [TXN-3] Until it ends, its snapshot is registered, so that merges keep the traces of whatever was
//         committed since.
// [TXN-4] With an age limit that ends by itself, so that a forgotten transaction costs nothing; its
//         age is therefore looked at behind each read, too.
//
// Ownership: the Transaction's. The engine must outlive it.
// Threads:   one at a time.
class TransactionState : public CommitGate {
 public:
  // `source` may be null: nothing is written along with keys then.
  TransactionState(Engine& engine, const TransactionOptions& options,
                   const WriteCompanionSource* source = nullptr);
  ~TransactionState() override;

  // Keys are stored keys (base/key_space.h).
  Status set(std::string_view key, std::string_view value, std::chrono::milliseconds ttl);
  // As set(), with the moment of expiry instead (0: never).
  Status set_until(std::string_view key, std::string_view value, uint64_t expires_at_ms);
  Status del(std::string_view key);
  Status del_range(std::string_view from, std::string_view to);
  // kNotFound for no live entry. `expires_at_ms` may be null.
  Status get(std::string_view key, std::string* value, uint64_t* expires_at_ms);
  // `bounds` in stored keys or, as they say, in users' keys.
  std::unique_ptr<Cursor> new_cursor(CursorBounds bounds);
  Status savepoint(std::string_view name);
  Status rollback_to(std::string_view name);

  Status commit();
  void rollback();
  bool is_open() const { return snapshot_.has_value(); }
  // Ok if the transaction can still be used.
  Status usable() const;
  // [TTL-2] The time by which entries are expired, from beginning to end: the snapshot's.
  uint64_t now_ms() const { return hold_.clock_ms; }
  Engine& engine() const { return engine_; }
  const WriteCompanionSource* source() const { return source_; }
  // The last commit that it sees; it must be open.
  SequenceNumber sequence() const { return snapshot_->sequence(); }

 private:
  // How old it may become; UINT64_MAX: as old as it likes.
  uint64_t lifetime_ns() const;
  // kAborted if it is too old.
  Status young() const { return options_.age_limit.count() <= 0 ? Status() : check_age(); }
  Status check_age() const;
  Status writable() const;
  // Of a transaction that is about to write: learns under which rules. Null: nothing is written
  // along.
  const WriteCompanion* companion();
  template <typename Companions>
  Status write_along(Companions&& companions);
  std::unique_ptr<Cursor> new_stored_cursor(CursorBounds bounds);
  bool records_reads() const;
  Status pass(const LatestState& latest, Commit* commit) override;
  Status validate_writes(const LatestState& latest) const;
  void end();

  Engine& engine_;
  const TransactionOptions options_;
  const WriteCompanionSource* const source_;
  std::shared_ptr<const WriteCompanion> companion_;
  std::optional<uint64_t> rules_;  // of the first write
  SnapshotRegistry::Hold hold_;
  std::optional<Snapshot> snapshot_;  // of what hold_ holds; empty once the transaction has ended
  WriteSet writes_;
  ReadSet reads_;
};

}  // namespace ashlar
