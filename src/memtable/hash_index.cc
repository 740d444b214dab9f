#include "memtable/hash_index.h"

#include <algorithm>

#include "base/check.h"

namespace ashlar {
namespace {

constexpr std::size_t kKeysPerBucket = 8;

std::size_t home_buckets(std::size_t expected) {
  return std::max<std::size_t>(expected / kKeysPerBucket, 16);
}

}  // namespace

std::size_t HashIndex::memory_bytes(std::size_t expected) {
  return home_buckets(expected) * 2 * sizeof(Bucket);
}

Result<HashIndex> HashIndex::create(std::size_t expected, MemoryBudget* budget) {
  HashIndex index;
  index.bucket_count_ = home_buckets(expected);
  index.next_overflow_ = index.bucket_count_;
  auto memory = HugeBuffer::allocate(memory_bytes(expected), MemoryUse::kMemtable, budget);
  if (!memory.ok()) return std::move(memory).status();
  index.memory_ = std::move(memory).value();
  return index;
}

std::atomic<uint32_t>* HashIndex::free_slot(uint64_t hash) {
  Bucket* bucket = &buckets()[home(hash)];
  while (true) {
    for (auto& slot : bucket->slots) {
      if (slot.load(std::memory_order_relaxed) == 0) return &slot;
    }
    uint32_t overflow = bucket->overflow.load(std::memory_order_relaxed);
    if (overflow == 0) {
      ASHLAR_CHECK(next_overflow_ < bucket_count_ * 2);
      overflow = static_cast<uint32_t>(next_overflow_++);
      // The new bucket is all zeros and no reader has seen it; its first slot is stored before
      // anybody can profit from following the link.
      bucket->overflow.store(overflow, std::memory_order_release);
    }
    bucket = &buckets()[overflow];
  }
}

}  // namespace ashlar
