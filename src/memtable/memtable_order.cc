#include "memtable/memtable_order.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "base/coding.h"
#include "memtable/memtable.h"

namespace ashlar {
namespace {

// Runs are merged until each is at least this many times as long as the next newer one. Every
// range searches all of them, and moving an item costs a few nanoseconds: better few runs.
constexpr std::size_t kRunRatio = 16;
// Longer runs are not merged while somebody waits: a run of a million would take him 20 ms.
constexpr std::size_t kLongestMergedAtOnce = 8 << 10;
constexpr std::size_t kItemsBetweenSamples = 16;
// Fewer items are compared, as counting digits takes a while by itself.
constexpr std::size_t kLeastItemsToCount = 2048;

// Digit by digit, the least significant first (Knuth, TAOCP vol. 3, 5.2.5); stable. A million items
// take a fifth of the time of std::sort().
void sort_by_head(std::vector<SortedRuns::Item>* items) {
  constexpr std::size_t kDigits = sizeof(uint64_t);
  constexpr std::size_t kValues = 256;
  const auto digit_of = [](uint64_t head, std::size_t digit) {
    return static_cast<std::size_t>(head >> (8 * digit) & 0xff);
  };
  std::array<std::array<uint32_t, kValues>, kDigits> counts{};
  for (const SortedRuns::Item& item : *items) {
    for (std::size_t digit = 0; digit < kDigits; ++digit) ++counts[digit][digit_of(item.head, digit)];
  }
  std::vector<SortedRuns::Item> other(items->size());
  for (std::size_t digit = 0; digit < kDigits; ++digit) {
    std::array<uint32_t, kValues>& places = counts[digit];
    if (places[digit_of(items->front().head, digit)] == items->size()) continue;  // all the same
    std::exclusive_scan(places.begin(), places.end(), places.begin(), uint32_t{0});
    for (const SortedRuns::Item& item : *items) {
      other[places[digit_of(item.head, digit)]++] = item;
    }
    items->swap(other);
  }
}

// How many of the sorted numbers come first for which `before` holds. Halves without a branch on
// what is found, which no processor could foresee.
template <typename Before>
std::size_t count_first(std::span<const uint64_t> numbers, const Before& before) {
  const uint64_t* at = numbers.data();
  std::size_t left = numbers.size();
  while (left > 1) {
    const std::size_t half = left / 2;
    at += before(at[half - 1]) ? half : 0;
    left -= half;
  }
  const auto passed = static_cast<std::size_t>(at - numbers.data());
  return passed + (left == 1 && before(*at) ? 1 : 0);
}

}  // namespace

SortedRuns::Run::Run(std::vector<Item> sorted) : memory_(std::make_shared<Memory>()) {
  memory_->samples.reserve(sorted.size() / kItemsBetweenSamples + 1);
  for (std::size_t i = 0; i < sorted.size(); i += kItemsBetweenSamples) {
    memory_->samples.push_back(sorted[i].head);
  }
  memory_->items = std::move(sorted);
  show();
}

SortedRuns::Run::Run(const Run& older, std::span<const Item> behind) : memory_(older.memory_) {
  const std::size_t count = older.items_.size() + behind.size();
  if (memory_->items.size() != older.items_.size() || memory_->items.capacity() < count ||
      memory_->samples.capacity() < count / kItemsBetweenSamples + 1) {
    memory_ = std::make_shared<Memory>();
    memory_->items.reserve(2 * count);
    memory_->samples.reserve(2 * count / kItemsBetweenSamples + 1);
    memory_->append(older.items_);
  }
  memory_->append(behind);
  show();
}

void SortedRuns::Run::Memory::append(std::span<const Item> more) {
  for (const Item& item : more) {
    if (items.size() % kItemsBetweenSamples == 0) samples.push_back(item.head);
    items.push_back(item);
  }
}

int compare_keys(const Memtable& memtable, const SortedRuns::Item& a, const SortedRuns::Item& b) {
  if (a.head != b.head) return a.head < b.head ? -1 : 1;
  return memtable.key_at(a.record).compare(memtable.key_at(b.record));
}

bool is_before(const Memtable& memtable, const SortedRuns::Item& a, const SortedRuns::Item& b) {
  const int order = compare_keys(memtable, a, b);
  return order != 0 ? order < 0 : a.record > b.record;
}

ItemRange sampled_range(const Memtable& memtable, const SortedRuns& runs, const SortedRuns::Run& run,
                        std::string_view key) {
  const std::span<const uint64_t> samples = run.samples();
  const SortedRuns::Item* const begin = run.items().data();
  const SortedRuns::Item* const end = begin + run.items().size();
  if (begin == end) return {end, end};
  const std::string_view prefix = memtable.key_at(begin->record).substr(0, runs.prefix_bytes);
  const int order = key.substr(0, prefix.size()).compare(prefix);
  if (order != 0) return order < 0 ? ItemRange{begin, begin} : ItemRange{end, end};
  const uint64_t head = order_prefix64(key.substr(prefix.size()));
  // Between the last sample below the head and the first one above it.
  const std::size_t below = count_first(samples, [=](uint64_t at) { return at < head; });
  if (below == 0 && samples.front() != head) return {begin, begin};
  std::size_t above = below;
  if (below < samples.size() && samples[below] == head) {
    above = count_first(samples, [=](uint64_t at) { return at <= head; });
  }
  const SortedRuns::Item* const from = begin + (below - (below > 0)) * kItemsBetweenSamples;
  const SortedRuns::Item* const to =
      above < samples.size() ? begin + above * kItemsBetweenSamples : end;
  return {from, to};
}

const SortedRuns::Item* first_in_range(const Memtable& memtable, const SortedRuns& runs,
                                       const ItemRange& range, std::string_view key,
                                       SequenceNumber sequence) {
  if (range.from == range.to) return range.to;
  const uint64_t head = order_prefix64(key.substr(runs.prefix_bytes));
  return std::partition_point(range.from, range.to, [&](const SortedRuns::Item& item) {
    if (item.head != head) return item.head < head;
    return entry_before(memtable.key_at(item.record), memtable.sequence_at(item.record), key,
                        sequence);
  });
}

const SortedRuns::Item* first_at_or_behind(const Memtable& memtable, const SortedRuns& runs,
                                           const SortedRuns::Run& run, std::string_view key,
                                           SequenceNumber sequence) {
  return first_in_range(memtable, runs, sampled_range(memtable, runs, run, key), key, sequence);
}

std::shared_ptr<const SortedRuns> MemtableOrder::sorted() {
  const std::lock_guard lock(mutex_);
  const std::size_t end = memtable_.end_.load(std::memory_order_acquire);
  const std::size_t from = sorted_up_to();
  if (end == from) return current_;

  SortedRuns next = *current_;
  const std::size_t prefix = memtable_.common_prefix_.load(std::memory_order_relaxed);
  if (next.runs.empty()) next.prefix_bytes = prefix;
  if (prefix < next.prefix_bytes) shorten_prefix(&next, prefix);

  Items fresh = sort_new_records(from, end, next.prefix_bytes);
  while (!next.runs.empty() && next.runs.back()->items().size() < fresh.size() * kRunRatio &&
         next.runs.back()->items().size() + fresh.size() <= kLongestMergedAtOnce) {
    fresh = merge(next.runs.back()->items(), fresh);
    next.runs.pop_back();
  }
  if (!fresh.empty()) next.runs.push_back(std::make_shared<const Run>(std::move(fresh)));
  current_ = std::make_shared<const SortedRuns>(std::move(next));
  note_long_runs();
  sorted_up_to_.store(end, std::memory_order_relaxed);
  return current_;
}

std::size_t MemtableOrder::find_pair(const SortedRuns& runs) {
  for (std::size_t i = runs.runs.size(); i-- > 1;) {
    if (runs.runs[i - 1]->items().size() < runs.runs[i]->items().size() * kRunRatio) return i - 1;
  }
  return runs.runs.size();
}

void MemtableOrder::merge_long_runs() {
  const std::lock_guard merging(merging_mutex_);
  std::unique_lock lock(mutex_);
  for (std::size_t place = find_pair(*current_); place < current_->runs.size();
       place = find_pair(*current_)) {
    const auto older = current_->runs[place];
    const auto newer = current_->runs[place + 1];
    lock.unlock();
    const auto merged = is_behind(older->items(), newer->items())
                            ? std::make_shared<const Run>(*older, newer->items())
                            : std::make_shared<const Run>(merge(older->items(), newer->items()));
    lock.lock();
    SortedRuns next = *current_;
    // Meanwhile a newer run may have gone into another one, or heads may have become longer.
    if (place + 1 < next.runs.size() && next.runs[place] == older &&
        next.runs[place + 1] == newer) {
      next.runs[place] = merged;
      next.runs.erase(next.runs.begin() + static_cast<std::ptrdiff_t>(place) + 1);
    }
    current_ = std::make_shared<const SortedRuns>(std::move(next));
    note_long_runs();
  }
}

void MemtableOrder::note_long_runs() {
  long_runs_to_merge_.store(find_pair(*current_) < current_->runs.size(),
                            std::memory_order_relaxed);
}

uint64_t MemtableOrder::head_of(RecordNumber record, std::size_t prefix_bytes) const {
  return order_prefix64(Memtable::key_of(memtable_.record(record)).substr(prefix_bytes));
}

MemtableOrder::Items MemtableOrder::sort_new_records(std::size_t from, std::size_t to,
                                                     std::size_t prefix_bytes) const {
  Items run;
  bool in_order = true;
  for (std::size_t at = from; at < to;) {
    const char* const bytes = memtable_.arena_.data() + at;
    const auto size = load<uint32_t>(bytes + 12);
    if (Memtable::entry_of(bytes).kind != EntryKind::kDeleteRange) {
      const auto number = static_cast<RecordNumber>(at / 8);
      const uint64_t head = head_of(number, prefix_bytes);
      in_order = in_order && (run.empty() || run.back().head < head);
      run.push_back({head, number, 1});
    }
    at = Memtable::record_end(at, size);
  }
  if (!in_order) sort(&run);
  for (std::size_t i = run.size(); i-- > 1;) {
    if (compare_keys(memtable_, run[i - 1], run[i]) == 0) run[i - 1].versions += run[i].versions;
  }
  return run;
}

void MemtableOrder::sort(Items* items) const {
  if (items->size() < kLeastItemsToCount) {
    std::sort(items->begin(), items->end(),
              [this](const Item& a, const Item& b) { return is_before(memtable_, a, b); });
    return;
  }
  sort_by_head(items);
  for (auto first = items->begin(); first != items->end();) {
    const auto last = std::find_if(first + 1, items->end(),
                                   [&](const Item& item) { return item.head != first->head; });
    if (last - first > 1) sort_equal_heads(first, last);
    first = last;
  }
}

// From older to newer records to [ORDER-1]. Mostly all are versions of one key, and then there is
// nothing to sort.
void MemtableOrder::sort_equal_heads(Items::iterator first, Items::iterator last) const {
  std::reverse(first, last);
  const std::string_view key = memtable_.key_at(first->record);
  const bool of_one_key = std::all_of(first + 1, last, [&](const Item& item) {
    return memtable_.key_at(item.record) == key;
  });
  if (of_one_key) return;
  std::stable_sort(first, last, [this](const Item& a, const Item& b) {
    return memtable_.key_at(a.record) < memtable_.key_at(b.record);
  });
}

bool MemtableOrder::is_behind(std::span<const Item> older, std::span<const Item> newer) const {
  return compare_keys(memtable_, older.back(), newer.front()) < 0;
}

MemtableOrder::Items MemtableOrder::merge(std::span<const Item> older,
                                          std::span<const Item> newer) const {
  Items merged;
  merged.reserve(older.size() + newer.size());
  const auto take_versions = [&merged](std::span<const Item>::iterator* from) {
    if ((*from)->versions == 1) [[likely]] {
      merged.push_back(*(*from)++);
      return;
    }
    const auto end = *from + (*from)->versions;
    merged.insert(merged.end(), *from, end);
    *from = end;
  };
  auto a = older.begin();
  auto b = newer.begin();
  while (a != older.end() && b != newer.end()) {
    const int order = compare_keys(memtable_, *a, *b);
    if (order < 0) {
      take_versions(&a);
      continue;
    }
    const std::size_t first = merged.size();
    take_versions(&b);
    if (order > 0) continue;
    for (std::size_t i = first; i < merged.size(); ++i) merged[i].versions += a->versions;
    take_versions(&a);
  }
  merged.insert(merged.end(), a, older.end());
  merged.insert(merged.end(), b, newer.end());
  return merged;
}

void MemtableOrder::shorten_prefix(SortedRuns* runs, std::size_t prefix_bytes) const {
  runs->prefix_bytes = prefix_bytes;
  for (auto& run : runs->runs) {
    Items headed(run->items().begin(), run->items().end());
    for (Item& item : headed) item.head = head_of(item.record, prefix_bytes);
    run = std::make_shared<const Run>(std::move(headed));
  }
}

}  // namespace ashlar
