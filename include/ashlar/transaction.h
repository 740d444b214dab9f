// Several reads and writes as one step: all of it happens, at one moment, or nothing does.
//
//   auto tx = db->begin();
//   auto balance = tx.increment("account:1", -50);
//   tx.increment("account:2", 50);
//   if (Status done = tx.commit(); done.is(StatusCode::kConflict)) …   // somebody else was first
//
//   db->transact([](Transaction& tx) -> Status { … return {}; });      // tries again by itself
//
// A transaction reads the moment at which it began, and its own writes. Nothing waits for a lock;
// what it read is compared with what others committed when it commits (optimistic concurrency
// control with backward validation: Härder, "Observations on optimistic concurrency control
// schemes", 1984).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ashlar/batch.h"
#include "ashlar/options.h"
#include "ashlar/query.h"
#include "ashlar/range.h"
#include "ashlar/result.h"
#include "ashlar/update.h"

namespace ashlar {

class TransactionState;

enum class Isolation : unsigned char {
  // As if transactions ran one after the other, in the order of their commits, and each wholly
  // between its beginning and the end of its commit.
  kSerializable,
  // Only writes are compared: two transactions may each read what the other one writes.
  kSnapshot,
};

struct TransactionOptions {
  Isolation isolation = Isolation::kSerializable;
  // Writes are refused; never conflicts, and commit() does nothing. Costs what a snapshot costs.
  bool read_only = false;
  // Unset: the database's own setting.
  std::optional<Durability> durability{};
  // Every call fails with kAborted once the transaction is this old; zero: no limit.
  std::chrono::milliseconds age_limit{0};
  // Shown in the statistics while the transaction is open.
  std::string owner{};
};

// Movable; rolls back when it goes out of scope. Memory: in proportion to what it read and wrote.
// Must be gone before the database is closed.
//
// Functions that Database has, too, mean the same here and have the same errors, besides:
//   kInvalidArgument  the transaction has ended, or is read-only and this is a write.
//   kAborted          it is older than its age limit.
// Expiry follows the clock as it was when the transaction began.
//
// Threads: one at a time.
class Transaction {
 public:
  explicit Transaction(std::shared_ptr<TransactionState> state);
  Transaction(Transaction&&) noexcept;
  Transaction& operator=(Transaction&&) noexcept;
  ~Transaction();

  Status set(std::string_view key, std::string_view value,
             std::chrono::milliseconds ttl = std::chrono::milliseconds{0});
  Result<std::string> get(std::string_view key);
  Status get(std::string_view key, std::string* value);
  Status del(std::string_view key);
  Result<bool> exists(std::string_view key);
  Status write(const Batch& batch);
  Status del_range(std::string_view from, std::string_view to);

  // What was looked at counts as read, as far as the range was consumed. The range sees writes that
  // are made while it is open, if they lie ahead of it, and must be gone before the transaction is.
  EntryRange range(std::string_view from, std::string_view to, bool reverse = false,
                   uint64_t limit = UINT64_MAX);
  EntryRange prefix(std::string_view prefix, bool reverse = false, uint64_t limit = UINT64_MAX);
  KeyRange keys(std::string_view prefix, bool reverse = false, uint64_t limit = UINT64_MAX);
  Result<uint64_t> count(std::string_view prefix = {});
  Result<uint64_t> count_range(std::string_view from, std::string_view to);

  Result<int64_t> increment(std::string_view key, int64_t delta = 1);
  Result<bool> compare_and_set(std::string_view key, std::optional<std::string_view> expected,
                               std::optional<std::string_view> desired,
                               std::chrono::milliseconds ttl = std::chrono::milliseconds{0});
  Result<std::optional<std::chrono::milliseconds>> ttl(std::string_view key);
  Status persist(std::string_view key);
  Status expire(std::string_view key, std::chrono::system_clock::time_point at);

  // Queries see the transaction's own writes; the ranges of keys and of index entries that they
  // looked at count as read. What is written while a range of documents is open may be seen in it,
  // or not.
  DocumentRange find(std::string_view prefix, std::string_view filter,
                     const QueryOptions& options = {});
  Result<uint64_t> count_where(std::string_view prefix, std::string_view filter,
                               const QueryOptions& options = {});
  JsonRange distinct(std::string_view prefix, std::string_view field, std::string_view filter = {},
                     const QueryOptions& options = {});
  JsonRange group(std::string_view prefix, const Grouping& grouping, std::string_view filter = {},
                  const QueryOptions& options = {});
  Result<uint64_t> update_where(std::string_view prefix, std::string_view filter,
                                std::string_view update, const QueryOptions& options = {});
  Result<uint64_t> delete_where(std::string_view prefix, std::string_view filter,
                                const QueryOptions& options = {});
  Result<Explanation> explain(std::string_view prefix, std::string_view filter,
                              const QueryOptions& options = {});

  Result<std::string> get_path(std::string_view key, std::string_view path);
  Status update(std::string_view key, const Update& update);

  // Marks the writes so far under a name; a later one of the same name hides the earlier.
  Status savepoint(std::string_view name);
  // Undoes the writes since; the savepoint stays. kNotFound for no such name. Reads stay read.
  Status rollback_to(std::string_view name);

  // Ends the transaction.
  //   kConflict  another commit changed what this one read (or, under kSnapshot, wrote); the message
  //              names a key. Nothing was written: run the transaction again.
  //   kTooLarge  the writes do not fit into one commit; nothing was written.
  Status commit();
  void rollback();
  bool is_open() const;

 private:
  std::shared_ptr<TransactionState> state_;
};

}  // namespace ashlar
