#include "memtable/memtable_iterator.h"

#include <algorithm>

namespace ashlar {
namespace {

constexpr std::ptrdiff_t kPrefetchDistance = 8;
constexpr std::ptrdiff_t kRestPrefetchDistance = 2;

}  // namespace

MemtableIterator::MemtableIterator(std::shared_ptr<const Memtable> memtable,
                                   std::shared_ptr<const SortedRuns> runs)
    : memtable_(std::move(memtable)), runs_(std::move(runs)) {
  for (const auto& run : runs_->runs) {
    const SortedRuns::Item* const begin = run->items().data();
    positions_.push_back({begin, begin + run->items().size(), begin});
  }
}

void MemtableIterator::seek_first() {
  forward_ = true;
  for (Position& position : positions_) position.at = position.begin;
  choose_smallest();
}

void MemtableIterator::seek_last() {
  forward_ = false;
  for (Position& position : positions_) position.at = position.end;
  choose_largest();
}

void MemtableIterator::seek(std::string_view key, SequenceNumber sequence) {
  forward_ = true;
  for (std::size_t i = 0; i < positions_.size(); ++i) {
    positions_[i].at = first_at_or_behind(*memtable_, *runs_, *runs_->runs[i], key, sequence);
  }
  choose_smallest();
}

void MemtableIterator::next() {
  if (!forward_) turn(true);
  Position& position = positions_[current_];
  ++position.at;
  // Records lie in the order of their commits: each is a cache miss, unless asked for early.
  if (position.end - position.at > kPrefetchDistance) {
    memtable_->prefetch_record(position.at[kPrefetchDistance].record);
    memtable_->prefetch_rest(position.at[kRestPrefetchDistance].record);
  }
  choose_smallest();
}

void MemtableIterator::previous() {
  if (forward_) turn(false);
  --positions_[current_].at;
  choose_largest();
}

// Puts every run beside the current item, which stays current.
void MemtableIterator::turn(bool forward) {
  const std::size_t current = current_;
  const SortedRuns::Item item = forward_ ? *positions_[current].at : *(positions_[current].at - 1);
  forward_ = forward;
  for (std::size_t i = 0; i < positions_.size(); ++i) {
    Position& position = positions_[i];
    if (i == current) {
      position.at += forward ? -1 : 1;
    } else {
      position.at = std::partition_point(
          position.begin, position.end,
          [&](const SortedRuns::Item& other) { return is_before(*memtable_, other, item); });
    }
  }
}

void MemtableIterator::choose_smallest() {
  current_ = kNone;
  for (std::size_t i = 0; i < positions_.size(); ++i) {
    if (positions_[i].at == positions_[i].end) continue;
    if (current_ == kNone || is_before(*memtable_, *positions_[i].at, *positions_[current_].at))
      current_ = i;
  }
  if (current_ != kNone) load_entry(*positions_[current_].at);
}

void MemtableIterator::choose_largest() {
  current_ = kNone;
  for (std::size_t i = 0; i < positions_.size(); ++i) {
    if (positions_[i].at == positions_[i].begin) continue;
    if (current_ == kNone ||
        is_before(*memtable_, *(positions_[current_].at - 1), *(positions_[i].at - 1))) {
      current_ = i;
    }
  }
  if (current_ != kNone) load_entry(*(positions_[current_].at - 1));
}

void MemtableIterator::load_entry(const SortedRuns::Item& item) {
  entry_ = memtable_->entry_at(item.record);
}

}  // namespace ashlar
