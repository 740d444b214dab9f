// The sorted view of a memtable, made on demand.
//
// Writers never sort. Whoever wants order sorts what has come since the last time into a new run
// and merges runs of similar size, so that there are few and each record is merged O(log n) times;
// a scan beside a slow writer therefore sorts only a few records. What a fast writer leaves behind
// is sorted in the background, piece by piece, where long runs are merged too, so that no scan waits
// for more than a piece, and a flush has little left to do.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/entry.h"
#include "memtable/hash_index.h"

namespace ashlar {

class Memtable;

// Sorted runs that together hold every record of a memtable up to some moment. What a run shows
// never changes.
struct SortedRuns {
  struct Item {
    uint64_t head;  // first eight bytes behind the common prefix, see order_prefix64()
    RecordNumber record;
    uint32_t versions;  // of its key in the run, from this one to the oldest
  };
  class Run {
   public:
    explicit Run(std::vector<Item> sorted);
    // The items of `older` with `behind` behind them; in the memory of `older`, if there is room and
    // no other run has taken it. One at a time, beside those who look at `older`.
    Run(const Run& older, std::span<const Item> behind);

    std::span<const Item> items() const { return items_; }
    // The head of every so-many-th item: a search that begins here meets few lines of memory that
    // the processor's caches don't hold.
    std::span<const uint64_t> samples() const { return samples_; }

   private:
    // Elements are only added, and never move: runs show the first of them.
    struct Memory {
      void append(std::span<const Item> more);

      std::vector<Item> items;
      std::vector<uint64_t> samples;
    };
    void show() {
      items_ = memory_->items;
      samples_ = memory_->samples;
    }

    std::shared_ptr<Memory> memory_;
    std::span<const Item> items_;
    std::span<const uint64_t> samples_;
  };

  std::size_t prefix_bytes = 0;  // that all their keys have in common, and `head` leaves out
  std::vector<std::shared_ptr<const Run>> runs;
};

// How the keys of two items compare; their heads are of the same prefix.
int compare_keys(const Memtable& memtable, const SortedRuns::Item& a, const SortedRuns::Item& b);
// [ORDER-1] for items with heads of the same prefix. Records of one commit may share key and
// sequence: the later one counts, and comes first.
bool is_before(const Memtable& memtable, const SortedRuns::Item& a, const SortedRuns::Item& b);

// Where in one of the runs the first item is that is not before (key, …): between `from` and `to`,
// as far as the samples tell.
struct ItemRange {
  const SortedRuns::Item* from;
  const SortedRuns::Item* to;
};
ItemRange sampled_range(const Memtable& memtable, const SortedRuns& runs, const SortedRuns::Run& run,
                        std::string_view key);
// The first item in what sampled_range() gave that is not before (key, sequence), or its end.
const SortedRuns::Item* first_in_range(const Memtable& memtable, const SortedRuns& runs,
                                       const ItemRange& range, std::string_view key,
                                       SequenceNumber sequence);
// The first item of one of the runs that is not before (key, sequence), or its end.
const SortedRuns::Item* first_at_or_behind(const Memtable& memtable, const SortedRuns& runs,
                                           const SortedRuns::Run& run, std::string_view key,
                                           SequenceNumber sequence);

// Threads: any.
class MemtableOrder {
 public:
  explicit MemtableOrder(const Memtable& memtable) : memtable_(memtable) {}

  // Runs that cover every record complete at the time of the call.
  std::shared_ptr<const SortedRuns> sorted();
  // Merges the long runs that sorted() has left side by side; nobody waits for that.
  void merge_long_runs();
  // Whether there are any.
  bool has_long_runs_to_merge() const {
    return long_runs_to_merge_.load(std::memory_order_relaxed);
  }
  // The offset in the arena before which the last call found everything.
  std::size_t sorted_up_to() const { return sorted_up_to_.load(std::memory_order_relaxed); }

 private:
  using Item = SortedRuns::Item;
  using Run = SortedRuns::Run;
  using Items = std::vector<Item>;

  uint64_t head_of(RecordNumber record, std::size_t prefix_bytes) const;
  Items sort_new_records(std::size_t from, std::size_t to, std::size_t prefix_bytes) const;
  void sort(Items* items) const;  // which lie in the order in which they were added
  void sort_equal_heads(Items::iterator first, Items::iterator last) const;
  // Whether all keys of `older` come before those of `newer`, as where keys are added in order.
  bool is_behind(std::span<const Item> older, std::span<const Item> newer) const;
  // `newer` holds records added after all of `older`'s.
  Items merge(std::span<const Item> older, std::span<const Item> newer) const;
  void shorten_prefix(SortedRuns* runs, std::size_t prefix_bytes) const;
  // Of two neighbours that are to be merged the older one's place; the number of runs if there are
  // none.
  static std::size_t find_pair(const SortedRuns& runs);
  void note_long_runs();  // under mutex_

  const Memtable& memtable_;
  std::mutex mutex_;
  std::atomic<std::size_t> sorted_up_to_{8};  // offset in the arena; changes under mutex_
  std::atomic<bool> long_runs_to_merge_{false};
  std::mutex merging_mutex_;  // taken before mutex_
  std::shared_ptr<const SortedRuns> current_ = std::make_shared<const SortedRuns>();
};

}  // namespace ashlar
