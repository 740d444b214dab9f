// Which sequences somebody still reads at.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

#include "base/entry.h"

namespace ashlar {

// Threads:   any.
// Invariant: [SNAP-1] a sequence is registered under the same lock under which it is read as the
//            newest visible one, so that no merge can miss it.
class SnapshotRegistry {
 public:
  // Registers what `newest()` returns.
  template <typename Newest>
  SequenceNumber take(uint64_t now_ns, Newest&& newest) {
    const std::lock_guard lock(mutex_);
    const SequenceNumber sequence = newest();
    held_.emplace(sequence, now_ns);
    return sequence;
  }
  void release(SequenceNumber sequence, uint64_t taken_ns);

  // Ascending, each once.
  std::vector<SequenceNumber> sequences() const;
  // kMaximumSequence if there is none.
  SequenceNumber oldest() const;
  std::size_t count() const;
  // Monotonic time at which the longest held one was taken; 0 if there is none.
  uint64_t oldest_taken_ns() const;

 private:
  mutable std::mutex mutex_;
  std::multimap<SequenceNumber, uint64_t> held_;  // to the time at which it was taken
};

}  // namespace ashlar
