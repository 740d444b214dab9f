// The entries of one table, for ranges and merges.
#pragma once

#include <memory>
#include <string>

#include "base/entry.h"
#include "table/page_reader.h"
#include "table/table_cursor.h"

namespace ashlar {

// Ownership: `file` must outlive it.
// Threads:   one at a time.
class TableIterator final : public EntryIterator {
 public:
  // Leaves come from `data`, fences from `index` or, if that is null, from `data` too.
  TableIterator(const TableFile& file, std::unique_ptr<PageReader> data,
                std::unique_ptr<PageReader> index = nullptr)
      : data_(std::move(data)),
        index_(std::move(index)),
        cursor_(file, *data_, index_ == nullptr ? *data_ : *index_) {}

  bool valid() const override { return cursor_.valid(); }
  const EntryView& entry() const override { return entry_; }
  void seek_first() override { arrive(cursor_.seek_first()); }
  void seek_last() override { arrive(cursor_.seek_last()); }
  void seek(std::string_view key, SequenceNumber sequence) override {
    arrive(cursor_.seek(key, sequence));
  }
  void next() override { arrive(cursor_.next()); }
  void previous() override { arrive(cursor_.previous()); }
  const Status& status() const override { return status_; }

 private:
  void arrive(Status status);

  const std::unique_ptr<PageReader> data_;
  const std::unique_ptr<PageReader> index_;
  TableCursor cursor_;
  uint32_t key_page_ = 0;  // whose leaf's prefix key_ begins with
  std::string key_;
  EntryView entry_;
  Status status_;
};

}  // namespace ashlar
