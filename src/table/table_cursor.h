// A place in a table: the search and the steps that point lookups of old versions, iterators and
// scanners share.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "ashlar/status.h"
#include "base/entry.h"
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
      : file_(file), data_(data), index_(index) {}

  bool valid() const { return page_ != 0; }
  const Record& record() const { return record_; }
  // What precedes the record's suffix in its key.
  std::string_view prefix() const { return prefix_; }
  bool key_is(std::string_view key) const;
  // The first page of the leaf; 0 if not valid.
  uint32_t page() const { return page_; }
  // Of the leaf.
  bool wide() const { return span_ > 1; }
  // The bytes that the record of a wide leaf points into; the cursor is of no use afterwards.
  WideRecord take_wide() { return std::move(wide_); }

  Status seek_first();
  Status seek_last();
  Status seek(std::string_view key, SequenceNumber sequence);
  Status next();
  Status previous();

 private:
  Status fail(uint32_t page, std::string_view what);
  Status enter_leaf(uint32_t page);
  Status enter_leaf_around(uint32_t page);
  Status assemble_wide();
  void load_slot(uint32_t slot);
  bool before(std::string_view key, SequenceNumber sequence) const;
  // The first page, of those whose fence is at least `wanted` (or, if `beyond`, more).
  Result<uint32_t> search_fences(uint64_t wanted, bool beyond);
  // The first page of the first leaf that begins with an entry not before (key, sequence); behind
  // the last page if there is none.
  Result<uint32_t> search_leaves(std::string_view key, SequenceNumber sequence);

  const TableFile& file_;
  PageReader& data_;
  PageReader& index_;
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
