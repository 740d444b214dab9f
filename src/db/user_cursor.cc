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

// Neighbours in key order mostly differ at their ends.
bool same_key(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (a.size() < sizeof(uint64_t)) return a == b;
  const std::size_t last = a.size() - sizeof(uint64_t);
  return load<uint64_t>(a.data() + last) == load<uint64_t>(b.data() + last) &&
         std::memcmp(a.data(), b.data(), last) == 0;
}

bool any_range_tombstones(const ReadView& view) {
  const auto has_any = [](const Memtable& memtable) {
    return !memtable.range_tombstones().empty();
  };
  return has_any(*view.active) || !view.version->range_tombstones().empty() ||
         std::any_of(view.immutables.begin(), view.immutables.end(),
                     [&](const auto& memtable) { return has_any(*memtable); });
}

std::vector<std::unique_ptr<EntryIterator>> iterators_of(const ReadView& view) {
  std::vector<std::unique_ptr<EntryIterator>> iterators;
  iterators.reserve(1 + view.immutables.size() + view.version->level_count());
  const auto add = [&](const Memtable& memtable) {
    if (memtable.entry_count() > 0) iterators.push_back(memtable.new_iterator());
  };
  add(*view.active);
  for (const auto& memtable : view.immutables) add(*memtable);
  view.version->append_iterators(&iterators);
  return iterators;
}

}  // namespace

UserCursor::UserCursor(std::shared_ptr<const ReadView> view, SequenceNumber visible,
                       uint64_t now_ms, CursorBounds bounds, const ScanListener& listener)
    : view_(std::move(view)),
      visible_(visible),
      now_ms_(now_ms),
      bounds_(std::move(bounds)),
      has_range_tombstones_(any_range_tombstones(*view_)),
      entries_(iterators_of(*view_)),
      listener_(listener),
      left_(bounds_.limit) {
  if (bounds_.user_keys) map_bounds();
  start();
}

void UserCursor::map_bounds() {
  // What ends below the system keys is stored as it is.
  if (!bounds_.to.empty() && bounds_.to <= kSystemKeysBegin) return;
  StoredRanges ranges = stored_ranges(bounds_.from, bounds_.to);
  const bool behind_first = bounds_.reverse || !ranges.has_below;
  if (ranges.has_below && ranges.has_behind) {
    rest_ = std::move(bounds_.reverse ? ranges.below : ranges.behind);
  }
  enter(behind_first ? ranges.behind : ranges.below);
}

void UserCursor::enter(const StoredRange& range) {
  bounds_.from = range.from;
  bounds_.to = range.to;
  escape_bytes_ = range.from >= kSystemKeysEnd ? 1 : 0;
}

UserCursor::~UserCursor() {
  if (listener_ && dead_ > 0) listener_(dead_, bounds_.limit - left_);
}

void UserCursor::start() {
  const bool empty = !bounds_.to.empty() && bounds_.from >= bounds_.to;
  if (empty || left_ == 0) return;
  if (!bounds_.reverse) {
    entries_.seek(bounds_.from, kMaximumSequence);
    find_forward();
    return;
  }
  if (bounds_.to.empty()) {
    entries_.seek_last();
  } else {
    entries_.seek(bounds_.to, kMaximumSequence);
    if (entries_.valid()) {
      entries_.previous();
    } else if (entries_.status().ok()) {
      entries_.seek_last();
    }
  }
  find_backward();
}

void UserCursor::next() {
  if (--left_ == 0) {
    valid_ = false;
    return;
  }
  if (bounds_.reverse) {
    find_backward();
    return;
  }
  skip_key();
  find_forward();
}

void UserCursor::skip_key() {
  const std::string_view key = entries_.entry().key;
  entries_.next();
  if (!entries_.valid() || !same_key(entries_.entry().key, key)) return;
  key_.assign(key);
  for (int steps = 0; entries_.valid() && entries_.entry().key == key_; ++steps) {
    if (steps < kStepsBeforeSeek) {
      entries_.next();
    } else {
      key_.push_back('\0');
      entries_.seek(key_, kMaximumSequence);
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

// From the entry under entries_ on, which may be any version of a key not shown yet.
void UserCursor::find_forward() {
  while (entries_.valid()) {
    const EntryView& entry = entries_.entry();
    if (!in_bounds(entry.key)) return finish({});
    if (entry.sequence > visible_) {
      entries_.next();
      continue;
    }
    if (is_live(entry)) return show(entry);
    // Deleted or expired: so are all its older versions.
    ++dead_;
    skip_key();
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
    shown_key_ = key_;
    value_ = value_buffer_;
    valid_ = true;
    return;
  }
  finish(entries_.status());
}

void UserCursor::show(const EntryView& entry) {
  shown_key_ = entry.key;
  expires_at_ms_ = entry.expires_at_ms;
  value_ = entry.value;
  if (entry.value_is_pointer) {
    Status read = read_pointed_value(*view_->version, entry.key, entry.value, &value_buffer_);
    if (!read.ok()) return finish(std::move(read));
    value_ = value_buffer_;
  }
  valid_ = true;
}

void UserCursor::finish(Status status) {
  valid_ = false;
  status_ = std::move(status);
  if (!status_.ok() || !rest_) return;
  enter(*rest_);
  rest_.reset();
  start();
}

}  // namespace ashlar
