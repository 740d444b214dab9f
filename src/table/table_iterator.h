// The entries of one table, for ranges and merges.
#pragma once

#include <array>
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
  void next() override {
    if (cursor_.step()) [[likely]] {
      take_record();
    } else {
      arrive(cursor_.next());
    }
  }
  void previous() override { arrive(cursor_.previous()); }
  const Status& status() const override { return status_; }

 private:
  // Whole keys are put together in two buffers by turns, so that a key outlives one move.
  struct KeyBuffer {
    char* reserve(std::size_t bytes) {
      if (bytes <= small.size()) return small.data();
      if (large.size() < bytes) {
        large.resize(bytes);
        page = 0;
      }
      return large.data();
    }
    uint32_t page = 0;  // whose leaf's prefix the bytes at `last` begin with
    char* last = nullptr;
    std::array<char, 48> small;
    std::string large;
  };

  void arrive(Status status);
  void take_record() {
    KeyBuffer& key = keys_[newest_ ^= 1];
    const std::string_view prefix = cursor_.prefix();
    const std::string_view suffix = cursor_.record().suffix;
    const std::size_t bytes = prefix.size() + suffix.size();
    char* const whole = key.reserve(bytes);
    if (cursor_.page() != key.page || whole != key.last) {
      prefix.copy(whole, prefix.size());
      key.page = cursor_.page();
      key.last = whole;
    }
    suffix.copy(whole + prefix.size(), suffix.size());
    entry_ = cursor_.record().entry({whole, bytes});
  }

  const std::unique_ptr<PageReader> data_;
  const std::unique_ptr<PageReader> index_;
  TableCursor cursor_;
  std::array<KeyBuffer, 2> keys_;
  unsigned newest_ = 0;
  EntryView entry_;
  Status status_;
};

}  // namespace ashlar
