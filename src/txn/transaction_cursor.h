// A range as a transaction sees it: its snapshot and its own writes, in one order.
#pragma once

#include <memory>
#include <string>

#include "ashlar/range.h"
#include "db/user_cursor.h"
#include "txn/read_set.h"
#include "txn/write_set.h"

namespace ashlar {

// [TXN-1] Whatever was looked at, found or not, lies in the ReadRange, before it is shown.
//
// Ownership: write set and read range are the transaction's and must outlive the cursor.
// Threads:   one at a time.
class TransactionCursor : public Cursor {
 public:
  // `base` reads the snapshot with the same bounds and no limit. `read` may be null: nothing is
  // recorded then.
  TransactionCursor(std::unique_ptr<UserCursor> base, const WriteSet& writes, ReadRange* read,
                    CursorBounds bounds, uint64_t now_ms);

  bool valid() const override { return valid_; }
  void next() override;
  Entry entry() const override { return {key_, value_}; }
  const Status& status() const override { return base_->status(); }

 private:
  void find();
  const WriteSet::Write* next_write() const;
  bool is_before(std::string_view a, std::string_view b) const;
  void note_passed();
  void note_end();

  std::unique_ptr<UserCursor> base_;
  const WriteSet& writes_;
  ReadRange* const read_;
  const CursorBounds bounds_;
  const uint64_t now_ms_;
  uint64_t left_;
  bool valid_ = false;
  bool started_ = false;  // key_ is the last key passed
  std::string key_;
  std::string value_;
};

}  // namespace ashlar
