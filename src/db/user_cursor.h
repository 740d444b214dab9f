// What a range looks at: live entries, newest version of each, at one moment.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ashlar/range.h"
#include "base/key_space.h"
#include "compaction/merging_iterator.h"
#include "db/read_view.h"

namespace ashlar {

struct CursorBounds {
  std::string from{};  // inclusive
  std::string to{};    // exclusive; empty: no end
  bool reverse = false;
  uint64_t limit = UINT64_MAX;
  // `from` and `to` are users' keys, and the cursor shows users' keys; if not, stored keys, system
  // keys among them (base/key_space.h).
  bool user_keys = false;
};

// Ownership: holds the read view, and with it every memtable and file that it reads.
// Threads:   one at a time.
class UserCursor : public Cursor {
 public:
  // Told, when a cursor ends, how many keys it passed that were deleted or expired, and how many it
  // showed.
  using ScanListener = std::function<void(uint64_t dead, uint64_t shown)>;

  // `listener` must outlive the cursor. `visible`: the sequence to read at. `now_ms`: the time by
  // which entries are expired.
  UserCursor(std::shared_ptr<const ReadView> view, SequenceNumber visible, uint64_t now_ms,
             CursorBounds bounds, const ScanListener& listener);
  ~UserCursor() override;

  bool valid() const override { return valid_; }
  void next() override;
  Entry entry() const override { return {shown_key_.substr(escape_bytes_), value_}; }
  const Status& status() const override { return status_; }

  // Of the current entry.
  uint64_t expires_at_ms() const { return expires_at_ms_; }

 private:
  // Replaces bounds in users' keys by those of the stored keys that come first, and sets aside what
  // comes behind.
  void map_bounds();
  void enter(const StoredRange& range);
  void start();
  void find_forward();
  void find_backward();
  bool in_bounds(std::string_view key) const {
    return bounds_.reverse ? key >= bounds_.from : before_end(key, bounds_.to);
  }
  // Whether the version is what a reader sees of its key, and not deleted or expired.
  bool is_live(const EntryView& entry) const {
    return entry.is_live(now_ms_) && (!has_range_tombstones_ || !is_range_deleted(entry));
  }
  bool is_range_deleted(const EntryView& entry) const;
  // Moves from an entry to the first one of another key.
  void skip_key();
  void show(const EntryView& entry);
  void finish(Status status);

  const std::shared_ptr<const ReadView> view_;
  const SequenceNumber visible_;
  const uint64_t now_ms_;
  CursorBounds bounds_;
  std::optional<StoredRange> rest_;  // of bounds in users' keys: to be walked when these end
  std::size_t escape_bytes_ = 0;     // that the keys shown have in front, as they are stored
  const bool has_range_tombstones_;
  MergingIterator entries_;

  bool valid_ = false;
  std::string_view shown_key_;
  std::string key_;  // a copy, where the inner iterator moves on
  std::string_view value_;
  std::string value_buffer_;
  uint64_t expires_at_ms_ = 0;
  bool backward_is_pointer_ = false;
  const ScanListener& listener_;
  uint64_t dead_ = 0;
  uint64_t left_;
  Status status_;
};

}  // namespace ashlar
