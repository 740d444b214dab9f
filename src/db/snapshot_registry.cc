#include "db/snapshot_registry.h"

#include <algorithm>

#include "base/limits.h"

namespace ashlar {

void SnapshotRegistry::release(Hold* hold) {
  const std::lock_guard lock(mutex_);
  hold->previous->next = hold->next;
  hold->next->previous = hold->previous;
  --count_;
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

std::size_t SnapshotRegistry::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

uint64_t SnapshotRegistry::oldest_taken_ns() const {
  const std::lock_guard lock(mutex_);
  return count_ == 0 ? 0 : first_.next->taken_ns;
}

}  // namespace ashlar
