// Reading an index at one moment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ashlar/range.h"
#include "ashlar/result.h"
#include "index/index.h"
#include "index/index_keys.h"
#include "index/read_moment.h"

namespace ashlar {

// A range of entries by the bytes of their values: [from, to), an empty `to` for no end. Made with
// Index::append_value(); end_of_prefix() gives the end behind everything that begins with some
// values.
struct IndexBounds {
  std::string from;
  std::string to;
};

// Walks over entries. A document with several values comes several times.
//
// Threads: one at a time.
class IndexCursor {
 public:
  IndexCursor(std::unique_ptr<Cursor> entries) : entries_(std::move(entries)) { load(); }

  // False at the end and after an error.
  bool valid() const { return valid_; }
  void next() {
    entries_->next();
    load();
  }
  // Its views are valid until next().
  const IndexEntry& entry() const { return entry_; }
  const Status& status() const { return status_.ok() ? entries_->status() : status_; }

 private:
  void load();

  std::unique_ptr<Cursor> entries_;
  IndexEntry entry_;
  bool valid_ = false;
  Status status_;
};

// Ownership: shares the index; the moment must outlive it and its cursors.
// Threads:   one at a time.
class IndexReader {
 public:
  IndexReader(std::shared_ptr<const Index> index, ReadMoment& moment)
      : index_(std::move(index)), moment_(moment) {}

  const Index& index() const { return *index_; }

  // Entries within the bounds in ascending order of their bytes, or descending: the first `limit`.
  std::unique_ptr<IndexCursor> entries(const IndexBounds& bounds, bool reverse = false,
                                       uint64_t limit = UINT64_MAX);

  // The place behind all entries whose first field has the value that it has in these.
  Result<std::string> behind_first_value(std::string_view values) const;

  // Whether some document of this moment may show the trait in this field.
  Result<bool> has_trait(IndexTrait trait, std::size_t field);

  // About how many entries there are within the bounds; cheap, whatever their number. Takes no
  // notice of the transaction's own writes and of the moment.
  Result<uint64_t> estimate(const IndexBounds& bounds) const;

  // About how many entries have one value of the first `fields` fields, on the average: looks at a
  // few places of the index. At least 1.
  Result<double> entries_per_value(std::size_t fields) const;

 private:
  CursorBounds stored(const IndexBounds& bounds, bool reverse) const;

  const std::shared_ptr<const Index> index_;
  ReadMoment& moment_;
};

}  // namespace ashlar
