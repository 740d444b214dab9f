// A place in a table: the search and the steps that point lookups of old versions, iterators and
// scanners share.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "ashlar/status.h"
#include "base/entry.h"
#include "base/prefetch.h"
#include "table/leaf.h"
#include "table/page_reader.h"
#include "table/table_file.h"

namespace ashlar {

// Moves through the records in [ORDER-1] order. After a move that fails, and beyond either end, it
// is not valid. The record's views live until the next move.
//
// Ownership: `file` and the readers must outlive it.
// Threads:   one at a time.
class TableCursor {
 public:
  // Leaves are read by `data`, fences by `index`; they may be the same.
  TableCursor(const TableFile& file, PageReader& data, PageReader& index)
      : file_(file),
        data_(data),
        index_(index),
        image_(data.image()),
        fences_(index.image() == nullptr
                    ? nullptr
                    : index.image() + std::size_t{file.header().fence_page} * kPageBytes) {}

  bool valid() const { return page_ != 0; }
  const Record& record() const { return record_; }
  // What precedes the record's suffix in its key.
  std::string_view prefix() const { return prefix_; }
  bool key_is(std::string_view key) const;
  // The first page of the leaf; 0 if not valid.
  uint32_t page() const { return page_; }
  // Of the leaf.
  bool wide() const { return span_ > 1; }
  uint32_t span() const { return span_; }  // in pages
  // The record's place in the leaf, and how many records the leaf has.
  uint32_t slot() const { return slot_; }
  uint32_t count() const { return count_; }
  // The bytes that the record of a wide leaf points into; the cursor is of no use afterwards.
  WideRecord take_wide() { return std::move(wide_); }

  Status seek_first();
  Status seek_last();
  // To the first record of the leaf that the page belongs to, or behind the last page.
  Status seek_page(uint32_t page);
  Status seek(std::string_view key, SequenceNumber sequence);
  // seek() in three steps, each of which asks for the memory that the next one looks at; see
  // EntryIterator::seek_step(). A step that fails is the last one.
  Status seek_leaf(std::string_view key, SequenceNumber sequence);
  Status seek_slots(std::string_view key, SequenceNumber sequence);
  Status seek_record(std::string_view key, SequenceNumber sequence);
  Status next();
  Status previous();
  // Of a leaf that is not wide.
  const LeafView& leaf() const { return leaf_; }
  // For whoever reads a slot by himself: fetches what a scan will look at after some others.
  void prefetch_behind(uint32_t slot) const { prefetch_record(slot + kPrefetchDistance); }
  // Moves so many slots ahead within the leaf.
  void skip(uint32_t slots) { load_slot(slot_ + slots); }
  // next() within the leaf, which cannot fail; false at its last record.
  bool step() {
    if (slot_ + 1 >= count_) return false;
    load_slot(slot_ + 1);
    prefetch_record(slot_ + kPrefetchDistance);
    return true;
  }

 private:
  // Records ahead of a scan that are fetched, so that it need not wait for memory.
  static constexpr uint32_t kPrefetchDistance = 8;

  Result<const char*> data_page(uint32_t page) {
    if (image_ != nullptr) return image_ + std::size_t{page} * kPageBytes;
    return data_.page(page);
  }
  // Of this leaf, or if there is no such slot, what would be about its place in the next one.
  void prefetch_record(uint32_t slot) const {
    if (slot < count_) {
      if (span_ > 1) return;
      const char* const record = leaf_.page() + leaf_.record_offset(slot);
      prefetch_line(record);
      prefetch_line(record + 64);
    } else if (image_ != nullptr && page_ + span_ <= file_.header().data_page_count) {
      const std::size_t line = (slot - count_) % kPrefetchDistance * 128;
      const char* const page = image_ + std::size_t{page_ + span_} * kPageBytes + line;
      prefetch_line(page);
      prefetch_line(page + 64);
    }
  }
  // What a search in the leaf looks at: header, prefix, offsets and heads.
  void prefetch_top(uint32_t page) const {
    if (image_ == nullptr) return;
    const char* const bytes = image_ + std::size_t{page} * kPageBytes;
    for (std::size_t line = 0; line < 4; ++line) prefetch_line(bytes + line * 64);
  }
  void prefetch_records_from(uint32_t slot) const {
    for (uint32_t i = slot; i < slot + kPrefetchDistance && i < count_; ++i) prefetch_record(i);
  }

  Status fail(uint32_t page, std::string_view what);
  Status enter_leaf(uint32_t page);
  Status enter_leaf_around(uint32_t page);
  Status assemble_wide();
  void load_slot(uint32_t slot) {
    slot_ = slot;
    if (span_ == 1) {
      decode_trusted_record(leaf_.page() + leaf_.record_offset(slot), &record_);
    }
  }
  bool before(std::string_view key, SequenceNumber sequence) const;
  uint64_t fence_in_image(uint32_t number) const {
    const std::size_t page = number / kFencesPerPage;
    return load<uint64_t>(fences_ + page * kPageBytes + number % kFencesPerPage * sizeof(uint64_t));
  }
  Result<uint64_t> fence(uint32_t number) {
    if (fences_ == nullptr) return read_fence(number);
    return fence_in_image(number);
  }
  Result<uint64_t> read_fence(uint32_t number);
  // The first fence, from `low` on, that is at least `wanted`.
  Result<uint32_t> search_fences(uint32_t low, uint64_t wanted);
  uint32_t search_fences_in_image(uint32_t low, uint64_t wanted) const;
  // The first page of the first leaf that begins with an entry not before (key, sequence); behind
  // the last page if there is none.
  Result<uint32_t> search_leaves(std::string_view key, SequenceNumber sequence);

  const TableFile& file_;
  PageReader& data_;
  PageReader& index_;
  const char* const image_;   // of data_, or null
  const char* const fences_;  // in the image of index_, or null
  uint32_t sought_ = 0;  // by seek_leaf(): a page of the leaf
  LeafView::SlotRange sought_slots_{0, 0};  // by seek_slots()
  uint32_t page_ = 0;
  uint32_t span_ = 0;
  uint32_t slot_ = 0;
  uint32_t count_ = 0;
  LeafView leaf_;  // not of a wide leaf, whose record is in wide_
  WideRecord wide_;
  std::string_view prefix_;
  Record record_;
};

}  // namespace ashlar
