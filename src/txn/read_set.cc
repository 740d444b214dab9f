#include "txn/read_set.h"

#include "base/mutants.h"
#include "base/try.h"

namespace ashlar {
namespace {

constexpr std::size_t kShownKeyBytes = 64;

Status conflict_on(std::string_view key) {
  std::string shown(key.substr(0, kShownKeyBytes));
  if (shown.size() < key.size()) shown += "…";
  return Status::conflict("another commit changed key '" + shown + "'; run the transaction again");
}

}  // namespace

Status check_unchanged(const LatestState& latest, std::string_view key, SequenceNumber since) {
  ASHLAR_TRY_ASSIGN(const bool changed, latest.changed(key, since));
  return changed ? conflict_on(key) : Status();
}

Status check_range_unchanged(const LatestState& latest, std::string_view from, std::string_view to,
                             SequenceNumber since) {
  std::string key;
  ASHLAR_TRY_ASSIGN(const bool changed, latest.changed_within(from, to, since, &key));
  return changed ? conflict_on(key) : Status();
}

Status ReadSet::validate(const LatestState& latest, SequenceNumber since) const {
  for (const std::string& key : keys_) ASHLAR_TRY(check_unchanged(latest, key, since));
  if (ASHLAR_MUTANT("ranges-not-validated")) return {};
  for (const auto& range : ranges_) {
    if (range->touched) ASHLAR_TRY(check_range_unchanged(latest, range->from, range->to, since));
  }
  return {};
}

}  // namespace ashlar
