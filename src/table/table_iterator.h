// The entries of one table, for ranges and merges.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "base/coding.h"
#include "base/entry.h"
#include "base/recycled.h"
#include "table/dead_marks.h"
#include "table/page_reader.h"
#include "table/table_cursor.h"

namespace ashlar {

// Ownership: `file` must outlive it.
// Threads:   one at a time.
class TableIterator final : public EntryIterator, public Recycled<TableIterator> {
 public:
  // `marks`: of the table, or null; they must outlive it too.
  TableIterator(const TableFile& file, const DeadMarks* marks, ImagePageReader image)
      : image_(std::move(image)), cursor_(file, image_, image_), marks_(marks) {}
  // Leaves come from `data`, fences from `index` or, if that is null, from `data` too.
  TableIterator(const TableFile& file, const DeadMarks* marks, std::unique_ptr<PageReader> data,
                std::unique_ptr<PageReader> index = nullptr)
      : image_(nullptr),
        data_(std::move(data)),
        index_(std::move(index)),
        cursor_(file, *data_, index_ == nullptr ? *data_ : *index_),
        marks_(marks) {}

  bool valid() const override { return cursor_.valid(); }
  const EntryView& entry() const override { return entry_; }
  void seek_first() override { arrive(cursor_.seek_first()); }
  void seek_last() override { arrive(cursor_.seek_last()); }
  void seek(std::string_view key, SequenceNumber sequence) override {
    arrive(cursor_.seek(key, sequence));
  }
  bool seek_step(int step, std::string_view key, SequenceNumber sequence) override;
  void next() override {
    if (cursor_.step()) [[likely]] {
      take_record();
    } else {
      arrive(cursor_.next());
    }
  }
  void previous() override { arrive(cursor_.previous()); }
  // Of one leaf.
  std::size_t take_batch(EntryBatch* batch, std::size_t most) override;
  bool find_live(SequenceNumber visible, std::size_t most, std::string* nearest) override;
  const Status& status() const override { return status_; }

 private:
  // Whole keys are put together in two buffers by turns, so that a key outlives one move.
  struct KeyBuffer {
    std::array<char, 48> small;
    std::string large;
    char* bytes = small.data();
    std::size_t capacity = sizeof(small);
    uint32_t page = 0;  // whose leaf's prefix the bytes begin with
  };

  // find_live(), as far as the cursor: ends at the entry, in a leaf that begins at `end` or behind it
  // (empty: there is no end), or where the cursor is not valid.
  void pass_dead(const DeadMarks* marks, std::size_t most, std::string_view end);
  std::string cursor_key() const {
    return std::string(cursor_.prefix()).append(cursor_.record().suffix);
  }
  void arrive(Status status);
  void take_record() {
    KeyBuffer& key = keys_[newest_ ^= 1];
    const Record& record = cursor_.record();
    const std::size_t prefix_bytes = cursor_.prefix().size();
    const std::size_t bytes = prefix_bytes + record.suffix.size();
    if (cursor_.page() != key.page || bytes > key.capacity) [[unlikely]]
      begin_key(&key, bytes);
    copy_key_bytes(key.bytes + prefix_bytes, record.suffix.data(), record.suffix.size());
    entry_ = record.entry({key.bytes, bytes});
  }
  // Gives the buffer room and the leaf's prefix.
  void begin_key(KeyBuffer* key, std::size_t bytes) const;

  ImagePageReader image_;  // unless there are the other two
  const std::unique_ptr<PageReader> data_;
  const std::unique_ptr<PageReader> index_;
  TableCursor cursor_;
  const DeadMarks* const marks_;
  std::array<KeyBuffer, 2> keys_;
  unsigned newest_ = 0;
  EntryView entry_;
  Status status_;
};

}  // namespace ashlar
