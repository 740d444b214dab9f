#include "txn/write_set.h"

#include <algorithm>
#include <iterator>

#include "base/range_tombstones.h"
#include "base/try.h"

namespace ashlar {

void WriteSet::set(std::string_view key, std::string_view value, uint64_t expires_at_ms) {
  append(EntryKind::kSet, key, value, expires_at_ms);
}

void WriteSet::del(std::string_view key) {
  append(EntryKind::kDelete, key, {}, 0);
}

void WriteSet::del_range(std::string_view from, std::string_view to) {
  append(EntryKind::kDeleteRange, from, to, 0);
}

void WriteSet::append(EntryKind kind, std::string_view key, std::string_view value,
                      uint64_t expires_at_ms) {
  if (journal_.empty()) journal_.reserve(kFewWrites / 2);
  journal_.push_back({kind, bytes_.keep(key), bytes_.keep(value), expires_at_ms});
  if (kind == EntryKind::kDeleteRange) has_ranges_ = true;
}

void WriteSet::put_in_order() const {
  for (; ordered_ < journal_.size(); ++ordered_) apply(ordered_);
}

void WriteSet::apply(std::size_t at) const {
  const Write& write = journal_[at];
  if (write.kind == EntryKind::kDeleteRange) {
    delete_range(write.key, write.value);
  } else {
    points_.insert_or_assign(write.key, at);
  }
}

// Makes one range of all that overlap or touch.
void WriteSet::delete_range(std::string_view from, std::string_view to) const {
  points_.erase(points_.lower_bound(from), to.empty() ? points_.end() : points_.lower_bound(to));
  const auto reaches = [](std::string_view end, std::string_view key) {
    return end.empty() || end >= key;
  };
  auto next = deleted_.upper_bound(from);
  if (next != deleted_.begin() && reaches(std::prev(next)->second, from)) {
    --next;
    from = next->first;
  }
  while (next != deleted_.end() && reaches(to, next->first)) {
    if (!to.empty() && reaches(next->second, to)) to = next->second;
    next = deleted_.erase(next);
  }
  deleted_.emplace_hint(next, from, to);
}

bool WriteSet::deletes(std::string_view key) const {
  if (!has_ranges_) return false;
  put_in_order();
  const auto behind = deleted_.upper_bound(key);
  return behind != deleted_.begin() && before_end(key, std::prev(behind)->second);
}

const WriteSet::Write* WriteSet::last_about(std::string_view key) const {
  for (auto write = journal_.rbegin(); write != journal_.rend(); ++write) {
    const bool is_range = write->kind == EntryKind::kDeleteRange;
    if (is_range ? write->key <= key && before_end(key, write->value) : write->key == key) {
      return &*write;
    }
  }
  return nullptr;
}

const WriteSet::Write* WriteSet::find(std::string_view key) const {
  if (are_few()) {
    const Write* const last = last_about(key);
    return last == nullptr || last->kind == EntryKind::kDeleteRange ? nullptr : last;
  }
  put_in_order();
  const auto found = points_.find(key);
  return found == points_.end() ? nullptr : &journal_[found->second];
}

const WriteSet::Write* WriteSet::next_point(std::string_view key, bool after) const {
  put_in_order();
  const auto found = after ? points_.upper_bound(key) : points_.lower_bound(key);
  return found == points_.end() ? nullptr : &journal_[found->second];
}

const WriteSet::Write* WriteSet::previous_point(std::string_view key) const {
  put_in_order();
  const auto behind = key.empty() ? points_.end() : points_.lower_bound(key);
  return behind == points_.begin() ? nullptr : &journal_[std::prev(behind)->second];
}

void WriteSet::mark(std::string_view name) {
  marks_.emplace_back(name, journal_.size());
}

bool WriteSet::rollback_to(std::string_view name) {
  const auto found = std::find_if(marks_.rbegin(), marks_.rend(),
                                  [&](const auto& mark) { return mark.first == name; });
  if (found == marks_.rend()) return false;
  marks_.erase(found.base(), marks_.end());
  truncate(marks_.back().second);
  return true;
}

void WriteSet::truncate(std::size_t size) {
  journal_.resize(size);
  if (ordered_ <= size) return;
  points_.clear();
  deleted_.clear();
  ordered_ = 0;
}

bool WriteSet::is_overtaken(std::size_t at) const {
  const Write& write = journal_[at];
  if (are_few()) return last_about(write.key) != &write;
  put_in_order();
  const auto last = points_.find(write.key);
  return last == points_.end() || last->second != at;
}

// Ranges go first: a set of a key in one of them came behind it, or is overtaken.
Status WriteSet::fill(Engine& engine, Commit* commit) const {
  if (has_ranges_) {
    put_in_order();
    for (const auto& [from, to] : deleted_) commit->del_range(from, to);
  }
  for (std::size_t at = 0; at < journal_.size(); ++at) {
    const Write& write = journal_[at];
    if (write.kind == EntryKind::kDeleteRange || is_overtaken(at)) continue;
    if (write.kind == EntryKind::kDelete) {
      commit->del(write.key);
    } else {
      ASHLAR_TRY(engine.add_set(write.key, write.value, write.expires_at_ms, commit));
    }
  }
  return {};
}

}  // namespace ashlar
