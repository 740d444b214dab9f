// Which records of a table nobody will be shown any more, so that ranges need not visit them.
//
// A deletion leaves what it hides in its table until a merge; a scan over what was deleted meets
// tombstone and record of every key. So whoever deletes marks the records that he hides, in memory
// only, as an index of PostgreSQL marks entries whose rows are dead (LP_DEAD): a hint that may be
// missing and is never wrong.
//
// [DEAD-1] A record is marked only behind the commit of a deletion of its key with a higher
//          sequence, and newest() is never below the sequence of such a deletion. So a reader at
//          newest() or above sees, of the key of a marked record, something newer than it,
//          whatever becomes of the tombstone.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "base/entry.h"
#include "base/huge_buffer.h"

namespace ashlar {

// Takes memory with the first mark: a bit for each record and page, and about as many again.
//
// Ownership: the budget must outlive it.
// Threads:   any.
class DeadMarks {
 public:
  // Of a table with so many data pages, the first of which is 1, and so many records.
  // `only_tombstones`: none of them is ever shown, without marks.
  DeadMarks(uint32_t data_pages, uint64_t records, bool only_tombstones, MemoryBudget* budget);
  DeadMarks(const DeadMarks&) = delete;
  DeadMarks& operator=(const DeadMarks&) = delete;

  // Marks the record in this slot of the leaf of `span` pages at `page`, which has `count` records.
  // [DEAD-1] is the caller's business. Does nothing if there is no memory, or no room for the slot.
  void mark(uint32_t page, uint32_t slot, uint32_t count, uint32_t span, SequenceNumber deletion);

  // Whether the record is marked. What a reader concludes holds if afterwards newest() is not above
  // the sequence that he reads at.
  bool is_marked(uint32_t page, uint32_t slot) const;
  // The first page from this one on that belongs to a leaf with a record that is not marked; behind
  // the last one if there is none. The same holds of it.
  uint32_t next_live_page(uint32_t page) const;
  // The highest sequence of a deletion that has marked anything; 0: none has.
  SequenceNumber newest() const { return newest_.load(std::memory_order_seq_cst); }
  bool only_tombstones() const { return only_tombstones_; }

 private:
  using Word = std::atomic<uint64_t>;

  std::size_t page_words() const { return (std::size_t{data_pages_} + 1 + 63) / 64; }
  Word* slots_of(Word* words, uint32_t page) const {
    return words + page_words() + std::size_t{page} * words_per_page_;
  }
  // Null if there is no memory.
  Word* words_to_mark();

  const uint32_t data_pages_;
  const uint32_t words_per_page_;
  const bool only_tombstones_;
  MemoryBudget* const budget_;
  std::atomic<SequenceNumber> newest_{0};
  std::mutex mutex_;   // of taking memory
  HugeBuffer memory_;  // a bit for each page all of whose leaf is marked, then those of records
  std::atomic<Word*> words_{nullptr};
};

}  // namespace ashlar
