#include "table/dead_marks.h"

#include <algorithm>
#include <bit>

#include "base/mutants.h"

namespace ashlar {
namespace {

// Leaves with more records than this many times as many as the average may have some that cannot
// be marked.
constexpr uint64_t kRoomForUnevenLeaves = 2;
constexpr uint32_t kMostWordsPerPage = 8;  // kMaximumLeafRecords

uint32_t words_per_page(uint32_t data_pages, uint64_t records) {
  const uint64_t average = records / std::max(data_pages, uint32_t{1}) + 1;
  const uint64_t words = (average * kRoomForUnevenLeaves + 63) / 64;
  return static_cast<uint32_t>(std::min<uint64_t>(words, kMostWordsPerPage));
}

constexpr uint64_t bit_of(uint32_t number) {
  return uint64_t{1} << number % 64;
}

}  // namespace

DeadMarks::DeadMarks(uint32_t data_pages, uint64_t records, bool only_tombstones,
                     MemoryBudget* budget)
    : data_pages_(data_pages),
      words_per_page_(words_per_page(data_pages, records)),
      only_tombstones_(only_tombstones),
      budget_(budget) {}

DeadMarks::Word* DeadMarks::words_to_mark() {
  if (Word* const words = words_.load(std::memory_order_acquire); words != nullptr) return words;
  const std::lock_guard lock(mutex_);
  if (Word* const words = words_.load(std::memory_order_relaxed); words != nullptr) return words;
  const std::size_t bytes =
      (page_words() + (std::size_t{data_pages_} + 1) * words_per_page_) * sizeof(Word);
  if (budget_ != nullptr && budget_->used() + bytes > budget_->total()) return nullptr;
  auto memory = HugeBuffer::allocate(bytes, MemoryUse::kTable, budget_, PageSize::kSmall);
  if (!memory.ok()) return nullptr;
  memory_ = std::move(memory).value();
  // Atomic integers of all zeros are what the system hands out.
  words_.store(reinterpret_cast<Word*>(memory_.data()), std::memory_order_release);
  return words_.load(std::memory_order_relaxed);
}

void DeadMarks::mark(uint32_t page, uint32_t slot, uint32_t count, uint32_t span,
                     SequenceNumber deletion) {
  if (slot >= words_per_page_ * 64) return;
  Word* const words = words_to_mark();
  if (words == nullptr) return;
  // [DEAD-1] Before the mark can be seen.
  SequenceNumber newest = newest_.load(std::memory_order_relaxed);
  while (newest < deletion && !ASHLAR_MUTANT("dead-marks-without-sequence") &&
         !newest_.compare_exchange_weak(newest, deletion, std::memory_order_seq_cst)) {
  }
  Word* const slots = slots_of(words, page);
  slots[slot / 64].fetch_or(bit_of(slot), std::memory_order_seq_cst);
  // Of two who mark the last two records at the same time, one sees both marks: all of this is in
  // one order.
  uint32_t marked = 0;
  for (uint32_t i = 0; i < words_per_page_; ++i) {
    marked += static_cast<uint32_t>(std::popcount(slots[i].load(std::memory_order_seq_cst)));
  }
  if (marked < count) return;
  for (uint32_t each = page + span; each-- > page;) {
    words[each / 64].fetch_or(bit_of(each), std::memory_order_seq_cst);
  }
}

bool DeadMarks::is_marked(uint32_t page, uint32_t slot) const {
  Word* const words = words_.load(std::memory_order_acquire);
  if (words == nullptr || slot >= words_per_page_ * 64) return false;
  return (slots_of(words, page)[slot / 64].load(std::memory_order_seq_cst) & bit_of(slot)) != 0;
}

uint32_t DeadMarks::next_live_page(uint32_t page) const {
  if (only_tombstones_) return data_pages_ + 1;
  Word* const words = words_.load(std::memory_order_acquire);
  if (words == nullptr) return page;
  // What lies before `page` in its word counts as dead.
  uint64_t dead_before = bit_of(page) - 1;
  for (std::size_t word = page / 64; word < page_words(); ++word) {
    const uint64_t live = ~(words[word].load(std::memory_order_seq_cst) | dead_before);
    if (live != 0) {
      const auto found = static_cast<uint32_t>(word * 64) +
                         static_cast<uint32_t>(std::countr_zero(live));
      return std::min(found, data_pages_ + 1);
    }
    dead_before = 0;
  }
  return data_pages_ + 1;
}

}  // namespace ashlar
