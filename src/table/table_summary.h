// What the manifest keeps about a table.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/entry.h"
#include "base/limits.h"
#include "base/range_tombstones.h"

namespace ashlar {

// How many value bytes of a value file a table points to.
struct ValueReference {
  uint64_t file_number = 0;
  uint64_t bytes = 0;

  friend bool operator==(const ValueReference&, const ValueReference&) = default;
};

struct TableSummary {
  uint64_t file_number = 0;
  uint64_t file_bytes = 0;
  uint64_t entry_count = 0;
  uint64_t tombstone_count = 0;  // deletions of one key
  uint64_t range_tombstone_count = 0;
  uint64_t expiring_count = 0;
  uint64_t earliest_expiry_ms = 0;  // of the expiring entries; 0 if there are none
  uint64_t latest_expiry_ms = 0;
  // Key and value bytes of set entries; for a value pointer, the length that it names.
  uint64_t user_bytes = 0;
  // Of entries and range tombstones.
  SequenceNumber smallest_sequence = 0;
  SequenceNumber largest_sequence = 0;
  // Every key of an entry and every key that a range tombstone deletes lies between these, both
  // included; the end of a range tombstone counts although it is not in the range.
  std::string smallest_key;
  std::string largest_key;
  // A range tombstone without end reaches past largest_key.
  bool unbounded = false;
  uint32_t file_checksum = 0;  // of all bytes but pages' checksums, the header page last
  std::vector<ValueReference> value_references;  // sorted by file number

  friend bool operator==(const TableSummary&, const TableSummary&) = default;
};

// Counts what goes into a table.
class TableSummarizer {
 public:
  // In [ORDER-1] order.
  void add(const EntryView& entry);
  // In any order, also between entries.
  void add(const RangeTombstone& tombstone);

  bool empty() const { return summary_.entry_count == 0 && summary_.range_tombstone_count == 0; }
  uint64_t entry_count() const { return summary_.entry_count; }
  const std::string& last_key() const { return last_key_; }
  // File number, length and checksum are left for the caller.
  TableSummary summary() const;

 private:
  void cover_sequence(SequenceNumber sequence);

  TableSummary summary_;  // the keys: of range tombstones only
  std::string first_key_;
  std::string last_key_;
};

}  // namespace ashlar
