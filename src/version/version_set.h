// The current version, and the only way to the next one: an edit that is durable first.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/memory_budget.h"
#include "env/env.h"
#include "version/file_names.h"
#include "version/manifest.h"
#include "version/version.h"

namespace ashlar {

// What recovery found besides the tables.
struct LogBounds {
  uint64_t start = 0;   // replay begins here
  uint64_t synced = 0;  // the log must reach at least this far
};

// Threads:   any, except while opening.
// Invariant: [VSET-1] an edit is synced in the manifest before the version that it makes is seen,
//            and before any file that it removes is deleted.
class VersionSet {
 public:
  // `value_cache` may be null; caches and budget must outlive every version.
  VersionSet(Env& env, std::string folder, PageCache* cache, MemoryBudget* budget,
             ValueCache* value_cache = nullptr);

  // A new, empty database: writes manifest and CURRENT.
  Status create();
  // Reads CURRENT and the manifest and opens every table. With `for_writing`, starts a new manifest
  // and removes the files that no version names (tables, value files and manifests that a crash
  // left behind), but not log segments.
  //   kNotFound  no CURRENT.
  Status recover(bool for_writing);

  std::shared_ptr<const Version> current() const;
  uint64_t new_file_number() { return next_file_number_.fetch_add(1); }
  SequenceNumber last_sequence() const { return last_sequence_.load(); }
  LogBounds log_bounds() const;
  uint64_t database_id() const { return database_id_; }

  // The version of one moment and all that a manifest would say of it. Waits for an edit that is
  // being applied. Holding the version keeps the files.
  struct Frozen {
    std::shared_ptr<const Version> version;
    VersionEdit state;
  };
  Frozen freeze() const;

  // Tables and value files that the edit adds must have been opened: they are given along.
  struct Opened {
    std::vector<std::shared_ptr<StoredTable>> tables;
    std::vector<std::shared_ptr<StoredValueFile>> value_files;
  };
  // Makes the edit durable, then calls publish(version) before any other edit can be applied, then
  // marks what the edit removed as obsolete. On error nothing has changed, except that the edit may
  // be found after a crash: files that it adds must be left alone. `publish` may throw
  // std::bad_alloc as long as it has done nothing; apply() has done nothing then either.
  Status apply(VersionEdit edit, const Opened& opened,
               const std::function<void(std::shared_ptr<const Version>)>& publish);

  Result<std::shared_ptr<StoredTable>> open_table(const TableSummary& summary, HugeBuffer image);
  Result<std::shared_ptr<StoredValueFile>> open_value_file(const ValueFileSummary& summary,
                                                           HugeBuffer image);
  std::string path_of(FileType type, uint64_t number) const;

 private:
  // What the records of a manifest add up to.
  struct State {
    std::map<uint64_t, std::string> partitions;  // number to lower bound
    std::map<uint64_t, TablePlacement> tables;
    std::map<uint64_t, ValueFileSummary> value_files;

    Status add(const VersionEdit& edit);
    VersionEdit whole() const;
  };

  Status read_state(uint64_t manifest_number, State* state);
  Status start_manifest(const State& state);
  VersionEdit describe(const State& state) const;
  Status open_all(const State& state, Opened* opened);
  static Result<std::shared_ptr<const Version>> build(const State& state, const Opened& opened);
  Status remove_leftovers();
  void note(const VersionEdit& edit);
  void set_current(std::shared_ptr<const Version> version);

  Env& env_;
  const std::string folder_;
  PageCache* const cache_;
  ValueCache* const value_cache_;
  MemoryBudget* const budget_;

  mutable std::mutex apply_mutex_;  // one edit at a time; guards the next three
  State state_;
  std::unique_ptr<ManifestWriter> manifest_;
  uint64_t manifest_number_ = 0;

  mutable std::mutex mutex_;  // guards what follows; held briefly
  std::shared_ptr<const Version> current_;
  uint64_t log_start_ = 0;
  uint64_t log_synced_ = 0;

  uint64_t database_id_ = 0;
  std::atomic<uint64_t> next_file_number_{1};
  std::atomic<SequenceNumber> last_sequence_{0};
};

}  // namespace ashlar
