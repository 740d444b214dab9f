// Which transactions are open, for the statistics.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "ashlar/statistics.h"
#include "base/spin_mutex.h"

namespace ashlar {

// Threads: any.
class TransactionRegistry {
 public:
  // An open transaction; its own memory, so that beginning one allocates nothing here.
  struct Entry {
    const std::string* owner = nullptr;  // constant while entered
    uint64_t since_ns = 0;
    Entry* previous = nullptr;
    Entry* next = nullptr;
  };

  TransactionRegistry() { first_.previous = first_.next = &first_; }

  // `entry` has its owner and time filled in, and is left alone until leave().
  void enter(Entry* entry);
  void leave(Entry* entry);
  void count_conflict() { conflicts_.fetch_add(1, std::memory_order_relaxed); }

  // Fills in what concerns transactions.
  void describe(uint64_t now_ns, Statistics* statistics) const;

 private:
  mutable SpinMutex mutex_;
  Entry first_;  // head of a ring, oldest first
  std::atomic<uint64_t> conflicts_{0};
};

}  // namespace ashlar
