// A batch that is written outside of a transaction of the caller's.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "ashlar/batch.h"
#include "ashlar/options.h"
#include "ashlar/transaction.h"
#include "db/engine.h"
#include "index/index_set.h"

namespace ashlar {

// Ownership: the batch must outlive it.
// Threads:   one at a time.
class PlainBatch {
 public:
  // `default_ttl` is that of sets that have none.
  PlainBatch(const Batch& batch, std::chrono::milliseconds default_ttl)
      : batch_(batch), default_ttl_(default_ttl) {}

  // Whether an index covers a key of it.
  bool is_covered_by(const IndexSet& set) const;
  // Errors of Database::write.
  Status write(Engine& engine, uint64_t rules, std::optional<Durability> durability) const;
  // With the entries of the set's indexes. False if this batch has to be a transaction: it deletes
  // ranges, writes a key twice or changes unique entries. Nothing is written then.
  //   kConflict  another commit wrote one of the keys; do it again.
  Result<bool> write_with_entries(Engine& engine, const IndexSet& set,
                                  std::optional<Durability> durability) const;
  Status write(Transaction* transaction) const;

 private:
  // Sets and deletions only, each of another key.
  bool has_distinct_points() const;

  const Batch& batch_;
  const std::chrono::milliseconds default_ttl_;
};

}  // namespace ashlar
