#include "txn/transaction_cursor.h"

#include <utility>

#include "base/range_tombstones.h"

namespace ashlar {

TransactionCursor::TransactionCursor(std::unique_ptr<UserCursor> base, const WriteSet& writes,
                                     ReadRange* read, CursorBounds bounds, uint64_t now_ms)
    : base_(std::move(base)),
      writes_(writes),
      read_(read),
      bounds_(std::move(bounds)),
      now_ms_(now_ms),
      left_(bounds_.limit) {
  if (read_ != nullptr) {
    // Nothing yet: the end that the cursor starts from.
    read_->from = bounds_.reverse ? bounds_.to : bounds_.from;
    read_->to = read_->from;
  }
  const bool empty = !bounds_.to.empty() && bounds_.from >= bounds_.to;
  if (!empty && left_ > 0) find();
}

void TransactionCursor::next() {
  if (--left_ == 0) {
    valid_ = false;
    return;
  }
  find();
}

bool TransactionCursor::is_before(std::string_view a, std::string_view b) const {
  return bounds_.reverse ? a > b : a < b;
}

// The transaction's next own write within the bounds.
const WriteSet::Write* TransactionCursor::next_write() const {
  if (bounds_.reverse) {
    const auto* write = writes_.previous_point(started_ ? std::string_view(key_) : bounds_.to);
    return write != nullptr && write->key >= bounds_.from ? write : nullptr;
  }
  const auto* write = started_ ? writes_.next_point(key_, true)
                               : writes_.next_point(bounds_.from, false);
  return write != nullptr && before_end(write->key, bounds_.to) ? write : nullptr;
}

void TransactionCursor::find() {
  valid_ = false;
  while (base_->status().ok()) {
    // The base stands on the last key shown, or on one that a write has covered since.
    while (started_ && base_->valid() && !is_before(key_, base_->entry().key)) base_->next();
    if (!base_->status().ok()) return;
    const WriteSet::Write* write = next_write();
    if (write == nullptr && !base_->valid()) return note_end();
    const bool own = write != nullptr &&
                     (!base_->valid() || !is_before(base_->entry().key, write->key));
    key_.assign(own ? std::string_view(write->key) : base_->entry().key);
    started_ = true;
    note_passed();
    if (own) {
      const bool live = write->kind == EntryKind::kSet &&
                        (write->expires_at_ms == 0 || now_ms_ < write->expires_at_ms);
      if (!live) continue;
      value_.assign(write->value);
    } else {
      if (writes_.deletes(key_)) continue;
      value_.assign(base_->entry().value);
    }
    valid_ = true;
    return;
  }
}

// [TXN-1]
void TransactionCursor::note_passed() {
  if (read_ == nullptr) return;
  read_->touched = true;
  if (bounds_.reverse) {
    read_->from = key_;
    read_->to = bounds_.to;
  } else {
    read_->to = key_ + '\0';
  }
}

void TransactionCursor::note_end() {
  if (read_ == nullptr) return;
  read_->touched = true;
  read_->from = bounds_.from;
  read_->to = bounds_.to;
}

}  // namespace ashlar
