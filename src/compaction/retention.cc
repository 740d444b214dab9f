#include "compaction/retention.h"

#include <algorithm>

#include "base/limits.h"
#include "base/mutants.h"

namespace ashlar {

std::size_t Retention::stripe_of(SequenceNumber sequence) const {
  const auto end = std::lower_bound(snapshots_.begin(), snapshots_.end(), sequence);
  return static_cast<std::size_t>(end - snapshots_.begin());
}

SequenceNumber Retention::end_of(std::size_t stripe) const {
  return stripe < snapshots_.size() ? snapshots_[stripe] : kMaximumSequence;
}

bool Retention::keep(EntryView* entry, bool bottom) {
  const std::size_t stripe = stripe_of(entry->sequence);
  const bool shadowed = any_ && stripe == stripe_ && entry->key == key_;
  if (shadowed) return false;  // [KEEP-1]
  if (!any_ || entry->key != key_) key_.assign(entry->key);
  any_ = true;
  stripe_ = stripe;

  if (!tombstones_.empty() &&
      tombstones_.covering(entry->key, end_of(stripe)) > entry->sequence) {
    return false;  // [KEEP-1]
  }
  if (!entry->is_live(now_ms_)) {
    if (bottom && stripe == 0) return false;  // [KEEP-2]
    if (ASHLAR_MUTANT("tombstones-dropped-early")) return false;
    entry->kind = EntryKind::kDelete;
    entry->value = {};
    entry->value_is_pointer = false;
    entry->expires_at_ms = 0;
  }
  if (bottom && stripe == 0) entry->sequence = 0;
  return true;
}

std::vector<RangeTombstone> Retention::tombstones_within(std::string_view from, std::string_view to,
                                                         bool bottom) const {
  std::vector<RangeTombstone> kept;
  for (const RangeTombstones::Fragment& fragment : tombstones_.fragments()) {
    if (!before_end(fragment.from, to) || !before_end(from, fragment.to)) continue;
    const std::string_view low = std::max<std::string_view>(fragment.from, from);
    const bool ends_with_fragment = !fragment.to.empty() && before_end(fragment.to, to);
    const std::string_view high = ends_with_fragment ? std::string_view(fragment.to) : to;
    std::size_t last_stripe = SIZE_MAX;
    for (const SequenceNumber sequence : fragment.sequences) {
      const std::size_t stripe = stripe_of(sequence);
      if (stripe == last_stripe) continue;
      last_stripe = stripe;
      if (bottom && stripe == 0) continue;  // [KEEP-2]
      kept.push_back({std::string(low), std::string(high), sequence});
    }
  }
  return kept;
}

}  // namespace ashlar
