// A counter that many threads raise without sharing a cache line.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace ashlar {

// Threads: any. total() may miss what is being added at that moment.
class ShardedCounter {
 public:
  void add(uint64_t count) {
    shards_[this_thread_shard()].value.fetch_add(count, std::memory_order_relaxed);
  }
  uint64_t total() const {
    uint64_t sum = 0;
    for (const Shard& shard : shards_) sum += shard.value.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  static constexpr unsigned kShards = 16;
  struct alignas(64) Shard {
    std::atomic<uint64_t> value{0};
  };
  static unsigned this_thread_shard() {
    static std::atomic<unsigned> next{0};
    thread_local const unsigned shard = next.fetch_add(1, std::memory_order_relaxed) % kShards;
    return shard;
  }

  std::array<Shard, kShards> shards_;
};

}  // namespace ashlar
