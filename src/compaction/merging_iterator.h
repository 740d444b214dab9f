// Several sources of versions as one, in order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/coding.h"
#include "base/entry.h"
#include "base/entry_batch.h"

namespace ashlar {

// A k-way merge over a binary heap (Knuth, TAOCP vol. 3, 5.4.1). Where two children hold the same
// key and sequence, the one given first comes first.
//
// Forward, each child's entries are taken in batches where it gives them, and children are compared
// by their keys' heads: the eight bytes behind the prefix that all keys nearby have in common. The
// entries of one batch that come before those of all other children are a stretch, within which
// nothing has to be compared.
//
// An error in any child ends the iteration at once: what lies behind it could be wrong.
class MergingIterator final : public EntryIterator {
 public:
  explicit MergingIterator(std::vector<std::unique_ptr<EntryIterator>> children);

  // About how many entries will be looked at after a seek, so that no more are fetched in vain.
  void expect(uint64_t entries) { expected_ = entries; }

  bool valid() const override { return current_ != nullptr; }
  const EntryView& entry() const override { return *current_; }
  void seek_first() override;
  void seek_last() override;
  void seek(std::string_view key, SequenceNumber sequence) override;
  void next() override {
    if (!forward_) turn(true);
    if (++current_ == stretch_end_) end_stretch();
  }
  void previous() override;
  const Status& status() const override { return status_; }

  // Goes on to the first key, from the current one on, at which a reader at `visible` may be shown
  // something, as far as find_live() of the children says; forward only. False if that is the
  // current one.
  bool pass_dead(SequenceNumber visible, std::size_t most);

  // The end of the current entry's stretch, which begins at entry(). Forward only.
  const EntryView* stretch_end() const { return stretch_end_; }
  // Whether all of the stretch is plain (see EntryBatch) and not newer than `visible`.
  bool stretch_is_plain(SequenceNumber visible) const {
    const EntryBatch* const batch = heap_.front().source->batch;
    return batch != nullptr && batch->plain && batch->newest <= visible;
  }
  // Makes an entry of the stretch the current one.
  void skip_within_stretch(const EntryView* entry) { current_ = entry; }

 private:
  // A child, and what was taken of it and not passed yet.
  struct Source {
    std::unique_ptr<EntryIterator> child;
    bool arrived = false;        // where seek() leads to
    unsigned turn = 0;            // of its two batches
    std::size_t most = 0;         // to be taken at once
    EntryBatch* batch = nullptr;  // that [at, end) lies in; null if it is the child's entry alone
    const EntryView* at = nullptr;
    const EntryView* end = nullptr;
    bool has_prefix = false;  // whether the keys up to `end` begin with prefix_
  };
  struct Front {
    uint64_t head;
    Source* source;
  };

  bool comes_before(const Front& a, const Front& b) const;
  // Takes entries from the child; false if it has no more.
  bool fetch(Source* source);
  // Monotone in the key's order, for keys at or behind the current one; always 0 backward.
  uint64_t head_of(const Source& source, std::string_view key) const {
    if (source.has_prefix) return order_prefix64(key.substr(prefix_.size()));
    return head_elsewhere(key);
  }
  uint64_t head_elsewhere(std::string_view key) const;
  // From the places where the children are.
  void rebuild();
  // Chooses the prefix for what has been fetched, and computes heads anew.
  void choose_prefix();
  // Restores the heap after its front has moved.
  void sift_down();
  // To the first entry behind the stretch.
  void end_stretch();
  void begin_stretch();
  void turn(bool forward);
  // Every child, not this.
  void seek_children(std::string_view key, SequenceNumber sequence);
  void fail(const Status& status);

  std::vector<Source> sources_;
  std::vector<Front> heap_;  // of sources that have entries
  // Two for each source, which take turns, so that a key outlives one move.
  std::unique_ptr<EntryBatch[]> batches_;
  std::string prefix_;
  bool forward_ = true;
  uint64_t expected_ = UINT64_MAX;
  const EntryView* current_ = nullptr;  // of the heap's front; null at the end
  const EntryView* stretch_end_ = nullptr;
  Status status_;
};

}  // namespace ashlar
