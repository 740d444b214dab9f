#include "txn/user_key_cursor.h"

#include <utility>

namespace ashlar {

UserKeyCursor::UserKeyCursor(std::vector<StoredRange> ranges, uint64_t limit, Opener open)
    : ranges_(std::move(ranges)), open_(std::move(open)), left_(limit) {
  open_next();
  pass_empty_ranges();
}

void UserKeyCursor::open_next() {
  current_ = open_(ranges_[opened_++], left_);
}

void UserKeyCursor::next() {
  --left_;
  current_->next();
  pass_empty_ranges();
}

void UserKeyCursor::pass_empty_ranges() {
  while (!current_->valid() && current_->status().ok() && left_ > 0 && opened_ < ranges_.size()) {
    open_next();
  }
}

Entry UserKeyCursor::entry() const {
  const Entry entry = current_->entry();
  return {user_key(entry.key), entry.value};
}

}  // namespace ashlar
