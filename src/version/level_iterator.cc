#include "version/level_iterator.h"

#include <algorithm>
#include <utility>

namespace ashlar {

void LevelIterator::open(std::size_t index) {
  index_ = index;
  if (opened_ == index) return;
  // What holds range tombstones only has shown no key.
  if (inner_ != nullptr && tables_[opened_]->summary.entry_count > 0) left_ = std::move(inner_);
  inner_ = tables_[index]->reader->new_iterator();
  opened_ = index;
}

const Status& LevelIterator::status() const { return inner_ ? inner_->status() : ok_; }

void LevelIterator::seek_first() {
  if (tables_.empty()) return;
  open(0);
  inner_->seek_first();
  skip_forward();
}

void LevelIterator::seek_last() {
  if (tables_.empty()) return;
  open(tables_.size() - 1);
  inner_->seek_last();
  skip_backward();
}

bool LevelIterator::open_for(std::string_view key) {
  const auto found = std::partition_point(
      tables_.begin(), tables_.end(),
      [&](const StoredTable* table) { return table->summary.largest_key < key; });
  if (found == tables_.end()) {
    inner_.reset();
    opened_ = SIZE_MAX;
    return false;
  }
  open(static_cast<std::size_t>(found - tables_.begin()));
  return true;
}

void LevelIterator::seek(std::string_view key, SequenceNumber sequence) {
  if (!open_for(key)) return;
  inner_->seek(key, sequence);
  skip_forward();
}

bool LevelIterator::seek_step(int step, std::string_view key, SequenceNumber sequence) {
  if (step == 0 && !open_for(key)) return true;
  if (!inner_->seek_step(step, key, sequence)) return false;
  skip_forward();
  return true;
}

bool LevelIterator::find_live(SequenceNumber visible, std::size_t most, std::string* nearest) {
  if (inner_ == nullptr) return false;
  while (!inner_->find_live(visible, most, nearest)) {
    if (!inner_->status().ok() || index_ + 1 == tables_.size()) return false;
    if (!nearest->empty() && tables_[index_ + 1]->summary.smallest_key >= *nearest) return true;
    open(index_ + 1);
    inner_->seek_first();
  }
  return true;
}

void LevelIterator::previous() {
  inner_->previous();
  skip_backward();
}

void LevelIterator::skip_forward() {
  while (!inner_->valid() && inner_->status().ok() && index_ + 1 < tables_.size()) {
    open(index_ + 1);
    inner_->seek_first();
  }
}

void LevelIterator::skip_backward() {
  while (!inner_->valid() && inner_->status().ok() && index_ > 0) {
    open(index_ - 1);
    inner_->seek_last();
  }
}

}  // namespace ashlar
