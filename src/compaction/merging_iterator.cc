#include "compaction/merging_iterator.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/key_prefix.h"
#include "base/limits.h"

namespace ashlar {
namespace {

// What is fetched of one child among several at first, and doubled each time: the entries of a
// child that is hardly in front would be fetched in vain.
constexpr std::size_t kFirstBatch = 4;

}  // namespace

MergingIterator::MergingIterator(std::vector<std::unique_ptr<EntryIterator>> children)
    : sources_(children.size()) {
  heap_.reserve(children.size());
  for (std::size_t i = 0; i < children.size(); ++i) sources_[i].child = std::move(children[i]);
}

// Whether `a` is to be visited before `b` in the current direction.
bool MergingIterator::comes_before(const Front& a, const Front& b) const {
  if (a.head != b.head) return a.head < b.head;
  const EntryView& x = *a.source->at;
  const EntryView& y = *b.source->at;
  int order = x.key.compare(y.key);
  if (order == 0) order = (x.sequence < y.sequence) - (x.sequence > y.sequence);
  if (order == 0) order = a.source < b.source ? -1 : 1;
  return forward_ ? order < 0 : order > 0;
}

bool MergingIterator::fetch(Source* source) {
  EntryIterator& child = *source->child;
  if (!child.valid()) {
    if (!child.status().ok()) fail(child.status());
    return false;
  }
  std::size_t taken = 0;
  if (forward_) {
    source->turn ^= 1;
    const auto number = static_cast<std::size_t>(source - sources_.data());
    source->batch = &batches_[2 * number + source->turn];
    taken = child.take_batch(source->batch, source->most);
    source->most = std::min(2 * source->most, EntryBatch::kCapacity);
  }
  if (taken > 0) {
    source->at = source->batch->entries.data();
    source->end = source->at + taken;
  } else {
    source->batch = nullptr;
    source->at = &child.entry();
    source->end = source->at + 1;
  }
  source->has_prefix = forward_ && source->end[-1].key.starts_with(prefix_);
  return true;
}

uint64_t MergingIterator::head_elsewhere(std::string_view key) const {
  if (!forward_) return 0;
  if (key.starts_with(prefix_)) return order_prefix64(key.substr(prefix_.size()));
  return key < prefix_ ? 0 : UINT64_MAX;
}

void MergingIterator::rebuild() {
  heap_.clear();
  prefix_.clear();
  if (forward_ && batches_ == nullptr) {
    batches_ = std::make_unique_for_overwrite<EntryBatch[]>(2 * sources_.size());
  }
  const std::size_t most = std::min<uint64_t>(
      expected_, sources_.size() == 1 ? EntryBatch::kCapacity : kFirstBatch);
  for (Source& source : sources_) {
    source.most = most;
    if (fetch(&source)) heap_.push_back({0, &source});
  }
  if (!status_.ok()) return;
  choose_prefix();
  begin_stretch();
}

void MergingIterator::choose_prefix() {
  if (forward_ && heap_.size() > 1) {
    std::string_view smallest = heap_.front().source->at->key;
    std::string_view largest = smallest;
    for (const Front& front : heap_) {
      smallest = std::min(smallest, front.source->at->key);
      largest = std::max(largest, front.source->end[-1].key);
    }
    // A head is best taken from eight bytes.
    const std::size_t shortest = std::min(smallest.size(), largest.size());
    const std::size_t most = shortest - std::min(shortest, sizeof(uint64_t));
    prefix_.assign(smallest, 0, common_prefix_bytes(smallest, largest, most));
    for (Front& front : heap_) {
      front.source->has_prefix = true;
      front.head = head_of(*front.source, front.source->at->key);
    }
  }
  std::make_heap(heap_.begin(), heap_.end(),
                 [this](const Front& a, const Front& b) { return comes_before(b, a); });
}

void MergingIterator::sift_down() {
  const Front moved = heap_.front();
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

void MergingIterator::end_stretch() {
  Front& front = heap_.front();
  Source& source = *front.source;
  source.at = stretch_end_;
  bool ended = false;
  if (source.at == source.end) {
    forward_ ? source.child->next() : source.child->previous();
    ended = !fetch(&source);
    if (!status_.ok()) return;
  }
  if (ended) {
    front = heap_.back();
    heap_.pop_back();
    if (heap_.empty()) {
      current_ = nullptr;
      return;
    }
  } else {
    front.head = head_of(source, source.at->key);
  }
  sift_down();
  begin_stretch();
}

void MergingIterator::begin_stretch() {
  if (heap_.empty()) {
    current_ = nullptr;
    return;
  }
  // Behind the keys with the prefix all heads are the same.
  if (heap_.size() > 1 && heap_.front().head == UINT64_MAX &&
      !heap_.front().source->at->key.starts_with(prefix_)) {
    choose_prefix();
  }
  const Source& source = *heap_.front().source;
  current_ = source.at;
  if (heap_.size() == 1) {
    stretch_end_ = source.end;
    return;
  }
  const bool second_is_next = heap_.size() == 2 || heap_[1].head <= heap_[2].head;
  const uint64_t bound = heap_[second_is_next ? 1 : 2].head;
  const EntryView* end = source.at + 1;
  while (end != source.end && head_of(source, end->key) < bound) ++end;
  stretch_end_ = end;
}

void MergingIterator::fail(const Status& status) {
  if (status_.ok()) status_ = status;
  current_ = nullptr;
}

void MergingIterator::seek_first() {
  forward_ = true;
  for (Source& source : sources_) source.child->seek_first();
  rebuild();
}

void MergingIterator::seek_last() {
  forward_ = false;
  for (Source& source : sources_) source.child->seek_last();
  rebuild();
}

void MergingIterator::seek(std::string_view key, SequenceNumber sequence) {
  forward_ = true;
  seek_children(key, sequence);
  rebuild();
}

void MergingIterator::seek_children(std::string_view key, SequenceNumber sequence) {
  for (Source& source : sources_) source.arrived = false;
  std::size_t left = sources_.size();
  for (int step = 0; left > 0; ++step) {
    for (Source& source : sources_) {
      if (source.arrived) continue;
      source.arrived = source.child->seek_step(step, key, sequence);
      if (source.arrived) --left;
    }
  }
}

// The oldest child first: bottoms pass what is marked page by page, and what they find spares the
// others the way there, which memtables go key by key.
bool MergingIterator::pass_dead(SequenceNumber visible, std::size_t most) {
  ASHLAR_CHECK(valid() && forward_);
  const std::string from(current_->key);
  seek_children(from, kMaximumSequence);
  std::string nearest;
  for (auto source = sources_.rbegin(); source != sources_.rend() && nearest != from; ++source) {
    source->child->find_live(visible, most, &nearest);
    if (!source->child->status().ok()) {
      fail(source->child->status());
      return true;
    }
  }
  if (!nearest.empty()) {
    seek(nearest, kMaximumSequence);
    return nearest != from;
  }
  heap_.clear();
  current_ = nullptr;
  return true;
}

void MergingIterator::previous() {
  if (forward_) turn(false);
  if (valid()) end_stretch();
}

// Puts every child beside the current entry, on the side to be visited next, but the one that the
// entry comes from: that one stays at it.
void MergingIterator::turn(bool forward) {
  Source* const here = heap_.front().source;
  const std::string key(current_->key);
  const SequenceNumber sequence = current_->sequence;
  for (const EntryView* at = current_ + 1; at != here->end; ++at) here->child->previous();
  forward_ = forward;
  for (Source& source : sources_) {
    if (&source == here) continue;
    EntryIterator& child = *source.child;
    child.seek(key, sequence);
    // Of equals, those given before the current child precede it.
    const bool equal =
        child.valid() && child.entry().sequence == sequence && child.entry().key == key;
    if (forward && equal && &source < here) child.next();
    if (!forward && !(equal && &source < here)) {
      if (child.valid()) {
        child.previous();
      } else if (child.status().ok()) {
        child.seek_last();
      }
    }
  }
  rebuild();
}

}  // namespace ashlar
