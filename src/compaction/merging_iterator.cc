#include "compaction/merging_iterator.h"

#include <algorithm>
#include <string>
#include <utility>

namespace ashlar {

MergingIterator::MergingIterator(std::vector<std::unique_ptr<EntryIterator>> children)
    : children_(std::move(children)) {
  heap_.reserve(children_.size());
}

// Whether child `a` is to be visited before child `b` in the current direction.
bool MergingIterator::comes_before(std::size_t a, std::size_t b) const {
  const EntryView& entry_a = children_[a]->entry();
  const EntryView& entry_b = children_[b]->entry();
  int order = entry_a.key.compare(entry_b.key);
  if (order == 0) order = (entry_a.sequence < entry_b.sequence) - (entry_a.sequence > entry_b.sequence);
  if (order == 0) order = a < b ? -1 : 1;
  return forward_ ? order < 0 : order > 0;
}

void MergingIterator::check(const EntryIterator& child) {
  if (!child.valid() && !child.status().ok() && status_.ok()) status_ = child.status();
}

void MergingIterator::rebuild() {
  heap_.clear();
  for (std::size_t i = 0; i < children_.size(); ++i) {
    check(*children_[i]);
    if (children_[i]->valid()) heap_.push_back(i);
  }
  std::make_heap(heap_.begin(), heap_.end(),
                 [this](std::size_t a, std::size_t b) { return comes_before(b, a); });
}

// Restores the heap after the front child has moved.
void MergingIterator::sift_down() {
  EntryIterator& moved = *children_[heap_.front()];
  if (!moved.valid()) {
    check(moved);
    heap_.front() = heap_.back();
    heap_.pop_back();
  }
  std::size_t at = 0;
  while (true) {
    std::size_t child = 2 * at + 1;
    if (child >= heap_.size()) return;
    if (child + 1 < heap_.size() && comes_before(heap_[child + 1], heap_[child])) ++child;
    if (!comes_before(heap_[child], heap_[at])) return;
    std::swap(heap_[child], heap_[at]);
    at = child;
  }
}

void MergingIterator::seek_first() {
  forward_ = true;
  for (auto& child : children_) child->seek_first();
  rebuild();
}

void MergingIterator::seek_last() {
  forward_ = false;
  for (auto& child : children_) child->seek_last();
  rebuild();
}

void MergingIterator::seek(std::string_view key, SequenceNumber sequence) {
  forward_ = true;
  for (auto& child : children_) child->seek(key, sequence);
  rebuild();
}

void MergingIterator::next() {
  if (!forward_) turn(true);
  children_[heap_.front()]->next();
  sift_down();
}

void MergingIterator::previous() {
  if (forward_) turn(false);
  children_[heap_.front()]->previous();
  sift_down();
}

// Puts every other child beside the current entry on the side to be visited next.
void MergingIterator::turn(bool forward) {
  const std::size_t current = heap_.front();
  const std::string key(entry().key);
  const SequenceNumber sequence = entry().sequence;
  forward_ = forward;
  for (std::size_t i = 0; i < children_.size(); ++i) {
    if (i == current) continue;
    EntryIterator& child = *children_[i];
    child.seek(key, sequence);
    check(child);
    if (!status_.ok()) return;
    // Of equals, those given before the current child precede it.
    const bool equal =
        child.valid() && child.entry().sequence == sequence && child.entry().key == key;
    if (forward && equal && i < current) child.next();
    if (!forward && !(equal && i < current)) {
      if (child.valid()) {
        child.previous();
      } else {
        child.seek_last();
      }
    }
  }
  rebuild();
}

}  // namespace ashlar
