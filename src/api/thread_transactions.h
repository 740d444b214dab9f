// The transactions that are bound to threads: begin_transaction() to commit().
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "ashlar/transaction.h"

namespace ashlar {

// Threads: any; each sees only its own transaction.
class ThreadTransactions {
 public:
  // Null if the calling thread has none; costs one load while no thread has.
  Transaction* mine() {
    if (count_.load(std::memory_order_acquire) == 0) return nullptr;
    const std::lock_guard lock(mutex_);
    const auto found = by_thread_.find(std::this_thread::get_id());
    return found == by_thread_.end() ? nullptr : &found->second;
  }
  void bind(Transaction transaction) {
    const std::lock_guard lock(mutex_);
    by_thread_.emplace(std::this_thread::get_id(), std::move(transaction));
    count_.fetch_add(1, std::memory_order_release);
  }
  void unbind() {
    const std::lock_guard lock(mutex_);
    by_thread_.erase(std::this_thread::get_id());
    count_.fetch_sub(1, std::memory_order_release);
  }

 private:
  std::atomic<int> count_{0};
  std::mutex mutex_;
  std::map<std::thread::id, Transaction> by_thread_;
};

}  // namespace ashlar
