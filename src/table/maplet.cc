#include "table/maplet.h"

#include <algorithm>

#include "base/check.h"
#include "base/prefetch.h"
#include "table/table_format.h"

namespace ashlar {
namespace {

// Three quarters full: one key in fifteen or so spills into the next bucket.
constexpr uint64_t kKeysPerBucket = 9;
// How far ahead of use a bucket is fetched; building is a walk over random cache lines.
constexpr std::size_t kPrefetchDistance = 16;
constexpr std::size_t kReservationStep = 64 << 10;

}  // namespace

MapletBuilder::MapletBuilder(MemoryBudget* budget)
    : budget_(budget), memory_(MemoryUse::kCompaction, budget) {}

void MapletBuilder::add(uint64_t hash, std::size_t record_offset) {
  ASHLAR_CHECK(record_offset % kPositionUnit == 0);
  const std::size_t position = record_offset / kPositionUnit;
  ASHLAR_CHECK(position < (std::size_t{1} << 24));
  items_.push_back({static_cast<uint32_t>(hash >> 32), static_cast<uint32_t>(position),
                    maplet_fingerprint(hash)});
  const std::size_t bytes = items_.size() * sizeof(Item);
  if (bytes > memory_.bytes()) memory_.set(bytes + kReservationStep);
}

uint32_t MapletBuilder::bucket_count() const {
  return static_cast<uint32_t>((items_.size() + kKeysPerBucket - 1) / kKeysPerBucket);
}

Result<HugeBuffer> MapletBuilder::build() const {
  if (items_.empty()) return HugeBuffer();
  const uint32_t buckets = bucket_count();
  const std::size_t bytes = std::size_t{pages_for(buckets, kBucketsPerPage)} * kPageBytes;
  Result<HugeBuffer> pages = HugeBuffer::allocate(bytes, MemoryUse::kCompaction, budget_);
  if (!pages.ok()) return pages;
  auto ahead = items_.begin();
  for (std::size_t i = 0; i < std::min(kPrefetchDistance, items_.size()); ++i) ++ahead;
  for (const Item& item : items_) {
    if (ahead != items_.end()) {
      const uint32_t home = maplet_home(uint64_t{ahead->hash_high} << 32, buckets);
      prefetch_line_to_write(pages->data() + bucket_offset(home));
      ++ahead;
    }
    place(pages->data(), buckets, item);
  }
  return pages;
}

void MapletBuilder::place(char* pages, uint32_t bucket_count, const Item& item) {
  uint32_t number = maplet_home(uint64_t{item.hash_high} << 32, bucket_count);
  while (true) {
    char* bucket = pages + bucket_offset(number);
    const unsigned free = bucket_matches_scalar(bucket, 0);
    if (free != 0) {
      const auto slot = static_cast<unsigned>(__builtin_ctz(free));
      store(bucket + 2 * slot, item.fingerprint);
      char* position = bucket + 24 + 3 * slot;
      store(position, static_cast<uint16_t>(item.position));
      position[2] = static_cast<char>(item.position >> 16);
      return;
    }
    bucket[60] = 1;
    number = next_bucket(number, bucket_count);
  }
}

}  // namespace ashlar
