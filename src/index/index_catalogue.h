// The indexes of an open database: their list, their making and their end.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ashlar/index.h"
#include "ashlar/result.h"
#include "base/epoch.h"
#include "db/engine.h"
#include "index/index_builder.h"
#include "index/index_set.h"
#include "txn/write_companion.h"

namespace ashlar {

// The current IndexSet hangs on an atomic pointer. It changes in the very moment in which the
// commit that stores the change takes effect (CommitGate::committed):
//
// [IDX-1] Every commit before the one that creates an index was made without it, every later one
//         with it; the same for dropping. A commit that was prepared under other rules than it
//         meets fails with kConflict and is prepared again.
// [IDX-2] An entry is in the state that a document's commit left it in, at every sequence.
//
// Ownership: the engine must outlive it.
// Threads:   any.
class IndexCatalogue : public WriteCompanionSource {
 public:
  // Reads the definitions, and goes on building what was being built.
  static Result<std::unique_ptr<IndexCatalogue>> open(Engine& engine);
  // Stops building; it goes on when the database is opened again.
  ~IndexCatalogue() override;

  // Errors of Database::create_index and drop_index.
  Status create(std::string_view name, const IndexOptions& options);
  Status drop(std::string_view name);
  Status rebuild(std::string_view name);
  Result<std::vector<IndexInfo>> list() const;

  // The set as it is now. The reference is valid under the caller's EpochGuard.
  const IndexSet& set() const { return *set_.load(std::memory_order_acquire); }
  std::shared_ptr<const WriteCompanion> current() const override { return shared_set(); }
  std::shared_ptr<const IndexSet> shared_set() const;

 private:
  friend class IndexBuilder;
  class ChangeGate;

  explicit IndexCatalogue(Engine& engine);
  Status load();
  Status load_definition(std::string_view key, std::string_view text,
                         std::vector<ListedIndex>* indexes);
  Status resume_building(const ListedIndex& listed);
  Status begin_anew(const ListedIndex& listed);

  // One change at a time; a change may wait for the disk. The builder, which must not wait for one,
  // gets kBusy instead.
  Status begin_change(bool may_wait);
  void end_change();
  // What a change does: the list behind it, and what is stored.
  struct Change {
    std::vector<ListedIndex> indexes;
    std::vector<std::pair<std::string, std::string>> sets;
    std::vector<std::string> deletions;
    std::vector<std::pair<std::string, std::string>> range_deletions;
    IndexId made_ready = 0;  // 0: none
  };
  // Within begin_change() and end_change().
  Status apply(Change change);
  void publish(std::shared_ptr<const IndexSet> set);
  static void forget_entries(const Index& index, Change* change);
  // About how many keys begin with a user's prefix.
  Result<uint64_t> estimate_documents(std::string_view prefix) const;
  Status create_within_change(std::string_view name, const IndexOptions& options, IndexId* id);
  Status drop_within_change(std::string_view name);
  Status rebuild_within_change(std::string_view name, IndexId* id);
  Status wait_until_ready(std::string_view name, IndexId id);

  // For the builder.
  bool is_building(IndexId id) const;
  Status finish_building(IndexId id);
  Status fail_building(IndexId id, const Status& reason);
  Status end_building(IndexId id, const Status& outcome);
  Status end_building_within_change(IndexId id, const Status& outcome);

  Engine& engine_;
  std::mutex change_mutex_;
  std::condition_variable change_ended_;
  bool changing_ = false;  // under change_mutex_
  IndexId next_id_ = 1;    // of the holder of the change
  mutable std::mutex set_mutex_;
  std::shared_ptr<const IndexSet> set_owner_;  // under set_mutex_
  std::atomic<const IndexSet*> set_{nullptr};
  RetireList retired_;
  std::shared_ptr<IndexBuilder> builder_;
};

}  // namespace ashlar
