#include "db/latest_state.h"

#include <algorithm>

#include "base/limits.h"
#include "base/mutants.h"
#include "base/try.h"
#include "db/engine.h"

namespace ashlar {
namespace {

bool is_newer(const EntryView& entry, SequenceNumber since) {
  if (ASHLAR_MUTANT("tombstones-not-validated") && entry.kind == EntryKind::kDelete) return false;
  return entry.sequence > since;
}

// The first entry in [from, to) that is newer than `since`; false if there is none.
Result<bool> find_newer(EntryIterator& entries, std::string_view from, std::string_view to,
                        SequenceNumber since, std::string* key) {
  for (entries.seek(from, kMaximumSequence); entries.valid(); entries.next()) {
    if (!before_end(entries.entry().key, to)) return false;
    if (is_newer(entries.entry(), since)) {
      key->assign(entries.entry().key);
      return true;
    }
  }
  ASHLAR_TRY(entries.status());
  return false;
}

// A key of [from, to) that a range tombstone newer than `since` covers.
bool covered_by_newer(const RangeTombstones& tombstones, std::string_view from, std::string_view to,
                      SequenceNumber since, std::string* key) {
  if (ASHLAR_MUTANT("range-tombstones-not-validated")) return false;
  for (const RangeTombstones::Fragment& fragment : tombstones.fragments()) {
    if (fragment.sequences.front() <= since || !before_end(fragment.from, to) ||
        !before_end(from, fragment.to)) {
      continue;
    }
    key->assign(std::max<std::string_view>(from, fragment.from));
    return true;
  }
  return false;
}

bool overlaps(const TableSummary& table, std::string_view from, std::string_view to) {
  return before_end(table.smallest_key, to) && table.largest_key >= from;
}

}  // namespace

const ReadView& LatestState::view() const {
  if (view_ == nullptr) {
    guard_.emplace();
    view_ = engine_.view_.load(std::memory_order_acquire);
  }
  return *view_;
}

Status LatestState::find(std::string_view key, FoundEntry* found) const {
  return engine_.find_in(view(), key, kMaximumSequence, found, 0);
}

SequenceNumber LatestState::newest_tombstone_covering(std::string_view key) const {
  if (ASHLAR_MUTANT("range-tombstones-not-validated")) return 0;
  SequenceNumber newest = view().active->range_tombstones().covering(key, kMaximumSequence);
  for (const auto& memtable : view().immutables) {
    newest = std::max(newest, memtable->range_tombstones().covering(key, kMaximumSequence));
  }
  return std::max(newest, view().version->range_tombstones().covering(key, kMaximumSequence));
}

bool LatestState::has_commits_since(SequenceNumber since) const {
  return engine_.last_sequence_ > since;
}

Result<bool> LatestState::changed(std::string_view key, uint64_t hash, SequenceNumber since) const {
  if (newest_tombstone_covering(key) > since) return true;
  EntryView entry;
  if (view().active->get(key, hash, kMaximumSequence, &entry)) return is_newer(entry, since);
  for (const auto& memtable : view().immutables) {
    if (memtable->get(key, hash, kMaximumSequence, &entry)) return is_newer(entry, since);
  }
  if (view().version->largest_sequence() <= since) return false;
  TableLookup lookup;
  ASHLAR_TRY_ASSIGN(const bool found, view().version->get(key, hash, kMaximumSequence, &lookup));
  return found && is_newer(lookup.entry, since);
}

Result<bool> LatestState::changed_within(std::string_view from, std::string_view to,
                                         SequenceNumber since, std::string* changed_key) const {
  const auto in_memtable = [&](const Memtable& memtable) -> Result<bool> {
    if (covered_by_newer(memtable.range_tombstones(), from, to, since, changed_key)) return true;
    if (memtable.largest_sequence() <= since || memtable.entry_count() == 0) return false;
    return find_newer(*memtable.new_iterator(), from, to, since, changed_key);
  };
  ASHLAR_TRY_ASSIGN(bool changed, in_memtable(*view().active));
  for (auto it = view().immutables.begin(); !changed && it != view().immutables.end(); ++it) {
    ASHLAR_TRY_ASSIGN(changed, in_memtable(**it));
  }
  if (changed || view().version->largest_sequence() <= since) return changed;
  if (covered_by_newer(view().version->range_tombstones(), from, to, since, changed_key)) {
    return true;
  }
  for (const auto& table : view().version->all_tables()) {
    const TableSummary& summary = table->summary;
    if (summary.largest_sequence <= since || !overlaps(summary, from, to)) continue;
    ASHLAR_TRY_ASSIGN(changed,
                      find_newer(*table->reader->new_iterator(), from, to, since, changed_key));
    if (changed) return true;
  }
  return false;
}

}  // namespace ashlar
