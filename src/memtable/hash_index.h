// Key hash to newest record, for one writer and any number of lock-free readers.
//
//   bucket, one cache line:  15 slots of 4 bytes | overflow bucket 4
//   slot:                    tag 8 bits | record 24 bits;  0: free
//
// A record is named by its offset in the memtable's arena in units of 8 bytes, and is never 0.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>

// Not where a race detector would take the look for a race: what it gives is only a hint where to
// look again.
#if defined(__SANITIZE_THREAD__)
#define ASHLAR_SEES_SLOTS_AT_ONCE 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ASHLAR_SEES_SLOTS_AT_ONCE 0
#endif
#endif
#if !defined(ASHLAR_SEES_SLOTS_AT_ONCE) && defined(__SSE2__)
#define ASHLAR_SEES_SLOTS_AT_ONCE 1
#include <emmintrin.h>
#endif

#include "base/huge_buffer.h"
#include "base/prefetch.h"

namespace ashlar {

using RecordNumber = uint32_t;  // offset in the arena / 8; 0: none
inline constexpr RecordNumber kRecordLimit = 1u << 24;

// Invariants: [HASH-1] a slot, once taken, always leads to records of the same key.
//             [HASH-2] a slot is stored after the record that it names is complete.
//             [HASH-3] put() finds a free slot, whatever the hashes, if has_room() said so.
class HashIndex {
 public:
  // For about `expected` keys, and as many again in overflow buckets. `zeros`: memory_bytes() of
  // them at least.
  HashIndex(std::size_t expected, HugeBuffer zeros);
  static std::size_t memory_bytes(std::size_t expected);
  // All zeros again. Afterwards the index is of no use.
  HugeBuffer take_memory();

  // Whether `count` more keys are sure to find free slots. Writer only.
  bool has_room(std::size_t count) const {
    // Each key may need an overflow bucket, if few are added; and each overflow bucket has a full
    // bucket in front of it, if many are.
    const std::size_t taken = next_overflow_ - bucket_count_;
    return std::min(taken + count, (key_count_ + count) / kSlots) < bucket_count_;
  }

  std::size_t memory_bytes() const { return memory_.size(); }
  // Of the buckets that keys go to, which they touch in no order; see HugeBuffer.
  void take_pages() { memory_.take_pages(0, bucket_count_ * sizeof(Bucket)); }
  void prefetch(uint64_t hash) const { prefetch_line(&buckets()[home(hash)]); }
  friend class BucketHint;

  // The record of the key with this hash for which `same_key(record)` holds; 0 if there is none.
  template <typename SameKey>
  RecordNumber find(uint64_t hash, SameKey&& same_key) const {
    const std::atomic<uint32_t>* slot = find_slot(hash, same_key);
    return slot == nullptr ? 0 : slot->load(std::memory_order_acquire) & (kRecordLimit - 1);
  }

  // Makes `record` what the key leads to. `link(previous)` is told what it led to before, and is
  // called before the record can be seen. Writer only; has_room() must hold.
  template <typename SameKey, typename Link>
  void put(uint64_t hash, RecordNumber record, SameKey&& same_key, Link&& link) {
    auto* slot = const_cast<std::atomic<uint32_t>*>(find_slot(hash, same_key));
    if (slot != nullptr) {
      link(slot->load(std::memory_order_relaxed) & (kRecordLimit - 1));
    } else {
      link(RecordNumber{0});
      slot = free_slot(hash);
      ++key_count_;
    }
    slot->store(tag(hash) << 24 | record, std::memory_order_release);
  }

 private:
  static constexpr int kSlots = 15;
  static constexpr unsigned kAllSlots = (1u << kSlots) - 1;
  struct Bucket {
    std::atomic<uint32_t> slots[kSlots];
    std::atomic<uint32_t> overflow;  // number of another bucket, or 0
  };
  static_assert(sizeof(Bucket) == 64);

  static uint32_t tag(uint64_t hash) { return static_cast<uint32_t>(hash) & 0xff; }
  static std::size_t home(uint64_t hash, std::size_t bucket_count) {
    return ((hash >> 32) * bucket_count) >> 32;
  }
  std::size_t home(uint64_t hash) const { return home(hash, bucket_count_); }
  Bucket* buckets() const { return reinterpret_cast<Bucket*>(const_cast<char*>(memory_.data())); }

  // Of the slots of a bucket, one bit each: those that lead to records, and of these those with a
  // tag. All are looked at at once: where a search ends no processor could foresee, and what it had
  // begun to do behind it would be lost when the bucket arrives from memory.
  struct Slots {
    unsigned taken;
    unsigned tagged;
  };
  static Slots look_at(const Bucket& bucket, uint32_t wanted);

  template <typename SameKey>
  const std::atomic<uint32_t>* find_slot(uint64_t hash, SameKey&& same_key) const {
    const Bucket* bucket = &buckets()[home(hash)];
    while (true) {
      const Slots slots = look_at(*bucket, tag(hash));
      for (unsigned left = slots.tagged; left != 0; left &= left - 1) {
        const auto& slot = bucket->slots[std::countr_zero(left)];
        if (same_key(slot.load(std::memory_order_acquire) & (kRecordLimit - 1))) return &slot;
      }
      if (slots.taken != kAllSlots) return nullptr;
      const uint32_t overflow = bucket->overflow.load(std::memory_order_acquire);
      if (overflow == 0) return nullptr;
      bucket = &buckets()[overflow];
    }
  }
  std::atomic<uint32_t>* free_slot(uint64_t hash);

  HugeBuffer memory_;
  std::size_t bucket_count_ = 0;   // home buckets; as many overflow buckets follow
  std::size_t next_overflow_ = 0;  // writer only
  std::size_t key_count_ = 0;      // writer only
};

// Slots are taken in order, so that a look that comes too early misses the last ones only.
inline HashIndex::Slots HashIndex::look_at(const Bucket& bucket, uint32_t wanted) {
  Slots slots{0, 0};
#if ASHLAR_SEES_SLOTS_AT_ONCE
  const auto* const lines = reinterpret_cast<const __m128i*>(&bucket);
  const __m128i wanted_tag = _mm_set1_epi32(static_cast<int>(wanted));
  for (int i = 0; i < 4; ++i) {
    const __m128i contents = _mm_load_si128(lines + i);
    const __m128i is_free = _mm_cmpeq_epi32(contents, _mm_setzero_si128());
    const __m128i has_tag = _mm_cmpeq_epi32(_mm_srli_epi32(contents, 24), wanted_tag);
    slots.taken |= static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(is_free)) ^ 0xf) << (4 * i);
    slots.tagged |= static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(has_tag))) << (4 * i);
  }
  slots.taken &= kAllSlots;
#else
  for (int i = 0; i < kSlots; ++i) {
    const uint32_t content = bucket.slots[i].load(std::memory_order_relaxed);
    slots.taken |= (content != 0 ? 1u : 0u) << i;
    slots.tagged |= (content >> 24 == wanted ? 1u : 0u) << i;
  }
#endif
  slots.tagged &= slots.taken;
  return slots;
}

// Where the buckets of an index lie, for those who want one brought closer and may not look at the
// index, which may be gone: asking for memory that is no longer there does no harm.
//
// Threads: any; one at a time points it elsewhere.
class BucketHint {
 public:
  void point_to(const HashIndex& index) {
    buckets_.store(index.memory_.data(), std::memory_order_relaxed);
    bucket_count_.store(index.bucket_count_, std::memory_order_relaxed);
  }
  // At any time, whatever the two numbers are.
  void prefetch(uint64_t hash) const {
    const auto buckets = reinterpret_cast<uintptr_t>(buckets_.load(std::memory_order_relaxed));
    const std::size_t home =
        HashIndex::home(hash, bucket_count_.load(std::memory_order_relaxed));
    prefetch_line(reinterpret_cast<const void*>(buckets + home * sizeof(HashIndex::Bucket)));
  }

 private:
  std::atomic<const char*> buckets_{nullptr};
  std::atomic<std::size_t> bucket_count_{0};
};

}  // namespace ashlar
