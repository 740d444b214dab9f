// What can still be read of a damaged table.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ashlar/result.h"
#include "base/entry.h"
#include "base/range_tombstones.h"
#include "care/table_layout.h"
#include "env/env.h"
#include "table/table_summary.h"

namespace ashlar {

// Consecutive data pages that can't be read, and the keys on both sides of them.
struct LostPages {
  uint64_t offset = 0;  // in the file
  uint32_t pages = 0;
  // The last key before the pages and the first behind them; nothing where the table begins or ends
  // with them.
  std::optional<std::string> before;
  std::optional<std::string> behind;
};

// A table file, read leaf by leaf; leaves that don't verify are stepped over. Damage is a finding
// and never an error; a page that the system can't read is damage too.
//
// Ownership: iterators read the file for themselves.
// Threads:   one at a time.
class TableSalvage {
 public:
  // Looks through the whole file. `number` is that of the file's name; `summary`, what the manifest
  // says of the table, may be null.
  //   kCorruption  nothing of it can be read; the message says why.
  static Result<std::unique_ptr<TableSalvage>> open(Env& env, const std::string& path,
                                                    uint64_t number, const TableSummary* summary);

  const std::string& path() const { return path_; }
  uint64_t number() const { return number_; }
  const std::vector<LostPages>& lost() const { return lost_; }
  uint64_t entry_count() const { return entry_count_; }
  const std::string& smallest_key() const { return smallest_key_; }
  const std::string& largest_key() const { return largest_key_; }
  // Of anything that it holds or held; kMaximumSequence if that is not known.
  SequenceNumber largest_sequence() const { return largest_sequence_; }
  // Some entries have lost their sequence, as they do in the settled table of a partition.
  bool settled() const { return settled_; }

  const std::vector<RangeTombstone>& range_tombstones() const { return range_tombstones_; }
  // It held range tombstones, or may have, and they can't be read.
  bool range_tombstones_lost() const { return range_tombstones_lost_; }

  // Everything that can be read, in order; goes forward only. Errors as of open().
  Result<std::unique_ptr<EntryIterator>> new_iterator() const;

 private:
  TableSalvage(Env& env, std::unique_ptr<TableLayout> layout)
      : env_(env),
        path_(layout->path()),
        number_(layout->file_number()),
        layout_(std::move(layout)) {}
  void look_through();
  void note_lost_ends(const TableSummary& summary);
  void read_range_tombstones(const TableSummary* summary);

  Env& env_;
  const std::string path_;
  const uint64_t number_;
  std::unique_ptr<TableLayout> layout_;  // while the file is looked through
  std::vector<LostPages> lost_;
  uint64_t entry_count_ = 0;
  std::string smallest_key_;
  std::string largest_key_;
  SequenceNumber largest_sequence_ = 0;
  bool settled_ = false;
  std::vector<RangeTombstone> range_tombstones_;
  bool range_tombstones_lost_ = false;
};

}  // namespace ashlar
