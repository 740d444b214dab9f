// A range of users' keys that goes on behind the system keys.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "ashlar/range.h"
#include "base/key_space.h"

namespace ashlar {

// Walks the stored ranges one after the other, each opened when the one before it has ended, and
// shows users' keys.
//
// Threads: one at a time.
class UserKeyCursor final : public Cursor {
 public:
  // Opens a stored range, at most `limit` entries of it.
  using Opener = std::function<std::unique_ptr<Cursor>(const StoredRange& range, uint64_t limit)>;

  // `ranges` in the order in which they are walked; at least one.
  UserKeyCursor(std::vector<StoredRange> ranges, uint64_t limit, Opener open);

  bool valid() const override { return current_->valid(); }
  void next() override;
  Entry entry() const override;
  const Status& status() const override { return current_->status(); }

 private:
  void open_next();
  void pass_empty_ranges();

  const std::vector<StoredRange> ranges_;
  const Opener open_;
  std::size_t opened_ = 0;
  uint64_t left_;
  std::unique_ptr<Cursor> current_;
};

}  // namespace ashlar
