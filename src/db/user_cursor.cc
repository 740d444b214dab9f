#include "db/user_cursor.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/coding.h"
#include "base/limits.h"
#include "base/value_pointer.h"
#include "db/value_reader.h"

namespace ashlar {
namespace {

// Versions of one key that are stepped over before seeking past the rest of them.
constexpr int kStepsBeforeSeek = 8;

// Whether a look at the keys' ends, where neighbours in key order mostly differ, shows that they
// are not the same.
bool plainly_differ(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return true;
  if (a.size() < sizeof(uint64_t)) return false;
  const std::size_t last = a.size() - sizeof(uint64_t);
  return load<uint64_t>(a.data() + last) != load<uint64_t>(b.data() + last);
}

bool same_key(std::string_view a, std::string_view b) {
  return !plainly_differ(a, b) && a == b;
}

bool any_range_tombstones(const ReadView& view) {
  const auto has_any = [](const Memtable& memtable) {
    return !memtable.range_tombstones().empty();
  };
  return has_any(*view.active) || !view.version->range_tombstones().empty() ||
         std::any_of(view.immutables.begin(), view.immutables.end(),
                     [&](const auto& memtable) { return has_any(*memtable); });
}

std::vector<std::unique_ptr<EntryIterator>> iterators_of(
    const ReadView& view, SequenceNumber visible, bool reverse) {
  std::vector<std::unique_ptr<EntryIterator>> iterators;
  iterators.reserve(1 + view.immutables.size() + view.version->level_count());
  const auto add = [&](const Memtable& memtable) {
    if (memtable.entry_count() == 0) return;
    iterators.push_back(reverse ? memtable.new_iterator() : memtable.new_iterator_at(visible));
  };
  add(*view.active);
  for (const auto& memtable : view.immutables) add(*memtable);
  view.version->append_iterators(&iterators);
  return iterators;
}

}  // namespace

UserCursor::UserCursor(std::shared_ptr<const ReadView> view, SequenceNumber visible,
                       uint64_t now_ms, const CursorBoundsView& bounds,
                       const ScanListener& listener)
    : view_(std::move(view)),
      visible_(visible),
      now_ms_(now_ms),
      reverse_(bounds.reverse),
      limit_(bounds.limit),
      user_keys_(bounds.user_keys),
      has_range_tombstones_(any_range_tombstones(*view_)),
      values_(*view_->version),
      entries_(iterators_of(*view_, visible_, reverse_)),
      listener_(listener),
      left_(bounds.limit) {
  // What ends below the system keys is stored as it is.
  if (user_keys_ && (bounds.to.empty() || bounds.to > kSystemKeysBegin)) {
    start_in_user_keys(bounds.from, bounds.to);
  } else {
    start(bounds.from, bounds.to);
  }
}

void UserCursor::start_in_user_keys(std::string_view from, std::string_view to) {
  if (!reverse_ && from < kSystemKeysBegin) {
    rest_ = {std::string(kSystemKeysEnd), std::string(StoredKey(to).view())};
    return start(from, kSystemKeysBegin);
  }
  StoredRanges ranges = stored_ranges(from, to);
  if (ranges.has_below) rest_ = std::move(ranges.below);
  start(ranges.behind.from, ranges.behind.to);
}

UserCursor::~UserCursor() {
  const std::size_t runs = view_->version->runs.size();
  if (listener_ && (dead_ > 0 || runs > 1)) listener_({dead_, limit_ - left_, runs});
}

void UserCursor::start(std::string_view from, std::string_view to) {
  escape_bytes_ = user_keys_ && from >= kSystemKeysEnd ? 1 : 0;
  far_bound_ = reverse_ ? from : to;
  far_prefix_ = !reverse_ && to.empty() ? UINT64_MAX : order_prefix64(far_bound_);
  const bool empty = !to.empty() && from >= to;
  if (empty || left_ == 0) return;
  if (!reverse_) {
    entries_.expect(left_);
    entries_.seek(from, kMaximumSequence);
    look();
    find_forward();
    return;
  }
  if (to.empty()) {
    entries_.seek_last();
  } else {
    entries_.seek(to, kMaximumSequence);
    if (entries_.valid()) {
      entries_.previous();
    } else if (entries_.status().ok()) {
      entries_.seek_last();
    }
  }
  find_backward();
}

void UserCursor::next() {
  if (--left_ == 0) [[unlikely]] {
    valid_ = false;
  } else if (stretch_is_live_ && current_ + 1 != stretch_end_ &&
             plainly_differ(current_->key, current_[1].key)) [[likely]] {
    ++current_;
    show_key(current_->key);
    value_ = current_->value;
  } else {
    find_next();
  }
}

void UserCursor::find_next() {
  if (reverse_) return find_backward();
  skip_key();
  find_forward();
}

void UserCursor::step() {
  if (current_ + 1 != stretch_end_) [[likely]] {
    ++current_;
    return;
  }
  entries_.skip_within_stretch(current_);
  entries_.next();
  look();
}

void UserCursor::look() {
  if (!entries_.valid()) {
    current_ = nullptr;
    return;
  }
  current_ = &entries_.entry();
  stretch_end_ = entries_.stretch_end();
  stretch_is_live_ = !has_range_tombstones_ && entries_.stretch_is_plain(visible_) &&
                     in_bounds(stretch_end_[-1].key);
  if (current_->value_is_pointer) prefetch_values(0, kValuesAhead);
}

void UserCursor::prefetch_values(std::ptrdiff_t from, std::ptrdiff_t to) {
  const auto left = static_cast<std::ptrdiff_t>(
      std::min<uint64_t>(left_, static_cast<uint64_t>(stretch_end_ - current_)));
  for (std::ptrdiff_t i = from; i < std::min(to, left); ++i) {
    if (current_[i].value_is_pointer) values_.prefetch(current_[i].value);
  }
}

void UserCursor::skip_key() {
  const std::string_view key = current_->key;
  step();
  if (current_ != nullptr && same_key(current_->key, key)) skip_older(key);
}

// Deleted or expired: so are all its older versions.
void UserCursor::pass_dead_key() {
  ++dead_;
  if (++dead_in_a_row_ < patience_) return skip_key();
  entries_.skip_within_stretch(current_);
  const bool passed = entries_.pass_dead(visible_, looked_at_);
  patience_ = passed ? std::max(patience_ / 2, kPatience) : 2 * patience_;
  looked_at_ = passed ? std::min(2 * looked_at_, kMostLookedAt) : kFirstLookedAt;
  dead_in_a_row_ = 0;
  look();
}

void UserCursor::skip_older(std::string_view key) {
  key_.assign(key);
  for (int steps = 0; current_ != nullptr && current_->key == key_; ++steps) {
    if (steps < kStepsBeforeSeek) {
      step();
    } else {
      key_.push_back('\0');
      entries_.seek(key_, kMaximumSequence);
      look();
      return;
    }
  }
}

bool UserCursor::is_range_deleted(const EntryView& entry) const {
  SequenceNumber covering = view_->version->range_tombstones().covering(entry.key, visible_);
  const auto consider = [&](const Memtable& memtable) {
    covering = std::max(covering, memtable.range_tombstones().covering(entry.key, visible_));
  };
  consider(*view_->active);
  for (const auto& memtable : view_->immutables) consider(*memtable);
  return covering > entry.sequence;
}

// From current_ on, which may be any version of a key not shown yet.
void UserCursor::find_forward() {
  while (current_ != nullptr) {
    if (stretch_is_live_) return show(*current_);
    if (!in_bounds(current_->key)) return finish({});
    if (current_->sequence > visible_) {
      step();
    } else if (is_live(*current_)) {
      return show(*current_);
    } else {
      pass_dead_key();
    }
  }
  finish(entries_.status());
}

// Backwards the versions of a key come oldest first: the last one that is visible counts.
void UserCursor::find_backward() {
  while (entries_.valid()) {
    if (!in_bounds(entries_.entry().key)) return finish({});
    key_.assign(entries_.entry().key);
    bool found = false;
    for (; entries_.valid() && entries_.entry().key == key_; entries_.previous()) {
      const EntryView& entry = entries_.entry();
      if (entry.sequence > visible_) continue;
      found = is_live(entry);
      if (!found) continue;
      value_buffer_.assign(entry.value);
      expires_at_ms_ = entry.expires_at_ms;
      backward_is_pointer_ = entry.value_is_pointer;
    }
    if (!entries_.valid() && !entries_.status().ok()) return finish(entries_.status());
    if (!found) {
      ++dead_;
      continue;
    }
    if (backward_is_pointer_) {
      const std::string pointer = value_buffer_;
      Status read = read_pointed_value(*view_->version, key_, pointer, &value_buffer_);
      if (!read.ok()) return finish(std::move(read));
    }
    shown_key_ = std::string_view(key_).substr(escape_bytes_);
    value_ = value_buffer_;
    valid_ = true;
    return;
  }
  finish(entries_.status());
}

void UserCursor::show(const EntryView& entry) {
  dead_in_a_row_ = 0;
  looked_at_ = kFirstLookedAt;
  show_key(entry.key);
  expires_at_ms_ = entry.expires_at_ms;
  value_ = entry.value;
  if (entry.value_is_pointer) {
    prefetch_values(kValuesAhead, kValuesAhead + 1);
    const Result<std::string_view> value = values_.find(entry.key, entry.value);
    if (!value.ok()) return finish(value.status());
    value_ = *value;
  }
  valid_ = true;
}

void UserCursor::finish(Status status) {
  valid_ = false;
  status_ = std::move(status);
  if (!status_.ok() || !rest_) return;
  const StoredRange rest = std::move(*rest_);
  rest_.reset();
  start(rest.from, rest.to);
}

}  // namespace ashlar
