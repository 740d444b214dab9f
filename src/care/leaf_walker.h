// The readable leaves of a damaged table, one after the other.
#pragma once

#include <cstdint>
#include <string>

#include "base/entry.h"
#include "care/table_layout.h"
#include "table/leaf.h"

namespace ashlar {

// Not on a leaf at first. A leaf that does not verify, is not in order, or lacks a part is stepped
// over.
//
// Ownership: the layout must outlive it, and serve nobody else between two calls.
// Threads:   one at a time.
class LeafWalker {
 public:
  explicit LeafWalker(TableLayout& layout) : layout_(layout) {}

  // To the next leaf; false behind the last.
  bool next();

  // Of the leaf. Views live until next().
  uint32_t page() const { return page_; }
  uint32_t span() const { return span_; }
  uint32_t count() const { return count_; }
  // `key` is what the entry's key is put together in.
  EntryView entry(uint32_t slot, std::string* key) const;

 private:
  bool take(uint32_t page);
  bool assemble(uint32_t page);

  TableLayout& layout_;
  uint32_t page_ = 0;
  uint32_t span_ = 1;
  uint32_t count_ = 0;
  std::string bytes_;  // the page of a leaf that is not wide
  WideRecord wide_;
  Record record_;  // the one of a wide leaf
  bool any_ = false;
  std::string last_key_;
  SequenceNumber last_sequence_ = 0;
};

}  // namespace ashlar
