#include "index/entry_changes.h"

#include <algorithm>

#include "base/epoch.h"
#include "base/key_space.h"
#include "base/mutants.h"
#include "base/printable.h"
#include "base/try.h"
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

}  // namespace

void EntryChanges::sort() {
  std::sort(changes_.begin(), changes_.end(),
            [](const EntryChange& a, const EntryChange& b) { return a.key < b.key; });
}

Result<EntryTurn> judge_exclusive(const EntryChange& change, const std::string_view* found) {
  const bool of_another = found != nullptr && *found != change.value;
  if (!change.added) {
    // While the index is built, another document may be the one that was entered. What is not
    // there is deleted too: the builder may be about to enter it, and is to meet this write.
    if (found == nullptr && ASHLAR_MUTANT("absent-entries-not-deleted"))
      return EntryTurn::kPassOver;
    return of_another ? EntryTurn::kPassOver : EntryTurn::kMake;
  }
  if (of_another && !ASHLAR_MUTANT("duplicates-allowed")) {
    ASHLAR_TRY_ASSIGN(const IndexEntry owner, split_entry(change.key, *found));
    ASHLAR_TRY_ASSIGN(const IndexEntry own, split_entry(change.key, change.value));
    return duplicate(*change.index, owner.values, owner.key, own.key);
  }
  return EntryTurn::kMake;
}

// Written once: a transaction that finds it stored need not write it again, so that transactions
// that have nothing else in common do not meet on it.
Result<bool> must_store(const EntryChanges::Trait& trait, const Engine& engine) {
  if (trait.index->is_trait_stored(trait.key)) return false;
  const EpochGuard guard;
  FoundEntry found;
  const Status status = engine.find(trait.key, nullptr, &found);
  if (status.is(StatusCode::kNotFound)) return true;
  ASHLAR_TRY(status);
  trait.index->note_stored_trait(trait.key);
  return false;
}

void add_change(const EntryChange& change, Commit* commit) {
  if (change.added) {
    commit->set(change.key, change.value, change.expires_at_ms, false);
  } else {
    commit->del(change.key);
  }
}

Status add_traits(const EntryChanges& changes, const Engine& engine, Commit* commit) {
  for (const EntryChanges::Trait& trait : changes.traits()) {
    ASHLAR_TRY_ASSIGN(const bool store, must_store(trait, engine));
    if (store) commit->set(trait.key, kTraitValue, 0, false);
  }
  return {};
}

}  // namespace ashlar
