#include "txn/write_set.h"

#include <algorithm>
#include <utility>

#include "base/try.h"

namespace ashlar {

void WriteSet::set(std::string_view key, std::string_view value, uint64_t expires_at_ms) {
  append({EntryKind::kSet, std::string(key), std::string(value), expires_at_ms});
}

void WriteSet::del(std::string_view key) {
  append({EntryKind::kDelete, std::string(key), {}, 0});
}

void WriteSet::del_range(std::string_view from, std::string_view to) {
  append({EntryKind::kDeleteRange, std::string(from), std::string(to), 0});
}

void WriteSet::append(Write write) {
  journal_.push_back(std::make_unique<const Write>(std::move(write)));
  apply(*journal_.back());
}

void WriteSet::apply(const Write& write) {
  if (write.kind != EntryKind::kDeleteRange) {
    // The map's key must be that of the write it leads to: an undone write takes its bytes along.
    points_.erase(write.key);
    points_.emplace(write.key, &write);
    return;
  }
  const auto end = write.value.empty() ? points_.end() : points_.lower_bound(write.value);
  points_.erase(points_.lower_bound(write.key), end);
  std::vector<RangeTombstone> ranges = deleted_.all();
  ranges.push_back({write.key, write.value, ranges.size() + 1});
  deleted_ = RangeTombstones(std::move(ranges));
}

void WriteSet::rebuild() {
  points_.clear();
  deleted_ = RangeTombstones();
  for (const auto& write : journal_) apply(*write);
}

const WriteSet::Write* WriteSet::find(std::string_view key) const {
  const auto found = points_.find(key);
  return found == points_.end() ? nullptr : found->second;
}

const WriteSet::Write* WriteSet::next_point(std::string_view key, bool after) const {
  const auto found = after ? points_.upper_bound(key) : points_.lower_bound(key);
  return found == points_.end() ? nullptr : found->second;
}

const WriteSet::Write* WriteSet::previous_point(std::string_view key) const {
  const auto behind = key.empty() ? points_.end() : points_.lower_bound(key);
  return behind == points_.begin() ? nullptr : std::prev(behind)->second;
}

void WriteSet::mark(std::string_view name) { marks_.emplace_back(name, journal_.size()); }

bool WriteSet::rollback_to(std::string_view name) {
  const auto found = std::find_if(marks_.rbegin(), marks_.rend(),
                                  [&](const auto& mark) { return mark.first == name; });
  if (found == marks_.rend()) return false;
  marks_.erase(found.base(), marks_.end());
  points_.clear();  // before the bytes that its keys look at go
  journal_.resize(marks_.back().second);
  rebuild();
  return true;
}

Status WriteSet::fill(Engine& engine, Commit* commit) const {
  for (const auto& entry : journal_) {
    const Write& write = *entry;
    if (write.kind == EntryKind::kDeleteRange) {
      commit->del_range(write.key, write.value);
    } else if (find(write.key) != &write) {
      continue;  // overtaken by a later write
    } else if (write.kind == EntryKind::kDelete) {
      commit->del(write.key);
    } else {
      ASHLAR_TRY(engine.add_set(write.key, write.value, write.expires_at_ms, commit));
    }
  }
  return {};
}

}  // namespace ashlar
