// The index of a table for point lookups: from a key's hash to the position of its newest version,
// in one cache line.
//
//   0              24           60         61       64
//   +--------------+------------+----------+--------+   12 fingerprints of 2 bytes, 0 is free;
//   | fingerprints | positions  | overflow | zero   |   12 positions of 3 bytes: offset in the
//   +--------------+------------+----------+--------+   image divided by 4; 63 buckets a page
//
// [MAPLET-1] A key lies in its home bucket or, as long as the bucket says overflow 1, in the next.
//            The bucket behind the last is the first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "ashlar/result.h"
#include "base/coding.h"
#include "base/huge_buffer.h"
#include "base/limits.h"
#include "base/memory_budget.h"
#include "table/memory_reservation.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ashlar {

inline constexpr std::size_t kBucketBytes = 64;
inline constexpr uint32_t kBucketsPerPage = 63;
inline constexpr unsigned kSlotsPerBucket = 12;

inline uint32_t maplet_home(uint64_t hash, uint32_t bucket_count) {
  return static_cast<uint32_t>(((hash >> 32) * bucket_count) >> 32);
}

inline uint16_t maplet_fingerprint(uint64_t hash) {
  const auto fingerprint = static_cast<uint16_t>(hash);
  return fingerprint == 0 ? 1 : fingerprint;
}

// Where a bucket lies, from the start of the maplet's first page.
inline std::size_t bucket_offset(uint32_t bucket) {
  return std::size_t{bucket / kBucketsPerPage} * kPageBytes +
         std::size_t{bucket % kBucketsPerPage} * kBucketBytes;
}

inline uint32_t next_bucket(uint32_t bucket, uint32_t bucket_count) {
  return bucket + 1 == bucket_count ? 0 : bucket + 1;
}

inline bool bucket_overflows(const char* bucket) {
  return bucket[60] != 0;
}

// Offset in the image of the record in a slot.
inline std::size_t bucket_record_offset(const char* bucket, unsigned slot) {
  return std::size_t{load<uint32_t>(bucket + 24 + 3 * slot) & 0xffffff} * 4;
}

inline uint16_t bucket_fingerprint(const char* bucket, unsigned slot) {
  return load<uint16_t>(bucket + 2 * slot);
}

// Bit i is set if slot i has the fingerprint: the portable form of bucket_matches().
inline unsigned bucket_matches_scalar(const char* bucket, uint16_t fingerprint) {
  unsigned matches = 0;
  for (unsigned slot = 0; slot < kSlotsPerBucket; ++slot) {
    matches |= unsigned{bucket_fingerprint(bucket, slot) == fingerprint} << slot;
  }
  return matches;
}

inline unsigned bucket_matches(const char* bucket, uint16_t fingerprint) {
#if defined(__SSE2__)
  const __m128i wanted = _mm_set1_epi16(static_cast<int16_t>(fingerprint));
  const auto* at = reinterpret_cast<const __m128i*>(bucket);
  const __m128i low = _mm_cmpeq_epi16(_mm_loadu_si128(at), wanted);
  // The upper half of the second load is zero, which is no key's fingerprint.
  const __m128i high = _mm_cmpeq_epi16(_mm_loadl_epi64(at + 1), wanted);
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(low, high)));
#else
  return bucket_matches_scalar(bucket, fingerprint);
#endif
}

// Collects the keys of a table, then lays out the buckets.
//
// Threads: one at a time.
class MapletBuilder {
 public:
  explicit MapletBuilder(MemoryBudget* budget);

  void add(uint64_t hash, std::size_t record_offset);
  // Depends on the number of keys alone.
  uint32_t bucket_count() const;
  // All pages, not sealed. Empty if there is no key. kOutOfMemory.
  Result<HugeBuffer> build() const;

 private:
  struct Item {
    uint32_t hash_high;
    uint32_t position;
    uint16_t fingerprint;
  };

  static void place(char* pages, uint32_t bucket_count, const Item& item);

  MemoryBudget* const budget_;
  MemoryReservation memory_;
  std::deque<Item> items_;
};

}  // namespace ashlar
