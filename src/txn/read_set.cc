#include "txn/read_set.h"

#include <algorithm>

#include "base/hash.h"
#include "base/key_space.h"
#include "base/mutants.h"
#include "base/try.h"

namespace ashlar {
namespace {

constexpr std::size_t kShownKeyBytes = 64;

Status conflict_on(std::string_view key) {
  if (is_system_key(key)) {
    return Status::conflict("another commit changed an index's entry; run the transaction again");
  }
  key = user_key(key);
  std::string shown(key.substr(0, kShownKeyBytes));
  if (shown.size() < key.size()) shown += "…";
  return Status::conflict("another commit changed key '" + shown + "'; run the transaction again");
}

}  // namespace

Status check_unchanged(const LatestState& latest, std::string_view key, uint64_t hash,
                       SequenceNumber since) {
  ASHLAR_TRY_ASSIGN(const bool changed, latest.changed(key, hash, since));
  return changed ? conflict_on(key) : Status();
}

Status check_range_unchanged(const LatestState& latest, std::string_view from, std::string_view to,
                             SequenceNumber since) {
  std::string key;
  ASHLAR_TRY_ASSIGN(const bool changed, latest.changed_within(from, to, since, &key));
  return changed ? conflict_on(key) : Status();
}

void ReadSet::add_key(std::string_view key) {
  const Key sought{hash_key(key), key};
  if (many_keys_ ? many_keys_->contains(sought)
                 : std::find(keys_.begin(), keys_.end(), sought) != keys_.end()) {
    return;
  }
  if (keys_.empty()) keys_.reserve(kFewKeys / 2);
  keys_.push_back({sought.hash, bytes_.keep(key)});
  if (many_keys_) {
    many_keys_->insert(keys_.back());
  } else if (keys_.size() == kFewKeys) {
    many_keys_ = std::make_unique<KeySet>(keys_.begin(), keys_.end());
  }
}

Status ReadSet::validate(const LatestState& latest, SequenceNumber since) const {
  if (!latest.has_commits_since(since)) return {};
  for (const Key& read : keys_) {
    ASHLAR_TRY(check_unchanged(latest, read.key, read.hash, since));
  }
  if (ASHLAR_MUTANT("ranges-not-validated")) return {};
  for (const auto& range : ranges_) {
    if (range->touched) ASHLAR_TRY(check_range_unchanged(latest, range->from, range->to, since));
  }
  return {};
}

}  // namespace ashlar
