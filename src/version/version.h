// The table files that make up the store at one moment; never changes once published.
//
//   runs         flushed tables, newest first; a run may hold any key
//   partitions   key ranges without gap or overlap; each has fragments, newest first, and one bottom
//
// [VER-1] For one key, every version in a run is newer than every version in its partition, a newer
//         run's are newer than an older one's, and fragments are newer than the bottom.
// [VER-2] Tables of one run do not overlap, nor do those of different partitions.
// [VER-3] The first partition starts at the empty key; there may be no partition at all.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/range_tombstones.h"
#include "version/stored_file.h"

namespace ashlar {

struct Run {
  uint64_t number = 0;
  std::vector<std::shared_ptr<StoredTable>> tables;  // in key order, disjoint
};

struct Partition {
  uint64_t number = 0;
  std::string lower;  // first key that belongs to it
  std::vector<std::shared_ptr<StoredTable>> fragments;  // newest first
  std::shared_ptr<StoredTable> bottom;                  // may be null

  uint64_t fragment_bytes() const;
};

// Ownership: shared by the engine's read view, by iterators, and by running jobs.
// Threads:   any number may read.
class Version {
 public:
  std::vector<std::shared_ptr<const Run>> runs;              // newest first
  std::vector<std::shared_ptr<const Partition>> partitions;  // in key order
  std::map<uint64_t, std::shared_ptr<StoredValueFile>> value_files;

  // To be called once all is filled in, before the version is shared.
  void complete();

  // The newest version of the key not above `visible`, point entries only. Under an EpochGuard;
  // the lookup is valid under it.
  Result<bool> get(std::string_view key, uint64_t hash, SequenceNumber visible,
                   TableLookup* lookup) const;

  // Has every table mark what it has of the key; see Table::mark_dead(). Under an EpochGuard.
  void mark_dead(std::string_view key, uint64_t hash, SequenceNumber deletion) const;

  // Range tombstones of all tables.
  const RangeTombstones& range_tombstones() const { return range_tombstones_; }

  // Of anything in any table.
  SequenceNumber largest_sequence() const { return largest_sequence_; }

  std::size_t level_count() const { return levels_.size(); }
  // Appends level_count() iterators at most that together yield every entry; the version must outlive them.
  void append_iterators(std::vector<std::unique_ptr<EntryIterator>>* iterators) const;

  // Index of the partition that `key` belongs to; there must be one.
  std::size_t partition_of(std::string_view key) const;
  // The key at which partition `index` ends; empty for the last.
  std::string_view upper_bound(std::size_t index) const;

  // Every table, newest first as far as they may share keys.
  std::vector<std::shared_ptr<StoredTable>> all_tables() const;

 private:
  // Of each partition but the first, order_prefix64() of its lower bound behind the bytes that all
  // of these bounds begin with.
  std::vector<uint64_t> partition_heads_;
  std::string partition_prefix_;
  std::vector<std::vector<const StoredTable*>> levels_;  // each sorted and disjoint; newest first
  RangeTombstones range_tombstones_;
  SequenceNumber largest_sequence_ = 0;
};

}  // namespace ashlar
