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
// Memory:  if the allocator has none left, std::bad_alloc passes from the call that needed it to
//          its caller. Everything stays usable; a write that was on its way to the log may be there
//          or not, wholly, once the database is opened anew, and until then writes end in
//          kReadOnly. Work in the background ends in kOutOfMemory, as seen by flush() and the other
//          calls that wait for it, and is tried again.
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

#include "ashlar/backup.h"
#include "ashlar/batch.h"
#include "ashlar/index.h"
#include "ashlar/options.h"
#include "ashlar/query.h"
#include "ashlar/range.h"
#include "ashlar/result.h"
#include "ashlar/snapshot.h"
#include "ashlar/statistics.h"
#include "ashlar/status.h"
#include "ashlar/transaction.h"
#include "ashlar/update.h"
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
  //   kTooLarge         key over 64 KiB or value over 1 GiB; or beyond the limits of an index.
  //   kDuplicate        a unique index has the document's values already, from another key.
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

  // Deletes every key in [from, to) in one step, whose cost does not depend on their number, unless
  // an index covers some of them and others beside: then each of those documents is read.
  //   kInvalidArgument  `to` is not empty and lies before `from`. An empty `to`: to the last key.
  //   kTooLarge         with indexes: more entries than fit into one commit; nothing was deleted.
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

  // --- Parts of JSON documents -------------------------------------------------------------------

  // What is at a path ($.address.city; see ashlar/update.h), as JSON.
  //   kNotFound         no such key, or nothing at the path.
  //   kInvalidArgument  the value is no JSON, or the path is wrong.
  Result<std::string> get_path(std::string_view key, std::string_view path,
                               const ReadOptions& options = {}) const;
  // Changes parts of a document, as one atomic step. A remaining time to live is kept.
  //   kNotFound         no such key.
  //   kInvalidArgument  the value is no JSON, or a change is wrong or does not fit the document.
  Status update(std::string_view key, const Update& update, const WriteOptions& options = {});

  // --- Indexes over JSON documents; see ashlar/index.h ------------------------------------------

  // Makes an index, in the background, while writes go on; it goes on when the database is opened
  // again. Returns once it is complete, unless options.wait is off.
  //   kInvalidArgument  there is an index of this name; or a path, filter or collation is wrong.
  //   kDuplicate        unique, and two documents have the same values: the message names them. The
  //                     index stays in the list as failed. (Not if options.wait is off.)
  //   kTooLarge         a document goes beyond an index's limits; stays in the list as failed too.
  Status create_index(std::string_view name, const IndexOptions& options);
  // Ends an index, complete or not, and gives its space back. kNotFound for none of that name.
  Status drop_index(std::string_view name);
  // Builds an index anew, as create_index did: one that failed, or in which verify() found
  // problems. Queries use it again once it is complete. kNotFound for none of that name.
  Status rebuild_index(std::string_view name);
  Result<std::vector<IndexInfo>> indexes() const;

  // --- Queries over JSON documents; see ashlar/query.h ------------------------------------------

  // The documents whose key begins with `prefix` that match the filter, in either of its spellings.
  // A failure is the range's status: kInvalidArgument, with the place, for a filter or option that
  // is wrong.
  DocumentRange find(std::string_view prefix, std::string_view filter,
                     const QueryOptions& options = {}) const;
  // How many there are, after skip and limit.
  Result<uint64_t> count_where(std::string_view prefix, std::string_view filter,
                               const QueryOptions& options = {}) const;
  // The different values of a field, in their order; elements of arrays each on their own, a
  // missing value as null. Sorting, projection and resume tokens do not apply.
  JsonRange distinct(std::string_view prefix, std::string_view field, std::string_view filter = {},
                     const QueryOptions& options = {}) const;
  // One JSON object for each group, in the order of the groups' values. The same.
  JsonRange group(std::string_view prefix, const Grouping& grouping, std::string_view filter = {},
                  const QueryOptions& options = {}) const;
  // Changes the documents found, all of them in one transaction, and returns their number. `update`
  // is a merge patch, {"city": "Rome", "old": null}, or has the operators $set, $unset, $inc and
  // $push. Times to live stay.
  //   kTooLarge  more than fits into one commit; nothing was changed.
  Result<uint64_t> update_where(std::string_view prefix, std::string_view filter,
                                std::string_view update, const QueryOptions& options = {});
  // Deletes them; the same.
  Result<uint64_t> delete_where(std::string_view prefix, std::string_view filter,
                                const QueryOptions& options = {});
  // Runs find() to its end and tells how.
  Result<Explanation> explain(std::string_view prefix, std::string_view filter,
                              const QueryOptions& options = {}) const;

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
  // Reads every byte of every file, checks every checksum and ordering rule, and compares every
  // index with its documents, beside writers. Problems are listed in the report; an error means
  // that the check itself could not be done.
  Result<VerifyReport> verify(const Progress& progress = {}) const;

  // Makes a copy of the database as it is now in the folder `destination`, which must not exist and
  // appears when it is complete. It can be opened as it is, as a database of its own. Tables and
  // value files are linked where the file system can, so that it takes little time and room;
  // writers go on meanwhile.
  //   kInvalidArgument  there is something called `destination`.
  //   kBusy             opened read-only, and the writer took files away: open anew, try again.
  Status checkpoint(std::string_view destination) const;

  // Adds a backup of the database as it is now to the backup folder; see ashlar/backup.h. Copies
  // only what no earlier backup there has.
  //   kBusy  another backup into the folder is under way; or as of checkpoint().
  Result<BackupInfo> backup(std::string_view folder) const;

  Statistics statistics() const;
  const std::string& path() const;

 private:
  struct Parts;
  static constexpr int kTransactAttempts = 100;

  explicit Database(std::unique_ptr<Parts> parts);
  // The calling thread's transaction; null if it has none.
  Transaction* bound_transaction() const;
  // The one that reads at `snapshot` go to: a snapshot that was asked for comes before it.
  Transaction* reading_transaction(const Snapshot* snapshot) const;
  Result<Transaction*> require_bound() const;
  Status require_unbound() const;
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
