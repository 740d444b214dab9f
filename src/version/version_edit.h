// A step from one version to the next: one record of the manifest. docs/FORMAT.md has the bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "table/table_summary.h"
#include "table/value_file_builder.h"

namespace ashlar {

// Where a table stands in the tree.
enum class Tier : unsigned char {
  kRun = 1,       // flushed; any key; newer than what is in the partitions
  kFragment = 2,  // distributed to a partition; newer than its bottom
  kBottom = 3,    // the settled table of a partition
};

struct TablePlacement {
  Tier tier = Tier::kRun;
  uint64_t owner = 0;  // the run's or the partition's number
  TableSummary table;
};

// Keys from `lower` up to the next partition's. The first partition's `lower` is empty.
struct PartitionStart {
  uint64_t number = 0;
  std::string lower;
};

struct VersionEdit {
  std::optional<uint64_t> database_id;  // random; the same for the life of a database
  std::optional<uint64_t> next_file_number;
  std::optional<SequenceNumber> last_sequence;  // at least that of everything in tables
  std::optional<uint64_t> log_start;   // position from which on the log is not in tables
  std::optional<uint64_t> log_synced;  // position up to which the log was known to be on disk
  std::vector<uint64_t> removed_partitions;
  std::vector<PartitionStart> added_partitions;
  std::vector<uint64_t> removed_tables;
  std::vector<TablePlacement> added_tables;
  std::vector<uint64_t> removed_value_files;
  std::vector<ValueFileSummary> added_value_files;

  std::string encode() const;
  // kCorruption says what is wrong; kUnsupported for a field of a newer version.
  static Result<VersionEdit> decode(std::string_view bytes);
};

}  // namespace ashlar
