#include "txn/transaction_registry.h"

#include <algorithm>

namespace ashlar {

void TransactionRegistry::enter(Entry* entry) {
  const std::lock_guard lock(mutex_);
  entry->previous = first_.previous;
  entry->next = &first_;
  entry->previous->next = entry;
  first_.previous = entry;
}

void TransactionRegistry::leave(Entry* entry) {
  const std::lock_guard lock(mutex_);
  entry->previous->next = entry->next;
  entry->next->previous = entry->previous;
}

void TransactionRegistry::describe(uint64_t now_ns, Statistics* statistics) const {
  statistics->transaction_conflicts = conflicts_.load(std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  for (const Entry* entry = first_.next; entry != &first_; entry = entry->next) {
    const uint64_t age_ms =
        now_ns > entry->since_ns ? (now_ns - entry->since_ns) / 1'000'000 : 0;
    statistics->transactions.push_back({*entry->owner, age_ms});
    statistics->oldest_transaction_age_ms =
        std::max(statistics->oldest_transaction_age_ms, age_ms);
  }
  statistics->open_transactions = statistics->transactions.size();
}

}  // namespace ashlar
