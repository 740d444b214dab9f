// Writing several documents with the entries of their indexes: one commit, and no transaction.
#pragma once

#include <optional>
#include <string_view>

#include "ashlar/options.h"
#include "ashlar/snapshot.h"
#include "ashlar/status.h"
#include "db/engine.h"
#include "index/entry_changes.h"
#include "index/index_set.h"

namespace ashlar {

// The changes are those of a snapshot; the commit passes only if nobody has written any of its keys
// since.
//
// Ownership: engine, set, keys and values must outlive it.
// Threads:   must be destroyed on the thread that made it.
class IndexedBatch {
 public:
  IndexedBatch(Engine& engine, const IndexSet& set);
  // Gives up what was not written.
  ~IndexedBatch();

  // `key` is a stored key, and each comes once; a null `after` deletes it. Both have been checked.
  //   kTooLarge  the limits of an index.
  Status add(std::string_view key, const StoredValue* after);

  // Whether entries of a unique index change: which documents may have them depends on the order of
  // writes, of which this knows nothing.
  bool changes_unique_entries() const;

  // Once.
  //   kConflict  another commit wrote one of the keys, or the indexes are others; do it all again.
  Status write(std::optional<Durability> durability);

 private:
  Engine& engine_;
  const IndexSet& set_;
  const Snapshot snapshot_;
  EntryChanges changes_;
  ThreadCommit reused_;
  Commit& commit_;
  bool written_ = false;
};

}  // namespace ashlar
