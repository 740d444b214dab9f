#include "memtable/memtable_order.h"

#include <algorithm>

#include "base/coding.h"
#include "memtable/memtable.h"

namespace ashlar {
namespace {

// Runs are merged until each is at least this many times as long as the next newer one.
constexpr std::size_t kRunRatio = 6;

}  // namespace

bool is_before(const Memtable& memtable, const SortedRuns::Item& a, const SortedRuns::Item& b) {
  if (a.head != b.head) return a.head < b.head;
  const int order = memtable.key_at(a.record).compare(memtable.key_at(b.record));
  return order != 0 ? order < 0 : a.record > b.record;
}

std::shared_ptr<const SortedRuns> MemtableOrder::sorted() {
  const std::lock_guard lock(mutex_);
  const std::size_t end = memtable_.end_.load(std::memory_order_acquire);
  if (end == sorted_up_to_) return current_;

  SortedRuns next = *current_;
  const std::size_t prefix = memtable_.common_prefix_.load(std::memory_order_relaxed);
  if (next.runs.empty()) next.prefix_bytes = prefix;
  if (prefix < next.prefix_bytes) shorten_prefix(&next, prefix);

  Run fresh = sort_new_records(sorted_up_to_, end, next.prefix_bytes);
  while (!next.runs.empty() && next.runs.back()->size() < fresh.size() * kRunRatio) {
    fresh = merge(*next.runs.back(), fresh);
    next.runs.pop_back();
  }
  if (!fresh.empty()) next.runs.push_back(std::make_shared<const Run>(std::move(fresh)));
  current_ = std::make_shared<const SortedRuns>(std::move(next));
  sorted_up_to_ = end;
  return current_;
}

uint64_t MemtableOrder::head_of(RecordNumber record, std::size_t prefix_bytes) const {
  return order_prefix64(Memtable::key_of(memtable_.record(record)).substr(prefix_bytes));
}

MemtableOrder::Run MemtableOrder::sort_new_records(std::size_t from, std::size_t to,
                                                   std::size_t prefix_bytes) const {
  Run run;
  for (std::size_t at = from; at < to;) {
    const char* const bytes = memtable_.arena_.data() + at;
    const auto size = load<uint32_t>(bytes + 12);
    if (Memtable::entry_of(bytes).kind != EntryKind::kDeleteRange) {
      const auto number = static_cast<RecordNumber>(at / 8);
      run.push_back({head_of(number, prefix_bytes), number});
    }
    at = (at + Memtable::kRecordHeaderBytes + size + 7) & ~std::size_t{7};
  }
  std::sort(run.begin(), run.end(),
            [this](const Item& a, const Item& b) { return is_before(memtable_, a, b); });
  return run;
}

MemtableOrder::Run MemtableOrder::merge(const Run& a, const Run& b) const {
  Run merged(a.size() + b.size());
  std::merge(a.begin(), a.end(), b.begin(), b.end(), merged.begin(),
             [this](const Item& x, const Item& y) { return is_before(memtable_, x, y); });
  return merged;
}

void MemtableOrder::shorten_prefix(SortedRuns* runs, std::size_t prefix_bytes) const {
  runs->prefix_bytes = prefix_bytes;
  for (auto& run : runs->runs) {
    Run headed = *run;
    for (Item& item : headed) item.head = head_of(item.record, prefix_bytes);
    run = std::make_shared<const Run>(std::move(headed));
  }
}

}  // namespace ashlar
