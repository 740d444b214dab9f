// Walks disjoint tables one after the other.
#pragma once

#include <memory>
#include <vector>

#include "base/entry.h"
#include "base/recycled.h"
#include "version/stored_file.h"

namespace ashlar {

// `tables` are in key order, do not overlap, and outlive the iterator.
class LevelIterator final : public EntryIterator, public Recycled<LevelIterator> {
 public:
  explicit LevelIterator(const std::vector<const StoredTable*>& tables) : tables_(tables) {}

  bool valid() const override { return inner_ != nullptr && inner_->valid(); }
  const EntryView& entry() const override { return inner_->entry(); }
  void seek_first() override;
  void seek_last() override;
  void seek(std::string_view key, SequenceNumber sequence) override;
  bool seek_step(int step, std::string_view key, SequenceNumber sequence) override;
  void next() override {
    inner_->next();
    if (!inner_->valid()) skip_forward();
  }
  void previous() override;
  std::size_t take_batch(EntryBatch* batch, std::size_t most) override {
    return inner_->take_batch(batch, most);
  }
  bool find_live(SequenceNumber visible, std::size_t most, std::string* nearest) override;
  const Status& status() const override;

 private:
  void open(std::size_t index);
  // Opens the table in which the first entry at or behind the key is, or the one before; false if
  // all keys are before it.
  bool open_for(std::string_view key);
  // Goes on to the next table while this one is at its end, unless it ended in an error.
  void skip_forward();
  void skip_backward();

  const std::vector<const StoredTable*>& tables_;
  std::size_t index_ = 0;
  std::size_t opened_ = SIZE_MAX;  // the table that inner_ reads
  std::unique_ptr<TableIterator> inner_;
  std::unique_ptr<TableIterator> left_;  // the one before, as its last key is still looked at
  Status ok_;
};

}  // namespace ashlar
