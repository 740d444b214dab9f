// Which sequences somebody still reads at: snapshots, and transactions.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "ashlar/statistics.h"
#include "base/entry.h"
#include "base/spin_mutex.h"

namespace ashlar {

// Threads:   any.
// Invariant: [SNAP-1] a sequence is registered under the same lock under which it is read as the
//            newest visible one, so that no merge can miss it.
class SnapshotRegistry {
 public:
  // A held sequence; the holder's memory, so that taking a snapshot allocates nothing here.
  struct Hold {
    SequenceNumber sequence = 0;
    uint64_t taken_ns = 0;  // monotonic
    uint64_t clock_ms = 0;  // of expiry, when it was taken
    uint64_t ends_ns = UINT64_MAX;  // monotonic; from then on it holds nothing any more
    // Of a transaction: its owner's name, constant while it is held. Null for a snapshot.
    const std::string* owner = nullptr;
    Hold* previous = nullptr;
    Hold* next = nullptr;
  };

  SnapshotRegistry() { first_.previous = first_.next = &first_; }

  // Registers what `newest()` returns, until release() or hold->ends_ns.
  template <typename Newest>
  void take(Hold* hold, uint64_t now_ns, uint64_t clock_ms, Newest&& newest) {
    const std::lock_guard lock(mutex_);
    hold->sequence = newest();
    hold->taken_ns = now_ns;
    hold->clock_ms = clock_ms;
    // In the order of taking, and so of their sequences.
    hold->previous = first_.previous;
    hold->next = &first_;
    hold->previous->next = hold;
    first_.previous = hold;
  }
  void release(Hold* hold);

  // Those held at the moment `now_ns`; ascending, each once.
  std::vector<SequenceNumber> sequences(uint64_t now_ns) const;
  // kMaximumSequence if there is none.
  SequenceNumber oldest(uint64_t now_ns) const;
  // The expiry clock when the longest held one was taken; UINT64_MAX if there is none. What has not
  // expired by then may still be seen by a reader whose clock stands still.
  uint64_t oldest_clock_ms(uint64_t now_ns) const;
  // Fills in what concerns snapshots and transactions, which have one each.
  void describe(uint64_t now_ns, Statistics* statistics) const;

 private:
  mutable SpinMutex mutex_;
  Hold first_;  // head of a ring of holds
};

}  // namespace ashlar
