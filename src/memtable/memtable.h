// The newest writes, in memory, until they are flushed to a table.
//
// Records lie in an arena in the order of their commits, each the operation's bytes as they went to
// the log, so that its checksum travels from commit to table:
//
//   0          8          12            16
//   +----------+----------+-------------+-----------+
//   | sequence | previous | operation   | operation |   previous: the next older record of the key
//   | 8        | 4        | bytes 4     |           |   (RecordNumber); records start at multiples
//   +----------+----------+-------------+-----------+   of 8
//
// Behind an operation of kLargeValueBytes or more, at the next multiple of 8, are 8 bytes more: where
// in the log it begins, or 0.
//
// Points are found by hash. Order is made only when somebody asks for it: see memtable_order.h.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "base/coding.h"
#include "base/entry.h"
#include "base/limits.h"
#include "base/operation.h"
#include "base/prefetch.h"
#include "base/range_tombstones.h"
#include "memtable/hash_index.h"
#include "memtable/memtable_memory.h"
#include "memtable/memtable_order.h"

namespace ashlar {

// A set of a large value, and where the log has it.
struct LoggedValue {
  uint64_t log_position = 0;  // of the operation
  std::string_view operation;
  uint64_t value_bytes = 0;
  bool superseded = false;  // a newer record of the key is in the same memtable
  bool ascends = false;     // its key is not below that of the one before it
};

// An operation as it was encoded, and where the log has it; 0 if that is not known.
struct LoggedOperation {
  uint64_t log_position = 0;
  std::string_view bytes;
};

// Ownership: shared by the engine's read views and the iterators made from it.
// Threads:   one writer (the holder of the commit lock) calls add(); any number may read meanwhile.
// Invariant: [MEM-1] a record is complete before the hash index or `end_` leads to it.
class Memtable : public std::enable_shared_from_this<Memtable> {
  static constexpr std::size_t kRecordHeaderBytes = 16;
  static constexpr std::size_t kPositionBytes = 8;
  // Steps in which memory is touched ahead of the writer, those of huge pages; and how far ahead:
  // what a fast writer fills until it is looked after again.
  static constexpr std::size_t kTouchBytes = std::size_t{2} << 20;
  static constexpr std::size_t kTouchedAheadBytes = 16 * kTouchBytes;
  // Pieces in which a memtable is sorted while it is filled: each is merged with those before it.
  static constexpr std::size_t kSortedPieces = 48;

 public:
  // `capacity` bounds all of its memory, which is taken at once; at most 128 MiB.
  // `log_position` is where the log of its first record begins.
  static Result<std::shared_ptr<Memtable>> create(std::size_t capacity, uint64_t log_position,
                                                  MemtableMemory* memory);
  ~Memtable();

  // What `count` operations of `bytes` bytes in all take, at most, of used_bytes().
  static constexpr std::size_t record_bytes(std::size_t bytes, std::size_t count) {
    return bytes + count * (kRecordHeaderBytes + 7) + bytes / kLargeValueBytes * kPositionBytes;
  }
  // Whether `count` operations of `bytes` bytes in all fit. Writer only.
  bool fits(std::size_t bytes, std::size_t count) const;
  // Adds one encoded operation, for which fits() said yes. `log_position`: where the log has it; 0 if
  // that is not known. Writer only.
  void add(SequenceNumber sequence, std::string_view operation, const Operation& decoded,
           uint64_t hash, uint64_t log_position = 0);
  // To be called behind the last operation of a commit, before the commit becomes visible: readers
  // find its range tombstones from then on. Writer only.
  void end_commit();

  void prefetch(uint64_t hash) const { index_.prefetch(hash); }
  // For prefetching by whoever holds nothing that keeps this memtable.
  void show_buckets_to(BucketHint* hint) const { hint->point_to(index_); }
  // The newest version of the key not above `visible`. Range tombstones are the caller's business.
  // The view lives as long as the memtable.
  bool get(std::string_view key, uint64_t hash, SequenceNumber visible, EntryView* entry) const;

  // Iterates over everything added before the call. Keeps the memtable alive.
  std::unique_ptr<EntryIterator> new_iterator() const;
  // The same, forward only, with the newest version of each key that is not above `visible`.
  std::unique_ptr<EntryIterator> new_iterator_at(SequenceNumber visible) const;

  // How many records of keys in [from, to) there are (empty `to`: no end), all versions and
  // deletions among them.
  uint64_t count_records(std::string_view from, std::string_view to) const;

  // Those of the commits so far; valid as long as the memtable.
  const RangeTombstones& range_tombstones() const {
    return *range_tombstones_.load(std::memory_order_acquire);
  }

  // The sets of values of kLargeValueBytes or more whose place in the log is known, in its order.
  // Once writing has ended.
  std::vector<LoggedValue> logged_values() const;
  // The operation that `entry`, which this memtable handed out, comes from. Its place is known of
  // large ones only.
  LoggedOperation operation_of(const EntryView& entry) const;

  // Compares each record with its checksum; kCorruption when memory was damaged.
  Status verify_checksums() const;

  // Takes pages of memory that add() is about to fill, one step further with each call, so that the
  // writer does not wait for them; nothing to do for memory that was used before. False if enough is
  // ready for now. Any thread, one at a time, beside the writer.
  bool touch_ahead();
  // Whether it is time to call it until it returns false.
  bool wants_touching() const { return is_short_of_pages(kTouchedAheadBytes / 2); }

  // Sorts what has been added, so that the next who wants order has little to wait for. Any thread.
  void sort_ahead() const {
    order_.sorted();
    order_.merge_long_runs();
  }
  // Whether so much waits for it that it pays.
  bool wants_sorting() const {
    return order_.has_long_runs_to_merge() ||
           order_.sorted_up_to() + arena_.size() / kSortedPieces < used_bytes();
  }

  bool empty() const { return entry_count() == 0 && range_tombstones().empty(); }
  // Whether anything but tombstones was added.
  bool has_sets() const { return has_sets_.load(std::memory_order_acquire); }
  uint64_t entry_count() const { return entry_count_.load(std::memory_order_relaxed); }
  std::size_t used_bytes() const { return end_.load(std::memory_order_relaxed); }
  std::size_t memory_bytes() const { return arena_.size() + index_.memory_bytes(); }
  uint64_t log_position() const { return log_position_; }
  // Of what was added; 0 when empty. Writer only, or once writing has ended.
  SequenceNumber largest_sequence() const { return largest_sequence_; }

  // What a record of a sorted run is; see memtable_order.h.
  std::string_view key_at(RecordNumber number) const { return key_of(record(number)); }
  SequenceNumber sequence_at(RecordNumber number) const { return sequence_of(record(number)); }
  EntryView entry_at(RecordNumber number) const { return entry_of(record(number)); }
  // The newest version that is not above `visible`, from this record on to older ones.
  bool visible_entry_at(RecordNumber number, SequenceNumber visible, EntryView* entry) const;
  void prefetch_record(RecordNumber number) const {
    prefetch_line(record(number));
    prefetch_line(record(number) + 64);
    prefetch_line(record(number) + 128);
  }
  // The rest of a large record, whose front is fetched: its first KiB, from where the processor
  // goes on by itself, and its end.
  void prefetch_rest(RecordNumber number) const {
    const char* const at = record(number);
    const auto size = load<uint32_t>(at + 12);
    const std::size_t bytes = std::min<std::size_t>(size, 1024);
    for (std::size_t line = 192; line < bytes; line += 64) prefetch_line(at + line);
    if (size > bytes) prefetch_line(at + kRecordHeaderBytes + size);  // checksum and position
  }

 private:
  friend class MemtableOrder;

  Memtable(std::size_t capacity, MemtableMemory::Piece piece, std::size_t expected,
           uint64_t log_position, MemtableMemory* memory);
  const char* record(RecordNumber number) const {
    return arena_.data() + std::size_t{number} * 8;
  }
  // Where the step behind the one that the writer is in begins: it takes pages before that itself.
  std::size_t behind_writer() const { return (used_bytes() / kTouchBytes + 1) * kTouchBytes; }
  // Whether fewer than `ahead` bytes behind that are ready.
  bool is_short_of_pages(std::size_t ahead) const {
    return touched_.load(std::memory_order_relaxed) <
           std::min(arena_.size(), behind_writer() + ahead);
  }
  // Where the record behind this one begins.
  static std::size_t record_end(std::size_t at, std::size_t operation_bytes);
  static SequenceNumber sequence_of(const char* record);
  static std::string_view key_of(const char* record);
  static EntryView entry_of(const char* record);
  void shrink_common_prefix(const char* record, std::string_view key);

  const std::size_t capacity_;
  MemtableMemory* const memory_;
  HugeBuffer arena_;
  HashIndex index_;
  const uint64_t log_position_;
  // Written once, and beside what never changes: an empty memtable costs readers nothing.
  std::atomic<bool> has_entries_{false};
  std::atomic<bool> has_sets_{false};
  std::atomic<bool> has_logged_values_{false};
  // From here on what changes with every write. Behind the last complete record; 8, as record 0 is
  // "none":
  alignas(64) std::atomic<std::size_t> end_{8};
  std::atomic<uint64_t> entry_count_{0};
  SequenceNumber largest_sequence_ = 0;

  // Bytes that all keys so far begin with: those of the first entry's key.
  std::atomic<std::size_t> common_prefix_{0};
  const char* first_entry_ = nullptr;  // writer only

  std::atomic<const RangeTombstones*> range_tombstones_;
  std::vector<std::unique_ptr<const RangeTombstones>> range_tombstone_versions_;  // writer only
  std::vector<RangeTombstone> new_range_tombstones_;                              // writer only
  std::size_t range_tombstone_copies_ = 0;                                        // writer only

  std::atomic<std::size_t> touched_;  // bytes of the arena; changed by touch_ahead() only

  mutable MemtableOrder order_;
};

}  // namespace ashlar
