#include "memtable/visible_iterator.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/coding.h"
#include "base/entry_batch.h"
#include "base/limits.h"
#include "base/prefetch.h"

namespace ashlar {

namespace {

// Those that a search begins with; the range is short unless many keys have the same head.
void prefetch_items(const ItemRange& range) {
  constexpr std::size_t kItemsInLine = 64 / sizeof(SortedRuns::Item);
  constexpr std::size_t kMostLines = 5;
  const auto items = static_cast<std::size_t>(range.to - range.from);
  const std::size_t lines = std::min(items / kItemsInLine + 1, kMostLines);
  for (std::size_t line = 0; line < lines; ++line) {
    prefetch_line(range.from + line * kItemsInLine);
  }
}

}  // namespace

VisibleIterator::VisibleIterator(std::shared_ptr<const Memtable> memtable,
                                 std::shared_ptr<const SortedRuns> runs, SequenceNumber visible)
    : memtable_(std::move(memtable)), runs_(std::move(runs)), visible_(visible) {
  rests_.reserve(runs_->runs.size());
}

void VisibleIterator::seek_first() {
  rests_.clear();
  for (const auto& run : runs_->runs) {
    rests_.push_back({run->items().data(), run->items().data() + run->items().size()});
  }
  choose_front();
  find_visible();
}

void VisibleIterator::seek(std::string_view key, SequenceNumber sequence) {
  for (int step = 0; !seek_step(step, key, sequence); ++step) {
  }
}

bool VisibleIterator::seek_step(int step, std::string_view key, SequenceNumber sequence) {
  ASHLAR_CHECK(sequence == kMaximumSequence);
  if (step == 0) {
    rests_.clear();
    for (const auto& run : runs_->runs) {
      const ItemRange range = sampled_range(*memtable_, *runs_, *run, key);
      rests_.push_back({range.from, range.to});
      prefetch_items(range);
    }
    return false;
  }
  if (step == 1) {
    for (std::size_t i = 0; i < rests_.size(); ++i) {
      Rest& rest = rests_[i];
      const auto items = runs_->runs[i]->items();
      rest.at = first_in_range(*memtable_, *runs_, {rest.at, rest.end}, key, sequence);
      rest.end = items.data() + items.size();
      if (rest.at != rest.end) memtable_->prefetch_record(rest.at->record);
    }
    return false;
  }
  std::erase_if(rests_, [](const Rest& rest) { return rest.at == rest.end; });
  choose_front();
  find_visible();
  return true;
}

void VisibleIterator::next() {
  pass_key();
  find_visible();
}

void VisibleIterator::choose_front() {
  front_ = nullptr;
  for (Rest& rest : rests_) {
    if (rest.at == rest.end) continue;
    if (front_ == nullptr || rest.at->head < front_->at->head) {
      front_ = &rest;
    } else if (rest.at->head == front_->at->head) {
      const int order = compare_keys(*memtable_, *rest.at, *front_->at);
      if (order == 0) front_->at += front_->at->versions;
      if (order <= 0) front_ = &rest;
    }
  }
}

void VisibleIterator::pass_key() {
  front_->at += front_->at->versions;
  choose_front();
}

void VisibleIterator::find_visible() {
  while (front_ != nullptr &&
         !memtable_->visible_entry_at(front_->at->record, visible_, &entry_)) {
    pass_key();
  }
}

bool VisibleIterator::find_live(SequenceNumber visible, std::size_t most, std::string* nearest) {
  ASHLAR_CHECK(visible == visible_);
  if (!valid() || !memtable_->has_sets()) return false;
  for (std::size_t looked = 0; looked < most && entry_.kind != EntryKind::kSet; ++looked) {
    if (!nearest->empty() && entry_.key >= *nearest) return true;
    next();
    if (!valid()) return false;
  }
  lower(nearest, entry_.key);
  return true;
}

std::size_t VisibleIterator::take_batch(EntryBatch* batch, std::size_t most) {
  // Records lie in the order of their commits, so each is a cache miss: all are fetched at once.
  most = std::min(most, EntryBatch::kCapacity);
  std::array<RecordNumber, EntryBatch::kCapacity> records;
  std::size_t count = 0;
  while (count < most) {
    Rest* const last = front_;
    const SortedRuns::Item* const at = front_->at;
    records[count++] = at->record;
    if (count == most) break;
    pass_key();
    if (front_ == nullptr) {
      front_ = last;
      front_->at = at;
      break;
    }
    memtable_->prefetch_record(front_->at->record);
  }
  batch->newest = 0;
  batch->plain = true;
  std::size_t taken = 0;
  for (std::size_t i = 0; i < count; ++i) {
    EntryView* const entry = std::construct_at(&batch->entries[taken]);
    if (!memtable_->visible_entry_at(records[i], visible_, entry)) continue;
    batch->newest = std::max(batch->newest, entry->sequence);
    batch->plain = batch->plain && entry->is_plain();
    ++taken;
  }
  if (taken > 0) entry_ = batch->entries[taken - 1];
  return taken;
}

}  // namespace ashlar
