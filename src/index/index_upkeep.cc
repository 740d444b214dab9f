#include "index/index_upkeep.h"

#include <utility>

#include "base/epoch.h"
#include "base/printable.h"
#include "base/mutants.h"
#include "base/try.h"
#include "document/json_text.h"
#include "document/utf8.h"

namespace ashlar {
namespace {

constexpr std::size_t kShownBytes = 200;

// Of a message, which must be UTF-8: definitions keep it.
std::string shortened(std::string_view text) {
  std::string_view front = text.substr(0, kShownBytes);
  const std::size_t valid = first_invalid_utf8(front);
  constexpr std::size_t kLongestCharacter = 4;
  const bool cut_within = front.size() < text.size() && front.size() - valid < kLongestCharacter;
  if (cut_within) front = front.substr(0, valid);
  std::string shown = is_utf8(front) ? std::string(front) : printable(front);
  if (front.size() < text.size()) shown += "…";
  return shown;
}

Status duplicate(const Index& index, std::string_view values, std::string_view owner,
                 std::string_view key) {
  return Status::duplicate("unique index '" + index.name() + "': the values " +
                           shortened(index.describe_values(values)) + " of key '" +
                           shortened(user_key(key)) + "' are those of key '" +
                           shortened(user_key(owner)) + "' already");
}

using OwnEntry = DocumentEntries::Entry;

Status remove_entry(TransactionState& transaction, const OwnEntry& entry) {
  if (entry.exclusive) {
    // While the index is built, another document may be the one that was entered. What is not
    // there is deleted too: the builder may be about to enter it, and is to meet this write.
    std::string value;
    const Status found = transaction.get(entry.key, &value, nullptr);
    if (!found.ok() && !found.is(StatusCode::kNotFound)) return found;
    if (found.ok() && value != entry.value) return {};
    if (!found.ok() && ASHLAR_MUTANT("absent-entries-not-deleted")) return {};
  }
  if (ASHLAR_MUTANT("old-entries-kept")) return {};
  return transaction.del(entry.key);
}

Status add_entry(const Index& index, TransactionState& transaction, std::string_view key,
                 const OwnEntry& entry, uint64_t expires_at_ms) {
  if (entry.exclusive) {
    std::string value;
    const Status found = transaction.get(entry.key, &value, nullptr);
    if (!found.ok() && !found.is(StatusCode::kNotFound)) return found;
    if (found.ok() && value != entry.value && !ASHLAR_MUTANT("duplicates-allowed")) {
      ASHLAR_TRY_ASSIGN(const IndexEntry split, split_entry(entry.key, value));
      return duplicate(index, split.values, split.key, key);
    }
  }
  return transaction.set_until(entry.key, entry.value, expires_at_ms);
}

// Written once: a transaction that finds it stored need not write it again, so that transactions
// that have nothing else in common do not meet on it.
Status add_trait(const Index& index, TransactionState& transaction, const std::string& trait) {
  if (index.is_trait_stored(trait)) return {};
  {
    const EpochGuard guard;
    FoundEntry found;
    const Status status = transaction.engine().find(trait, nullptr, &found);
    if (status.ok()) {
      index.note_stored_trait(trait);
      return {};
    }
    if (!status.is(StatusCode::kNotFound)) return status;
  }
  return transaction.set_until(trait, "1", 0);
}

}  // namespace

std::optional<JsonValue> parse_document(std::string_view value) {
  auto parsed = parse_json(value);
  if (!parsed.ok()) return std::nullopt;
  return std::move(parsed).value();
}

std::optional<JsonValue> parse_document(std::string_view value, const WantedParts& wanted) {
  std::optional<JsonValue> document(std::in_place);
  if (read_parts(value, wanted, &*document)) return document;
  return parse_document(value);
}

Result<std::optional<StoredDocument>> find_document(TransactionState& transaction,
                                                    std::string_view key,
                                                    const WantedParts& wanted) {
  std::string value;
  uint64_t expires_at_ms = 0;
  const Status status = transaction.get(key, &value, &expires_at_ms);
  if (status.is(StatusCode::kNotFound)) return std::optional<StoredDocument>();
  ASHLAR_TRY(status);
  auto content = parse_document(value, wanted);
  if (!content) return std::optional<StoredDocument>();
  return std::optional(StoredDocument{std::move(*content), expires_at_ms});
}

Status replace_entries(const Index& index, TransactionState& transaction, std::string_view key,
                       const StoredDocument* before, const StoredDocument* after) {
  DocumentEntries old_entries;
  DocumentEntries new_entries;
  if (before != nullptr) {
    // A document beyond the limits, from before the index, has no entries.
    const Status status = index.append_entries(key, before->content, &old_entries);
    if (!status.ok() && !status.is(StatusCode::kTooLarge)) return status;
  }
  if (after != nullptr) ASHLAR_TRY(index.append_entries(key, after->content, &new_entries));
  const bool same_expiry =
      ASHLAR_MUTANT("expiry-not-compared") ||
      (before != nullptr && after != nullptr && before->expires_at_ms == after->expires_at_ms);

  // Both are sorted by key.
  auto fresh = new_entries.entries.begin();
  std::vector<const OwnEntry*> to_add;
  for (const OwnEntry& old : old_entries.entries) {
    for (; fresh != new_entries.entries.end() && fresh->key < old.key; ++fresh) {
      to_add.push_back(&*fresh);
    }
    if (fresh == new_entries.entries.end() || fresh->key != old.key) {
      ASHLAR_TRY(remove_entry(transaction, old));
      continue;
    }
    if (!same_expiry) to_add.push_back(&*fresh);
    ++fresh;
  }
  for (; fresh != new_entries.entries.end(); ++fresh) to_add.push_back(&*fresh);
  for (const OwnEntry* const entry : to_add) {
    ASHLAR_TRY(add_entry(index, transaction, key, *entry, after->expires_at_ms));
  }
  for (const std::string& trait : new_entries.traits) {
    ASHLAR_TRY(add_trait(index, transaction, trait));
  }
  return {};
}

}  // namespace ashlar
