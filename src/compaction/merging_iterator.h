// Several sources of versions as one, in order.
#pragma once

#include <memory>
#include <vector>

#include "base/entry.h"

namespace ashlar {

// A k-way merge over a binary heap (Knuth, TAOCP vol. 3, 5.4.1). Where two children hold the same
// key and sequence, the one given first comes first.
//
// An error in any child ends the iteration at once: what lies behind it could be wrong.
class MergingIterator : public EntryIterator {
 public:
  explicit MergingIterator(std::vector<std::unique_ptr<EntryIterator>> children);

  bool valid() const override { return !heap_.empty() && status_.ok(); }
  const EntryView& entry() const override { return children_[heap_.front()]->entry(); }
  void seek_first() override;
  void seek_last() override;
  void seek(std::string_view key, SequenceNumber sequence) override;
  void next() override;
  void previous() override;
  const Status& status() const override { return status_; }

 private:
  bool comes_before(std::size_t a, std::size_t b) const;
  void rebuild();
  void sift_down();
  void turn(bool forward);
  void check(const EntryIterator& child);

  std::vector<std::unique_ptr<EntryIterator>> children_;
  std::vector<std::size_t> heap_;  // of valid children; the front is the current one
  bool forward_ = true;
  Status status_;
};

}  // namespace ashlar
