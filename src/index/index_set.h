// The indexes of a database at one moment, and what writing a document writes along.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "index/index.h"
#include "index/index_upkeep.h"
#include "txn/write_companion.h"

namespace ashlar {

struct ListedIndex {
  std::shared_ptr<const Index> index;
  IndexState state = IndexState::kBuilding;  // which that of its definition was at first
  std::string message{};                     // of a failed one
  StatusCode failure = StatusCode::kInvalidArgument;
  // Of a ready one: moments from this commit on see it complete.
  SequenceNumber ready_at = 0;

  // Whether writes keep up its entries.
  bool kept_up() const { return state != IndexState::kFailed; }
};

// Ownership: shared by the catalogue and by the transactions that write under it.
// Threads:   any; never changes.
class IndexSet : public WriteCompanion, public std::enable_shared_from_this<IndexSet> {
 public:
  IndexSet(std::vector<ListedIndex> indexes, uint64_t rules);

  // In the order of their ids.
  const std::vector<ListedIndex>& indexes() const { return indexes_; }
  const ListedIndex* find(std::string_view name) const;
  // Those that a query at this moment may use.
  std::vector<std::shared_ptr<const Index>> usable_at(SequenceNumber sequence) const;

  // What writes to documents change in the indexes that are kept up.
  const IndexUpkeep& upkeep() const { return upkeep_; }

  // WriteCompanion; see there.
  uint64_t rules() const override { return rules_; }
  bool covers(std::string_view key) const override;
  bool covers_some_of(std::string_view from, std::string_view to) const override;
  Status before_set(TransactionState* transaction, std::string_view key, std::string_view value,
                    uint64_t expires_at_ms) const override;
  Status before_del(TransactionState* transaction, std::string_view key) const override;
  Status before_del_range(TransactionState* transaction, std::string_view from,
                          std::string_view to) const override;

 private:
  Status replace(TransactionState* transaction, std::string_view key,
                 const StoredValue* after) const;

  const std::vector<ListedIndex> indexes_;
  const uint64_t rules_;
  IndexUpkeep upkeep_;  // of those that are kept up
};

}  // namespace ashlar
