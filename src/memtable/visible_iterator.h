// Walks a memtable's sorted runs as one, as a reader at some sequence sees them.
#pragma once

#include <memory>
#include <vector>

#include "base/check.h"
#include "base/entry.h"
#include "base/recycled.h"
#include "memtable/memtable.h"

namespace ashlar {

// Of each key the newest version that is not above the reader's sequence. Versions that nobody will
// look at cost no access to memory: a key that is overwritten all the time has thousands of them.
//
// Forward only. Sees the records that were complete when it was made.
class VisibleIterator final : public EntryIterator, public Recycled<VisibleIterator> {
 public:
  VisibleIterator(std::shared_ptr<const Memtable> memtable, std::shared_ptr<const SortedRuns> runs,
                  SequenceNumber visible);

  bool valid() const override { return front_ != nullptr; }
  const EntryView& entry() const override { return entry_; }
  void seek_first() override;
  void seek_last() override { ASHLAR_CHECK(false); }
  // `sequence` must be kMaximumSequence.
  void seek(std::string_view key, SequenceNumber sequence) override;
  bool seek_step(int step, std::string_view key, SequenceNumber sequence) override;
  void next() override;
  void previous() override { ASHLAR_CHECK(false); }
  std::size_t take_batch(EntryBatch* batch, std::size_t most) override;
  bool find_live(SequenceNumber visible, std::size_t most, std::string* nearest) override;
  const Status& status() const override { return status_; }

 private:
  // What of a run has not been passed yet; begins at the newest version of a key.
  struct Rest {
    const SortedRuns::Item* at;
    const SortedRuns::Item* end;
  };
  // To the rest with the smallest key; passes its older versions in the others.
  void choose_front();
  void pass_key();
  // From the front on to the first key with a visible version.
  void find_visible();

  const std::shared_ptr<const Memtable> memtable_;
  const std::shared_ptr<const SortedRuns> runs_;
  const SequenceNumber visible_;
  std::vector<Rest> rests_;  // older ones first
  Rest* front_ = nullptr;
  EntryView entry_;
  Status status_;
};

}  // namespace ashlar
