// Everything that could be read of a damaged database, as one stream of versions.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ashlar/repair.h"
#include "base/memory_budget.h"
#include "base/range_tombstones.h"
#include "care/folder_survey.h"
#include "care/table_salvage.h"
#include "care/value_salvage.h"
#include "memtable/memtable.h"

namespace ashlar {

// Keys of which something up to a sequence may have been lost.
struct Doubt {
  std::string from;
  bool behind_from = false;  // `from` itself is not meant
  std::string to;            // included
  bool to_last_key = false;
  SequenceNumber hidden = 0;  // of what may have been lost; something newer hides nothing
  std::size_t lost = 0;       // index in the report's list
};

// Threads: one at a time.
class RepairSources {
 public:
  RepairSources(Env& env, const std::string& folder, MemoryBudget* budget, RepairReport* report)
      : env_(env), folder_(folder), memory_(budget), report_(*report), values_(env, folder) {}

  // Reads log and tables and puts what is lost into the report.
  Status collect(const FolderSurvey& survey);

  // All versions that could be read, in [ORDER-1] order; of two with the same key and sequence the
  // newer comes first.
  Result<std::unique_ptr<EntryIterator>> new_iterator() const;
  const RangeTombstones& range_tombstones() const { return range_tombstones_; }
  // In the order of their first keys.
  const std::vector<Doubt>& doubts() const { return doubts_; }
  ValueSalvage& values() { return values_; }

 private:
  Status read_log(const FolderSurvey& survey, bool* start_missing);
  Status take_commit(SequenceNumber sequence, std::string_view operations);
  Status read_table(uint64_t number, const TableSummary* summary);
  void note_lost_table(uint64_t number, const TableSummary* summary, const std::string& reason);
  void note_lost_pages(const TableSalvage& table, const TableSummary* summary);
  void note_lost_deletions(const TableSalvage& table, const TableSummary* summary);
  void add_lost(LostRange lost, bool behind_from, SequenceNumber hidden);
  void note_lost_commits(const std::string& file, std::string reason, SequenceNumber first,
                         SequenceNumber last, uint64_t offset = 0);
  void compare_with_log(const FolderSurvey& survey);
  void note_leftovers();

  Env& env_;
  const std::string folder_;
  MemtableMemory memory_;
  RepairReport& report_;
  ValueSalvage values_;
  std::vector<std::shared_ptr<Memtable>> memtables_;   // oldest first
  std::vector<std::unique_ptr<TableSalvage>> tables_;  // youngest first, by number
  SequenceNumber first_in_log_ = 0;
  // The manifest does not say which tables count: some may be what a merge left behind.
  bool unplaced_ = false;
  RangeTombstones range_tombstones_;
  std::vector<Doubt> doubts_;
};

}  // namespace ashlar
