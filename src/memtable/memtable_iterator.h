// Walks a memtable's sorted runs as one.
#pragma once

#include <memory>
#include <vector>

#include "base/entry.h"
#include "memtable/memtable.h"

namespace ashlar {

// Sees the records that were complete when it was made.
class MemtableIterator final : public EntryIterator {
 public:
  MemtableIterator(std::shared_ptr<const Memtable> memtable,
                   std::shared_ptr<const SortedRuns> runs);

  bool valid() const override { return current_ != kNone; }
  const EntryView& entry() const override { return entry_; }
  void seek_first() override;
  void seek_last() override;
  void seek(std::string_view key, SequenceNumber sequence) override;
  void next() override;
  void previous() override;
  const Status& status() const override { return status_; }

 private:
  static constexpr std::size_t kNone = SIZE_MAX;

  // Going forward, `at` is the next item of a run not yet passed; going backward, the item behind
  // the next one. Either way the run's part before `at` lies before the part from `at` on.
  struct Position {
    const SortedRuns::Item* begin;
    const SortedRuns::Item* end;
    const SortedRuns::Item* at;
  };
  void choose_smallest();
  void choose_largest();
  void turn(bool forward);
  void load_entry(const SortedRuns::Item& item);

  std::shared_ptr<const Memtable> memtable_;
  std::shared_ptr<const SortedRuns> runs_;
  std::vector<Position> positions_;
  std::size_t current_ = kNone;
  bool forward_ = true;
  EntryView entry_;
  Status status_;
};

}  // namespace ashlar
