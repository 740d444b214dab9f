#include "compaction/merging_iterator.h"

#include <algorithm>
#include <string>
#include <utility>

namespace ashlar {

MergingIterator::MergingIterator(std::vector<std::unique_ptr<EntryIterator>> children)
    : children_(std::move(children)) {
  heap_.reserve(children_.size());
}

// Whether `a` is to be visited before `b` in the current direction.
bool MergingIterator::comes_before(const Source& a, const Source& b) const {
  int order = a.entry->key.compare(b.entry->key);
  if (order == 0) {
    order = (a.entry->sequence < b.entry->sequence) - (a.entry->sequence > b.entry->sequence);
  }
  if (order == 0) order = a.index < b.index ? -1 : 1;
  return forward_ ? order < 0 : order > 0;
}

void MergingIterator::check(const EntryIterator& child) {
  if (!child.valid() && !child.status().ok() && status_.ok()) status_ = child.status();
}

void MergingIterator::rebuild() {
  heap_.clear();
  for (std::size_t i = 0; i < children_.size(); ++i) {
    EntryIterator& child = *children_[i];
    check(child);
    if (child.valid()) heap_.push_back({&child, &child.entry(), i});
  }
  std::make_heap(heap_.begin(), heap_.end(),
                 [this](const Source& a, const Source& b) { return comes_before(b, a); });
}

void MergingIterator::sift_down() {
  const Source moved = heap_.front();
  std::size_t at = 0;
  while (true) {
    std::size_t child = 2 * at + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && comes_before(heap_[child + 1], heap_[child])) ++child;
    if (!comes_before(heap_[child], moved)) break;
    heap_[at] = heap_[child];
    at = child;
  }
  heap_[at] = moved;
}

void MergingIterator::drop_front() {
  check(*heap_.front().child);
  heap_.front() = heap_.back();
  heap_.pop_back();
  if (!heap_.empty()) sift_down();
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

void MergingIterator::previous() {
  if (forward_) turn(false);
  Source& front = heap_.front();
  front.child->previous();
  if (front.child->valid()) {
    front.entry = &front.child->entry();
    sift_down();
  } else {
    drop_front();
  }
}

// Puts every other child beside the current entry on the side to be visited next.
void MergingIterator::turn(bool forward) {
  const std::size_t current = heap_.front().index;
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
