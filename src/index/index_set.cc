#include "index/index_set.h"

#include <algorithm>
#include <utility>

#include "base/key_prefix.h"
#include "base/range_tombstones.h"
#include "base/try.h"
#include "index/index_upkeep.h"

namespace ashlar {
namespace {

// Removes the entries of each document of the index in [from, to), one by one.
Status remove_entries_within(const std::shared_ptr<const Index>& listed,
                             TransactionState* transaction, std::string_view from,
                             std::string_view to) {
  const Index& index = *listed;
  IndexUpkeep upkeep;
  upkeep.add(listed);
  CursorBounds bounds;
  bounds.from = std::max<std::string_view>(from, index.stored_prefix());
  const std::string end = end_of_prefix(index.stored_prefix());
  bounds.to = to.empty() || (!end.empty() && end < to) ? end : std::string(to);
  const auto cursor = transaction->new_cursor(std::move(bounds));
  for (; cursor->valid(); cursor->next()) {
    const Entry entry = cursor->entry();
    if (!index.covers(entry.key)) continue;
    const std::string key(entry.key);
    const StoredValue before{entry.value, 0};
    EntryChanges changes;
    ASHLAR_TRY(upkeep.collect(key, &before, nullptr, &changes));
    ASHLAR_TRY(apply_changes(changes, transaction));
  }
  return cursor->status();
}

// Whether all documents that the index may have lie in [from, to), which does not reach across the
// system keys.
Result<bool> holds_all_documents(const Index& index, TransactionState* transaction,
                                 std::string_view from, std::string_view to) {
  if (index.covers_nothing_beside(from, to)) return true;
  // With a prefix that system keys have too, documents may lie on both sides of them.
  const bool two_sides = kSystemKeysBegin.starts_with(index.stored_prefix());
  if (!two_sides || from > index.stored_prefix() || to != kSystemKeysBegin) return false;
  const auto behind =
      transaction->new_cursor({.from = std::string(kSystemKeysEnd), .to = {}, .limit = 1});
  ASHLAR_TRY(behind->status());
  return !behind->valid();
}

}  // namespace

IndexSet::IndexSet(std::vector<ListedIndex> indexes, uint64_t rules)
    : indexes_(std::move(indexes)), rules_(rules) {
  for (const ListedIndex& listed : indexes_) {
    if (listed.kept_up()) upkeep_.add(listed.index);
  }
}

const ListedIndex* IndexSet::find(std::string_view name) const {
  const auto found = std::find_if(indexes_.begin(), indexes_.end(),
                                  [&](const auto& listed) { return listed.index->name() == name; });
  return found == indexes_.end() ? nullptr : &*found;
}

std::vector<std::shared_ptr<const Index>> IndexSet::usable_at(SequenceNumber sequence) const {
  std::vector<std::shared_ptr<const Index>> usable;
  usable.reserve(indexes_.size());
  for (const ListedIndex& listed : indexes_) {
    if (listed.state == IndexState::kReady && listed.ready_at <= sequence) {
      usable.push_back(listed.index);
    }
  }
  return usable;
}

bool IndexSet::covers(std::string_view key) const {
  return upkeep_.covers(key);
}

bool IndexSet::covers_some_of(std::string_view from, std::string_view to) const {
  return std::any_of(indexes_.begin(), indexes_.end(), [&](const auto& listed) {
    return listed.kept_up() && listed.index->covers_some_of(from, to);
  });
}

Status IndexSet::before_set(TransactionState* transaction, std::string_view key,
                            std::string_view value, uint64_t expires_at_ms) const {
  const StoredValue after{value, expires_at_ms};
  return replace(transaction, key, &after);
}

Status IndexSet::before_del(TransactionState* transaction, std::string_view key) const {
  return replace(transaction, key, nullptr);
}

Status IndexSet::replace(TransactionState* transaction, std::string_view key,
                         const StoredValue* after) const {
  std::string text;
  StoredValue before;
  const Status found = transaction->get(key, &text, &before.expires_at_ms);
  if (!found.ok() && !found.is(StatusCode::kNotFound)) return found;
  before.text = text;
  EntryChanges changes;
  ASHLAR_TRY(upkeep_.collect(key, found.ok() ? &before : nullptr, after, &changes));
  return apply_changes(changes, transaction);
}

Status IndexSet::before_del_range(TransactionState* transaction, std::string_view from,
                                  std::string_view to) const {
  for (const ListedIndex& listed : indexes_) {
    const Index& index = *listed.index;
    if (!listed.kept_up() || !index.covers_some_of(from, to)) continue;
    ASHLAR_TRY_ASSIGN(const bool all, holds_all_documents(index, transaction, from, to));
    ASHLAR_TRY(all ? transaction->del_range(index.entries_begin(), index.entries_end())
                   : remove_entries_within(listed.index, transaction, from, to));
  }
  return {};
}

}  // namespace ashlar
