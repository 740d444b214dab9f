#include "index/index_upkeep.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/mutants.h"
#include "base/try.h"
#include "document/json_text.h"

namespace ashlar {
namespace {

void remove(const Index& index, const DocumentEntries::Entry& entry, EntryChanges* out) {
  if (ASHLAR_MUTANT("old-entries-kept")) return;
  out->remove(index, entry);
}

// Both are sorted by key.
void compare_entries(const Index& index, const DocumentEntries& before,
                     const DocumentEntries& after, bool same_expiry, uint64_t expires_at_ms,
                     EntryChanges* out) {
  auto fresh = after.entries.begin();
  for (const DocumentEntries::Entry& old : before.entries) {
    for (; fresh != after.entries.end() && fresh->key < old.key; ++fresh) {
      out->add(index, *fresh, expires_at_ms);
    }
    if (fresh == after.entries.end() || fresh->key != old.key) {
      remove(index, old, out);
      continue;
    }
    if (!same_expiry) out->add(index, *fresh, expires_at_ms);
    ++fresh;
  }
  for (; fresh != after.entries.end(); ++fresh) out->add(index, *fresh, expires_at_ms);
  for (const std::string& trait : after.traits) out->add_trait(index, trait);
}

Status apply_change(const EntryChange& change, TransactionState* transaction) {
  if (change.exclusive) {
    std::string value;
    const Status status = transaction->get(change.key, &value, nullptr);
    if (!status.ok() && !status.is(StatusCode::kNotFound)) return status;
    const std::string_view found = value;
    ASHLAR_TRY_ASSIGN(const EntryTurn turn,
                      judge_exclusive(change, status.ok() ? &found : nullptr));
    if (turn == EntryTurn::kPassOver) return {};
  }
  if (!change.added) return transaction->del(change.key);
  return transaction->set_until(change.key, change.value, change.expires_at_ms);
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

// The scalars of one document.
class IndexUpkeep::Scalars {
 public:
  // False if they do not tell all.
  bool read(std::string_view text, const WantedScalars& wanted) {
    found_ = few_.data();
    if (wanted.places() > few_.size()) {
      many_.resize(wanted.places());
      found_ = many_.data();
    }
    return read_scalars(text, wanted, found_);
  }
  const ScalarText* found() const { return found_; }

 private:
  std::array<ScalarText, 8> few_;
  std::vector<ScalarText> many_;
  ScalarText* found_ = few_.data();
};

void IndexUpkeep::add(std::shared_ptr<const Index> index) {
  Upkept upkept;
  for (std::size_t field = 0; field < index->field_count(); ++field) {
    upkept.places.push_back(scalars_.add(index->path(field)));
  }
  scalars_suffice_ = scalars_suffice_ && index->filter().matches_everything();
  index->add_wanted_parts(&parts_);
  upkept.index = std::move(index);
  indexes_.push_back(std::move(upkept));
}

bool IndexUpkeep::covers(std::string_view stored_key) const {
  return std::any_of(indexes_.begin(), indexes_.end(),
                     [&](const Upkept& upkept) { return upkept.index->covers(stored_key); });
}

Status IndexUpkeep::collect(std::string_view key, const StoredValue* before,
                            const StoredValue* after, EntryChanges* out) const {
  const bool same_expiry =
      ASHLAR_MUTANT("expiry-not-compared") ||
      (before != nullptr && after != nullptr && before->expires_at_ms == after->expires_at_ms);
  Scalars before_scalars;
  Scalars after_scalars;
  const bool simple = scalars_suffice_ &&
                      (before == nullptr || before_scalars.read(before->text, scalars_)) &&
                      (after == nullptr || after_scalars.read(after->text, scalars_));
  if (!simple) return collect_from_parts(key, before, after, same_expiry, out);
  return collect_from_scalars(key, before == nullptr ? nullptr : &before_scalars,
                              after == nullptr ? nullptr : &after_scalars, same_expiry,
                              after == nullptr ? 0 : after->expires_at_ms, out);
}

Status IndexUpkeep::collect_from_scalars(std::string_view key, const Scalars* before,
                                         const Scalars* after, bool same_expiry,
                                         uint64_t expires_at_ms, EntryChanges* out) const {
  DocumentEntries::Entry old;
  DocumentEntries::Entry fresh;
  for (const Upkept& upkept : indexes_) {
    const Index& index = *upkept.index;
    if (!index.covers(key)) continue;
    bool has_old = false;
    bool has_fresh = false;
    if (before != nullptr) {
      // A document beyond the limits, from before the index, has no entry.
      const Result<bool> made = index.make_entry(key, before->found(), upkept.places, &old);
      if (!made.ok() && !made.status().is(StatusCode::kTooLarge)) return made.status();
      has_old = made.ok() && *made;
    }
    if (after != nullptr) {
      ASHLAR_TRY_ASSIGN(has_fresh, index.make_entry(key, after->found(), upkept.places, &fresh));
    }
    const bool same = has_old && has_fresh && old.key == fresh.key;
    if (has_old && !same) remove(index, old, out);
    if (has_fresh && !(same && same_expiry)) out->add(index, fresh, expires_at_ms);
  }
  return {};
}

Status IndexUpkeep::collect_from_parts(std::string_view key, const StoredValue* before,
                                       const StoredValue* after, bool same_expiry,
                                       EntryChanges* out) const {
  const auto parse = [&](const StoredValue* value) {
    return value == nullptr ? std::nullopt : parse_document(value->text, parts_);
  };
  const std::optional<JsonValue> old = parse(before);
  const std::optional<JsonValue> fresh = parse(after);
  if (!old && !fresh) return {};
  for (const Upkept& upkept : indexes_) {
    const Index& index = *upkept.index;
    if (!index.covers(key)) continue;
    DocumentEntries old_entries;
    DocumentEntries fresh_entries;
    if (old) {
      // A document beyond the limits, from before the index, has no entries.
      const Status status = index.append_entries(key, *old, &old_entries);
      if (!status.ok() && !status.is(StatusCode::kTooLarge)) return status;
    }
    if (fresh) ASHLAR_TRY(index.append_entries(key, *fresh, &fresh_entries));
    compare_entries(index, old_entries, fresh_entries, same_expiry,
                    after == nullptr ? 0 : after->expires_at_ms, out);
  }
  return {};
}

Status apply_changes(const EntryChanges& changes, TransactionState* transaction) {
  for (const EntryChange& change : changes.changes()) {
    ASHLAR_TRY(apply_change(change, transaction));
  }
  for (const EntryChanges::Trait& trait : changes.traits()) {
    ASHLAR_TRY_ASSIGN(const bool store, must_store(trait, transaction->engine()));
    if (store) ASHLAR_TRY(transaction->set_until(trait.key, kTraitValue, 0));
  }
  return {};
}

}  // namespace ashlar
