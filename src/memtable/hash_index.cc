#include "memtable/hash_index.h"

#include <algorithm>
#include <cstring>
#include <utility>

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

HashIndex::HashIndex(std::size_t expected, HugeBuffer zeros)
    : memory_(std::move(zeros)),
      bucket_count_(home_buckets(expected)),
      next_overflow_(bucket_count_) {
  ASHLAR_CHECK(memory_.size() >= memory_bytes(expected));
}

HugeBuffer HashIndex::take_memory() {
  std::memset(memory_.data(), 0, next_overflow_ * sizeof(Bucket));
  return std::move(memory_);
}

std::atomic<uint32_t>* HashIndex::free_slot(uint64_t hash) {
  Bucket* bucket = &buckets()[home(hash)];
  while (true) {
    const unsigned taken = look_at(*bucket, 0).taken;
    if (taken != kAllSlots) return &bucket->slots[std::countr_one(taken)];
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
