#include "db/snapshot_registry.h"

#include <algorithm>

#include "base/limits.h"

namespace ashlar {

void SnapshotRegistry::release(Hold* hold) {
  const std::lock_guard lock(mutex_);
  hold->previous->next = hold->next;
  hold->next->previous = hold->previous;
}

std::vector<SequenceNumber> SnapshotRegistry::sequences(uint64_t now_ns) const {
  const std::lock_guard lock(mutex_);
  std::vector<SequenceNumber> sequences;
  for (const Hold* hold = first_.next; hold != &first_; hold = hold->next) {
    if (hold->ends_ns <= now_ns) continue;
    if (sequences.empty() || sequences.back() != hold->sequence) {
      sequences.push_back(hold->sequence);
    }
  }
  return sequences;
}

SequenceNumber SnapshotRegistry::oldest(uint64_t now_ns) const {
  const std::lock_guard lock(mutex_);
  for (const Hold* hold = first_.next; hold != &first_; hold = hold->next) {
    if (hold->ends_ns > now_ns) return hold->sequence;
  }
  return kMaximumSequence;
}

uint64_t SnapshotRegistry::oldest_clock_ms(uint64_t now_ns) const {
  const std::lock_guard lock(mutex_);
  uint64_t oldest = UINT64_MAX;
  for (const Hold* hold = first_.next; hold != &first_; hold = hold->next) {
    if (hold->ends_ns > now_ns) oldest = std::min(oldest, hold->clock_ms);
  }
  return oldest;
}

void SnapshotRegistry::describe(uint64_t now_ns, Statistics* statistics) const {
  const std::lock_guard lock(mutex_);
  for (const Hold* hold = first_.next; hold != &first_; hold = hold->next) {
    const uint64_t age_ms = now_ns > hold->taken_ns ? (now_ns - hold->taken_ns) / 1'000'000 : 0;
    ++statistics->open_snapshots;
    statistics->oldest_snapshot_age_ms = std::max(statistics->oldest_snapshot_age_ms, age_ms);
    if (hold->owner == nullptr) continue;
    ++statistics->open_transactions;
    statistics->oldest_transaction_age_ms = std::max(statistics->oldest_transaction_age_ms, age_ms);
    statistics->transactions.push_back({*hold->owner, age_ms});
  }
}

}  // namespace ashlar
