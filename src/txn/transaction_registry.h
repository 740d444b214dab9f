// Which transactions are open, for the statistics.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "ashlar/statistics.h"

namespace ashlar {

// Threads: any.
class TransactionRegistry {
 public:
  // Returns a ticket for leave().
  uint64_t enter(std::string owner, uint64_t now_ns);
  void leave(uint64_t ticket);
  void count_conflict() { conflicts_.fetch_add(1, std::memory_order_relaxed); }

  // Fills in what concerns transactions.
  void describe(uint64_t now_ns, Statistics* statistics) const;

 private:
  struct Open {
    std::string owner;
    uint64_t since_ns;
  };
  mutable std::mutex mutex_;
  std::map<uint64_t, Open> open_;
  uint64_t next_ticket_ = 1;
  std::atomic<uint64_t> conflicts_{0};
};

}  // namespace ashlar
