// Sorting more than fits into memory: sorted runs in temporary files, merged.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ashlar/result.h"
#include "db/engine.h"
#include "query/sort_run.h"

namespace ashlar {

// Records go in by add(), and come out sorted by order, then key, after finish().
//
// Memory: starts with kLeastBytes and takes more while the engine's budget has it, up to a
// sixteenth of the budget. Temporary files lie in the database's folder and go with the sorter;
// those of a process that died are removed when the database is opened. Threads: one at a time.
class ExternalSorter {
 public:
  static constexpr std::size_t kLeastBytes = std::size_t{256} << 10;
  // So many runs of a size are merged to one of the next size.
  static constexpr std::size_t kFanIn = 16;

  struct Options {
    bool unique = false;         // keep one of several records with the same order and key
    uint64_t keep = UINT64_MAX;  // only the first ones are of interest
  };

  ExternalSorter(Engine& engine, Options options);
  ~ExternalSorter();
  ExternalSorter(const ExternalSorter&) = delete;
  ExternalSorter& operator=(const ExternalSorter&) = delete;

  // Whether a record with this order and key may be among those that are kept; if not, adding it
  // changes nothing.
  bool may_be_kept(std::string_view order, std::string_view key) const {
    return !bound_ || order < bound_->order || (order == bound_->order && key < bound_->key);
  }
  // Errors of writing files.
  Status add(SortRecord record);
  // Goes to the first record.
  Status finish();

  bool valid() const { return current_ != nullptr; }
  // Until next().
  SortRecord& record() { return *current_; }
  Status next();

  uint64_t spilled_bytes() const { return spilled_bytes_; }

 private:
  // One input of the merge, a file or the memory.
  struct Input {
    std::unique_ptr<SortRunReader> reader;  // null: memory
    SortRecord record;
  };

  bool can_grow();
  void sort_memory();
  Status spill();
  Result<SortRunWriter> new_run() const;
  Status add_run(SortRunWriter* writer, int level);
  Status merge_runs(std::size_t first);
  Status open_inputs(std::size_t first, bool with_memory);
  Status advance(Input* input, bool* ended);
  Status take_least();

  Engine& engine_;
  const Options options_;
  std::vector<SortRecord> memory_;
  std::size_t memory_bytes_ = 0;
  std::size_t granted_bytes_ = 0;
  std::size_t memory_at_ = 0;
  std::vector<SortRun> runs_;        // of falling levels
  std::vector<Input> inputs_;        // a heap, the least on top
  std::optional<SortRecord> bound_;  // no record behind it is kept; without its payload
  SortRecord last_;
  SortRecord* current_ = nullptr;
  uint64_t given_ = 0;
  uint64_t spilled_bytes_ = 0;
};

}  // namespace ashlar
