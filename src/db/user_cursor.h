// What a range looks at: live entries, newest version of each, at one moment.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ashlar/range.h"
#include "base/coding.h"
#include "base/key_space.h"
#include "base/recycled.h"
#include "compaction/merging_iterator.h"
#include "db/pointed_values.h"
#include "db/read_view.h"

namespace ashlar {

// What lies between two keys that somebody else holds, and how to read it.
struct CursorBoundsView {
  std::string_view from{};  // inclusive
  std::string_view to{};    // exclusive; empty: no end
  bool reverse = false;
  uint64_t limit = UINT64_MAX;
  // `from` and `to` are users' keys, and the cursor shows users' keys; if not, stored keys, system
  // keys among them (base/key_space.h).
  bool user_keys = false;
};

// The same, with the keys.
struct CursorBounds {
  operator CursorBoundsView() const {  // NOLINT(google-explicit-constructor)
    return {from, to, reverse, limit, user_keys};
  }

  std::string from{};
  std::string to{};
  bool reverse = false;
  uint64_t limit = UINT64_MAX;
  bool user_keys = false;
};

// Ownership: holds the read view, and with it every memtable and file that it reads.
// Threads:   one at a time.
class UserCursor final : public Cursor, public Recycled<UserCursor> {
 public:
  struct Report {
    uint64_t dead;     // keys passed that were deleted or expired
    uint64_t shown;    // keys
    std::size_t runs;  // that were looked at beside the partitions
  };
  // Told when a cursor ends that met dead keys, or more than one run.
  using ScanListener = std::function<void(const Report& report)>;

  // The bounds' keys are needed for this call only; `listener` must outlive the cursor. `visible`:
  // the sequence to read at. `now_ms`: the time by which entries are expired.
  UserCursor(std::shared_ptr<const ReadView> view, SequenceNumber visible, uint64_t now_ms,
             const CursorBoundsView& bounds, const ScanListener& listener);
  ~UserCursor() override;

  bool valid() const override { return valid_; }
  void next() override;
  Entry entry() const override { return {shown_key_, value_}; }
  const Status& status() const override { return status_; }

  // Of the current entry.
  uint64_t expires_at_ms() const { return expires_at_ms_; }

 private:
  // Looking for what is live further on costs about as much as passing so many keys.
  static constexpr uint64_t kPatience = 32;
  static constexpr uint64_t kFirstLookedAt = 1024;
  static constexpr uint64_t kMostLookedAt = 1 << 20;
  // Entries ahead of the one that is shown whose large values are asked for.
  static constexpr std::ptrdiff_t kValuesAhead = 3;

  // Starts in those stored keys of a range of users' keys that come first, and sets aside what lies
  // on the other side of the system keys.
  void start_in_user_keys(std::string_view from, std::string_view to);
  void start(std::string_view from, std::string_view to);
  // Forward; the key of the version before current_ stays readable.
  void step();
  // Makes the entry under entries_ the current one.
  void look();
  // To what next() shows, from any place.
  void find_next();
  void find_forward();
  void find_backward();
  bool in_bounds(std::string_view key) const {
    const uint64_t prefix = order_prefix64(key);
    if (prefix != far_prefix_) return (prefix < far_prefix_) != reverse_;
    return reverse_ ? key >= far_bound_ : before_end(key, far_bound_);
  }
  // Whether the version is what a reader sees of its key, and not deleted or expired.
  bool is_live(const EntryView& entry) const {
    return entry.is_live(now_ms_) && (!has_range_tombstones_ || !is_range_deleted(entry));
  }
  bool is_range_deleted(const EntryView& entry) const;
  // Counts the current entry, which is not shown, and moves to another key.
  void pass_dead_key();
  // Moves from an entry to the first one of another key.
  void skip_key();
  // From the second entry of `key` on to that of another key.
  void skip_older(std::string_view key);
  void show(const EntryView& entry);
  // Asks for the large values of the entries ahead of the current one, up to so many.
  void prefetch_values(std::ptrdiff_t from, std::ptrdiff_t to);
  // The view is copied as a whole where it can be: entry(), which mostly follows at once, loads it as
  // a whole, and would wait for two halves to reach the cache.
  void show_key(const std::string_view& key) {
    shown_key_ = key;
    if (escape_bytes_ != 0) [[unlikely]] shown_key_.remove_prefix(escape_bytes_);
  }
  void finish(Status status);

  const std::shared_ptr<const ReadView> view_;
  const SequenceNumber visible_;
  const uint64_t now_ms_;
  const bool reverse_;
  const uint64_t limit_;
  std::string far_bound_;            // where the range ends in the cursor's direction
  uint64_t far_prefix_ = 0;          // the bound's order_prefix64(); UINT64_MAX if there is no end
  std::optional<StoredRange> rest_;  // of a range of users' keys: to be walked when this one ends
  const bool user_keys_;
  std::size_t escape_bytes_ = 0;  // that the keys shown have in front, as they are stored
  const bool has_range_tombstones_;
  PointedValues values_;
  MergingIterator entries_;

  // Forward: the version that is looked at, null at the end; and where its stretch of entries_ ends.
  const EntryView* current_ = nullptr;
  const EntryView* stretch_end_ = nullptr;
  // Whether every entry of the stretch is to be shown, but for older versions of a key.
  bool stretch_is_live_ = false;

  bool valid_ = false;
  std::string_view shown_key_;
  std::string key_;  // a copy, where the inner iterator moves on
  std::string_view value_;
  std::string value_buffer_;
  uint64_t expires_at_ms_ = 0;
  bool backward_is_pointer_ = false;
  const ScanListener& listener_;
  uint64_t dead_ = 0;
  // Keys passed since one was shown, or since it was asked what is live; how many of them it takes
  // to ask, more if that was in vain; and how much is looked at then.
  uint64_t dead_in_a_row_ = 0;
  uint64_t patience_ = kPatience;
  uint64_t looked_at_ = kFirstLookedAt;
  uint64_t left_;
  Status status_;
};

}  // namespace ashlar
