#include "compaction/merging_iterator.h"

#include <algorithm>
#include <string>
#include <utility>

namespace ashlar {
namespace {

// To look ahead costs as much as some comparisons, and is in vain where children take turns.
constexpr unsigned kStaysBeforeLookingAhead = 3;

}  // namespace

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
  known_ahead_ = 0;
  heap_.clear();
  for (std::size_t i = 0; i < children_.size(); ++i) {
    EntryIterator& child = *children_[i];
    check(child);
    if (child.valid()) heap_.push_back({&child, &child.entry(), i});
  }
  std::make_heap(heap_.begin(), heap_.end(),
                 [this](const Source& a, const Source& b) { return comes_before(b, a); });
}

void MergingIterator::choose_front() {
  const EntryIterator* const before = heap_.front().child;
  sift_down();
  if (heap_.front().child != before) {
    stays_ = 0;
  } else if (++stays_ >= kStaysBeforeLookingAhead) {
    stays_ = 0;
    const bool second_is_next = heap_.size() == 2 || comes_before(heap_[1], heap_[2]);
    known_ahead_ = before->known_before(heap_[second_is_next ? 1 : 2].entry->key);
  }
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
  known_ahead_ = 0;
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

std::size_t MergingIterator::take_batch(EntryBatch* batch, std::size_t most) {
  const bool alone = heap_.size() == 1;
  if (!alone) most = std::min(most, known_ahead_ + 1);
  if (most <= 1 || !forward_) return 0;
  Source& front = heap_.front();
  const std::size_t taken = front.child->take_batch(batch, most);
  if (taken == 0) return 0;
  front.entry = &front.child->entry();
  if (!alone) known_ahead_ -= taken - 1;
  return taken;
}

void MergingIterator::previous() {
  known_ahead_ = 0;
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
