// Several sources of versions as one, in order.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/entry.h"

namespace ashlar {

// A k-way merge over a binary heap (Knuth, TAOCP vol. 3, 5.4.1). Where two children hold the same
// key and sequence, the one given first comes first.
//
// An error in any child ends the iteration at once: what lies behind it could be wrong.
class MergingIterator final : public EntryIterator {
 public:
  explicit MergingIterator(std::vector<std::unique_ptr<EntryIterator>> children);

  bool valid() const override { return !heap_.empty() && status_.ok(); }
  const EntryView& entry() const override { return *heap_.front().entry; }
  void seek_first() override;
  void seek_last() override;
  void seek(std::string_view key, SequenceNumber sequence) override;
  void next() override {
    if (!forward_) turn(true);
    Source& front = heap_.front();
    front.child->next();
    if (!front.child->valid()) return drop_front();
    front.entry = &front.child->entry();
    if (known_ahead_ > 0) {
      --known_ahead_;
    } else if (heap_.size() > 1) {
      choose_front();
    }
  }
  void previous() override;
  // Those that are known to come before the entries of all other children.
  std::size_t take_batch(EntryBatch* batch, std::size_t most) override;
  const Status& status() const override { return status_; }

 private:
  // A valid child, and the entry it stands at.
  struct Source {
    EntryIterator* child;
    const EntryView* entry;
    std::size_t index;  // among the children
  };
  bool comes_before(const Source& a, const Source& b) const;
  void rebuild();
  // After the front child has moved forward.
  void choose_front();
  // Restores the heap after the front child has moved.
  void sift_down();
  // Takes the front child, which has ended, out of the heap.
  void drop_front();
  void turn(bool forward);
  void check(const EntryIterator& child);

  std::vector<std::unique_ptr<EntryIterator>> children_;
  std::vector<Source> heap_;  // the front is the current one
  bool forward_ = true;
  // Entries of the front child behind the current one that are known to come before those of all
  // other children; and how often in a row it stayed in front when that was not known.
  std::size_t known_ahead_ = 0;
  unsigned stays_ = 0;
  Status status_;
};

}  // namespace ashlar
