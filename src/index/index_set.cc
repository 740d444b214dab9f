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
Status remove_entries_within(const Index& index, TransactionState* transaction,
                             std::string_view from, std::string_view to) {
  CursorBounds bounds;
  bounds.from = std::max<std::string_view>(from, index.stored_prefix());
  const std::string end = end_of_prefix(index.stored_prefix());
  bounds.to = to.empty() || (!end.empty() && end < to) ? end : std::string(to);
  const auto cursor = transaction->new_cursor(std::move(bounds));
  for (; cursor->valid(); cursor->next()) {
    const Entry entry = cursor->entry();
    if (!index.covers(entry.key)) continue;
    const std::string key(entry.key);
    auto content = parse_document(entry.value);
    if (!content) continue;
    const StoredDocument before{std::move(*content), 0};
    ASHLAR_TRY(replace_entries(index, *transaction, key, &before, nullptr));
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
    if (listed.kept_up()) listed.index->add_wanted_parts(&wanted_);
  }
}

const ListedIndex* IndexSet::find(std::string_view name) const {
  const auto found = std::find_if(indexes_.begin(), indexes_.end(),
                                  [&](const auto& listed) { return listed.index->name() == name; });
  return found == indexes_.end() ? nullptr : &*found;
}

std::vector<std::shared_ptr<const Index>> IndexSet::usable_at(SequenceNumber sequence) const {
  std::vector<std::shared_ptr<const Index>> usable;
  for (const ListedIndex& listed : indexes_) {
    if (listed.state == IndexState::kReady && listed.ready_at <= sequence) {
      usable.push_back(listed.index);
    }
  }
  return usable;
}

bool IndexSet::covers(std::string_view key) const {
  return std::any_of(indexes_.begin(), indexes_.end(), [&](const auto& listed) {
    return listed.kept_up() && listed.index->covers(key);
  });
}

bool IndexSet::covers_some_of(std::string_view from, std::string_view to) const {
  return std::any_of(indexes_.begin(), indexes_.end(), [&](const auto& listed) {
    return listed.kept_up() && listed.index->covers_some_of(from, to);
  });
}

Status IndexSet::before_set(TransactionState* transaction, std::string_view key,
                            std::string_view value, uint64_t expires_at_ms) const {
  ASHLAR_TRY_ASSIGN(const std::optional<StoredDocument> before,
                    find_document(*transaction, key, wanted_));
  std::optional<StoredDocument> after;
  if (auto content = parse_document(value, wanted_)) after = {std::move(*content), expires_at_ms};
  return replace_in_all(transaction, key, before ? &*before : nullptr, after ? &*after : nullptr);
}

Status IndexSet::before_del(TransactionState* transaction, std::string_view key) const {
  ASHLAR_TRY_ASSIGN(const std::optional<StoredDocument> before,
                    find_document(*transaction, key, wanted_));
  return replace_in_all(transaction, key, before ? &*before : nullptr, nullptr);
}

Status IndexSet::replace_in_all(TransactionState* transaction, std::string_view key,
                                const StoredDocument* before, const StoredDocument* after) const {
  if (before == nullptr && after == nullptr) return {};
  for (const ListedIndex& listed : indexes_) {
    if (!listed.kept_up() || !listed.index->covers(key)) continue;
    ASHLAR_TRY(replace_entries(*listed.index, *transaction, key, before, after));
  }
  return {};
}

Status IndexSet::before_del_range(TransactionState* transaction, std::string_view from,
                                  std::string_view to) const {
  for (const ListedIndex& listed : indexes_) {
    const Index& index = *listed.index;
    if (!listed.kept_up() || !index.covers_some_of(from, to)) continue;
    ASHLAR_TRY_ASSIGN(const bool all, holds_all_documents(index, transaction, from, to));
    ASHLAR_TRY(all ? transaction->del_range(index.entries_begin(), index.entries_end())
                   : remove_entries_within(index, transaction, from, to));
  }
  return {};
}

}  // namespace ashlar
