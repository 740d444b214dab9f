// A key-value database in one folder. Start here.
//
//   auto db = ashlar::Database::open("pets").value();
//   db->set("cat:1", "Tom");
//   db->get("cat:1").value();                       // "Tom"
//   for (const auto& [key, value] : db->prefix("cat:")) …
//
// Keys and values are byte strings of any content: keys of 1 to 65,536 bytes, values of 0 to 2^30
// bytes. Keys are ordered as unsigned bytes. JSON values: ashlar/json.h.
//
// Threads: any number may use one Database at once, without locks of their own.
// Errors:  besides those that a function names, any call may end in kIoError or kCorruption when
//          the disk misbehaves, and any write in kReadOnly or kNoSpace; see ashlar/status.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ashlar/batch.h"
#include "ashlar/options.h"
#include "ashlar/range.h"
#include "ashlar/result.h"
#include "ashlar/snapshot.h"
#include "ashlar/statistics.h"
#include "ashlar/status.h"
#include "ashlar/transaction.h"
#include "ashlar/value.h"

namespace ashlar {

class Engine;

// Progress of a long call. Return false to stop it; it then ends in kAborted.
using Progress = std::function<bool(uint64_t done, uint64_t total)>;

// What verify() has read.
struct VerifyReport {
  uint64_t files = 0;
  uint64_t bytes = 0;
  uint64_t entries = 0;
  // One line for each thing found wrong, with file and offset; empty when all is well.
  std::vector<std::string> problems;
};

class Database {
 public:
  // Opens the database in the folder `path`, replaying its log when the last process that had it
  // open did not close it. Blocks for that time.
  //   kNotFound         there is none, and create_if_missing is off.
  //   kBusy             another process has it open for writing; the message names its id.
  //   kInvalidArgument  the folder holds other files and no database, or an option is out of range.
  //   kCorruption       a file is damaged or missing; the message says which, and where.
  //   kUnsupported      written by a newer version.
  static Result<std::unique_ptr<Database>> open(std::string_view path, const Options& options = {});

  // Waits for background work to end and gives up the folder; everything acknowledged is on disk
  // then. Ranges, snapshots and pinned values must be gone.
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // --- One key ---------------------------------------------------------------------------------

  // Returns once the write has the durability asked for.
  //   kTooLarge         key over 64 KiB or value over 1 GiB.
  //   kInvalidArgument  empty key, or a negative ttl.
  Status set(std::string_view key, std::string_view value, const WriteOptions& options = {});

  // kNotFound when there is no such key, or it has expired.
  Result<std::string> get(std::string_view key, const ReadOptions& options = {}) const;
  // The same into a string whose capacity is reused; `*value` is unspecified after an error.
  Status get(std::string_view key, std::string* value, const ReadOptions& options = {}) const;
  // The same without a copy where the engine can: the value stays in the engine's memory, pinned.
  Result<PinnedValue> get_pinned(std::string_view key, const ReadOptions& options = {}) const;

  // Succeeds whether the key is there or not.
  Status del(std::string_view key, const WriteOptions& options = {});

  Result<bool> exists(std::string_view key, const ReadOptions& options = {}) const;

  // --- Many keys -------------------------------------------------------------------------------

  // Entries with from <= key < to; an empty `to` means no upper bound. With `reverse`, from the
  // largest down.
  EntryRange range(std::string_view from, std::string_view to,
                   const RangeOptions& options = {}) const;
  // Entries whose key begins with `prefix`; an empty prefix means all.
  EntryRange prefix(std::string_view prefix, const RangeOptions& options = {}) const;
  // Only the keys of those entries: db->keys("user:").to_vector().
  KeyRange keys(std::string_view prefix, const RangeOptions& options = {}) const;

  // Number of live keys that begin with `prefix`. Reads them all.
  Result<uint64_t> count(std::string_view prefix = {}, const ReadOptions& options = {}) const;
  // Number of live keys in [from, to).
  Result<uint64_t> count_range(std::string_view from, std::string_view to,
                               const ReadOptions& options = {}) const;

  // Applies the batch as a whole: after a crash all of it is there, or nothing.
  Status write(const Batch& batch, const WriteOptions& options = {});

  // Deletes every key in [from, to) in one step, whose cost does not depend on their number.
  //   kInvalidArgument  `to` is not empty and lies before `from`. An empty `to`: to the last key.
  Status del_range(std::string_view from, std::string_view to, const WriteOptions& options = {});

  // --- Read, decide, write: as one atomic step ---------------------------------------------------

  // Adds `delta` to a value that is a decimal integer, as text; a missing key counts as 0. Returns
  // the sum. A remaining time to live is kept.
  //   kInvalidArgument  the value is no 64-bit integer, or the sum would overflow.
  Result<int64_t> increment(std::string_view key, int64_t delta = 1,
                            const WriteOptions& options = {});

  // Stores `desired` (nullopt: deletes) if the value now equals `expected` (nullopt: no such key).
  // Returns whether it did.
  Result<bool> compare_and_set(std::string_view key, std::optional<std::string_view> expected,
                               std::optional<std::string_view> desired,
                               const WriteOptions& options = {});

  // --- Transactions ------------------------------------------------------------------------------

  // Begins a transaction; see ashlar/transaction.h.
  Transaction begin(const TransactionOptions& options = {});

  // Runs `body(Transaction&)`, which returns a Status or a Result, and commits if that is ok. After a
  // conflict it is run again, with a pause that doubles each time, up to 100 times; then the last
  // kConflict is returned. Any other error of the body rolls back and is returned. The body must
  // have no other effect than on the transaction and what it returns.
  template <typename Body>
  auto transact(Body&& body, const TransactionOptions& options = {})
      -> std::invoke_result_t<Body&, Transaction&> {
    for (int attempt = 0;; ++attempt) {
      Transaction transaction = begin(options);
      auto result = body(transaction);
      const Status outcome = status_of(result);
      const Status done = outcome.ok() ? transaction.commit() : outcome;
      if (done.ok()) return result;
      if (!done.is(StatusCode::kConflict) || attempt == kTransactAttempts) return done;
      pause_before_attempt(attempt);
    }
  }

  // The simple form, bound to the calling thread: from begin_transaction() to commit() or rollback()
  // every call of this thread on this database that names no snapshot is part of the transaction.
  //   kInvalidArgument  this thread has a transaction open already; or, for the others, has none.
  Status begin_transaction(const TransactionOptions& options = {});
  Status commit();
  Status rollback();
  Status savepoint(std::string_view name);
  Status rollback_to(std::string_view name);

  // --- Time to live ------------------------------------------------------------------------------

  // Time left; nullopt for a key that never expires; kNotFound for none.
  Result<std::optional<std::chrono::milliseconds>> ttl(std::string_view key) const;
  // Makes the key permanent; kNotFound for none.
  Status persist(std::string_view key, const WriteOptions& options = {});
  // Lets the key expire at `at`; a moment that has passed deletes it. kNotFound for none.
  Status expire(std::string_view key, std::chrono::system_clock::time_point at,
                const WriteOptions& options = {});

  // --- Moments -----------------------------------------------------------------------------------

  Snapshot snapshot() const;

  // --- Care --------------------------------------------------------------------------------------

  // Writes what is in memory to tables; returns when it is on disk.
  Status flush();
  // Waits until everything acknowledged so far is on stable storage.
  Status sync();
  // Merges everything into settled tables and drops what no snapshot needs. Blocks; writes go on.
  Status compact();
  // Waits until no flush or compaction is running or due.
  Status wait_for_background();
  // Reads every byte of every file and checks every checksum and ordering rule, beside writers.
  // Problems are listed in the report; an error means that the check itself could not be done.
  Result<VerifyReport> verify(const Progress& progress = {}) const;

  Statistics statistics() const;
  const std::string& path() const;

 private:
  struct Parts;
  static constexpr int kTransactAttempts = 100;

  explicit Database(std::unique_ptr<Parts> parts);
  // The calling thread's transaction; null if it has none.
  Transaction* bound_transaction() const;
  Result<Transaction*> require_bound() const;
  void pause_before_attempt(int attempt);
  static const Status& status_of(const Status& status) { return status; }
  template <typename T>
  static const Status& status_of(const Result<T>& result) {
    return result.status();
  }

  std::unique_ptr<Parts> parts_;
  Engine* engine_;  // one of the parts
};

}  // namespace ashlar
