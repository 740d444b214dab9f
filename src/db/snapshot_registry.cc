#include "db/snapshot_registry.h"

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"

namespace ashlar {

void SnapshotRegistry::release(SequenceNumber sequence, uint64_t taken_ns) {
  const std::lock_guard lock(mutex_);
  auto [at, end] = held_.equal_range(sequence);
  while (at != end && at->second != taken_ns) ++at;
  ASHLAR_CHECK(at != end);
  held_.erase(at);
}

std::vector<SequenceNumber> SnapshotRegistry::sequences() const {
  const std::lock_guard lock(mutex_);
  std::vector<SequenceNumber> sequences;
  for (const auto& [sequence, taken] : held_) {
    if (sequences.empty() || sequences.back() != sequence) sequences.push_back(sequence);
  }
  return sequences;
}

SequenceNumber SnapshotRegistry::oldest() const {
  const std::lock_guard lock(mutex_);
  return held_.empty() ? kMaximumSequence : held_.begin()->first;
}

std::size_t SnapshotRegistry::count() const {
  const std::lock_guard lock(mutex_);
  return held_.size();
}

uint64_t SnapshotRegistry::oldest_taken_ns() const {
  const std::lock_guard lock(mutex_);
  uint64_t oldest = 0;
  for (const auto& [sequence, taken] : held_) {
    if (oldest == 0 || taken < oldest) oldest = taken;
  }
  return oldest;
}

}  // namespace ashlar
