#include "txn/transaction_registry.h"

#include <algorithm>
#include <utility>

namespace ashlar {

uint64_t TransactionRegistry::enter(std::string owner, uint64_t now_ns) {
  const std::lock_guard lock(mutex_);
  open_.emplace(next_ticket_, Open{std::move(owner), now_ns});
  return next_ticket_++;
}

void TransactionRegistry::leave(uint64_t ticket) {
  const std::lock_guard lock(mutex_);
  open_.erase(ticket);
}

void TransactionRegistry::describe(uint64_t now_ns, Statistics* statistics) const {
  statistics->transaction_conflicts = conflicts_.load(std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  for (const auto& [ticket, open] : open_) {
    const uint64_t age_ms = (now_ns - open.since_ns) / 1'000'000;
    statistics->transactions.push_back({open.owner, age_ms});
    statistics->oldest_transaction_age_ms =
        std::max(statistics->oldest_transaction_age_ms, age_ms);
  }
  statistics->open_transactions = open_.size();
}

}  // namespace ashlar
