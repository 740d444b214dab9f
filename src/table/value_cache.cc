#include "table/value_cache.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>
#include <utility>
#include <vector>

#include "base/coding.h"
#include "base/huge_buffer.h"
#include "base/spin_mutex.h"
#include "table/memory_reservation.h"

namespace ashlar {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{128} << 10;
// Larger ones would have a chunk almost to themselves.
constexpr std::size_t kLargestRecord = kChunkBytes / 4;
// With fewer in a shard, nothing would stay long enough to be found.
constexpr std::size_t kFewestChunks = 4;
// Of a record that is worth a place in a value file, about.
constexpr std::size_t kUsualRecord = 1024;
// Two heads of chains for a record, and four marks of what was missed.
constexpr std::size_t kRecordsPerChunk = kChunkBytes / kUsualRecord;
constexpr std::size_t kBookkeepingPerChunk =
    kRecordsPerChunk * (2 * sizeof(uint32_t) + sizeof(uint64_t));

uint64_t mix(uint64_t file_number, uint64_t offset) {
  uint64_t x = (file_number ^ (offset << 24) ^ (offset >> 40)) * 0x9e3779b97f4a7c15u;
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93u;
  return x ^ (x >> 32);
}

}  // namespace

class alignas(64) ValueCache::Shard {
 public:
  explicit Shard(MemoryBudget* budget)
      : budget_(budget), bookkeeping_(MemoryUse::kValueCache, budget) {}

  void set_capacity(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    std::size_t chunks = bytes / (kChunkBytes + kBookkeepingPerChunk);
    if (chunks < kFewestChunks) chunks = 0;
    if (chunks == most_chunks_) return;
    // All that is ever allocated but the chunks: a read must not fail for want of a place here.
    const std::size_t heads = std::bit_floor(2 * kRecordsPerChunk * chunks);
    const bool same = heads == chains_.size();
    std::vector<uint32_t> chains(same ? 0 : heads, kNowhere);
    std::vector<uint64_t> missed(same ? 0 : heads / 2, 0);
    chunks_.reserve(chunks);
    log_.reserve(chunks);
    while (log_.size() > chunks) forget_oldest();
    most_chunks_ = chunks;
    if (!same) use_index(std::move(chains), std::move(missed));
  }

  bool find(uint64_t hash, uint64_t file_number, uint64_t offset, std::string* record) {
    const std::lock_guard lock(mutex_);
    if (most_chunks_ == 0) return false;
    const uint32_t at = place_of(hash, file_number, offset);
    if (at == kNowhere) {
      ++misses_;
      return false;
    }
    ++hits_;
    Header header = header_at(at);
    record->assign(bytes_at(at) + sizeof(Header), header.bytes);
    if (!header.found) {
      header.found = true;
      store(bytes_at(at), header);
    }
    return true;
  }

  void offer(uint64_t hash, uint64_t file_number, uint64_t offset, std::string_view record) {
    if (record.size() > kLargestRecord) return;
    const std::lock_guard lock(mutex_);
    if (most_chunks_ == 0 || !missed_before(hash)) return;
    if (place_of(hash, file_number, offset) != kNowhere) return;
    append({.file_number = file_number,
            .offset = offset,
            .hash = hash,
            .next = kNowhere,
            .bytes = static_cast<uint32_t>(record.size()),
            .found = false},
           record.data());
  }

  void add_to(Statistics* statistics) const {
    const std::lock_guard lock(mutex_);
    statistics->hits += hits_;
    statistics->misses += misses_;
    statistics->records += records_;
    statistics->bytes += log_.size() * kChunkBytes + bookkeeping_.bytes();
  }

 private:
  // Of the space in all chunks, in units of eight bytes: a record's header, with the record behind.
  static constexpr uint32_t kNowhere = UINT32_MAX;
  struct Header {
    uint64_t file_number;
    uint64_t offset;
    uint64_t hash;
    uint32_t next;  // in its chain
    uint32_t bytes;
    bool found;  // since it was appended
  };
  struct Chunk {
    HugeBuffer memory;
    std::size_t used = 0;
  };

  char* bytes_at(uint32_t at) {
    const std::size_t place = std::size_t{at} * 8;
    return chunks_[place / kChunkBytes].memory.data() + place % kChunkBytes;
  }
  Header header_at(uint32_t at) { return load<Header>(bytes_at(at)); }
  static uint32_t place_in(uint32_t chunk, std::size_t bytes) {
    return static_cast<uint32_t>((chunk * kChunkBytes + bytes) / 8);
  }
  static std::size_t room_for(std::size_t bytes) {
    return (sizeof(Header) + bytes + 7) & ~std::size_t{7};
  }
  uint32_t& chain_of(uint64_t hash) { return chains_[(hash >> 8) & (chains_.size() - 1)]; }

  uint32_t place_of(uint64_t hash, uint64_t file_number, uint64_t offset) {
    uint32_t at = chain_of(hash);
    while (at != kNowhere) {
      const Header header = header_at(at);
      if (header.offset == offset && header.file_number == file_number) break;
      at = header.next;
    }
    return at;
  }

  void link(uint32_t at, Header* header) {
    uint32_t& chain = chain_of(header->hash);
    header->next = chain;
    store(bytes_at(at), *header);
    chain = at;
  }

  void unlink(uint32_t at, const Header& header) {
    uint32_t before = kNowhere;
    for (uint32_t here = chain_of(header.hash); here != at; here = header_at(here).next) {
      before = here;
    }
    if (before == kNowhere) {
      chain_of(header.hash) = header.next;
      return;
    }
    Header changed = header_at(before);
    changed.next = header.next;
    store(bytes_at(before), changed);
  }

  // True for one that was asked about not long ago; remembers it. Four marks of 16 bits share a
  // place, the youngest in the low bits.
  bool missed_before(uint64_t hash) {
    uint64_t& marks = missed_[(hash >> 8) & (missed_.size() - 1)];
    const uint64_t mark = (hash >> 48) | 1;
    for (int shift = 0; shift < 64; shift += 16) {
      if ((marks >> shift & 0xffff) == mark) return true;
    }
    marks = marks << 16 | mark;
    return false;
  }

  template <typename Visit>
  void for_each_record(uint32_t chunk, const Visit& visit) {
    for (std::size_t used = 0; used < chunks_[chunk].used;) {
      const uint32_t at = place_in(chunk, used);
      const Header header = header_at(at);
      used += room_for(header.bytes);
      visit(at, header);
    }
  }

  void use_index(std::vector<uint32_t> chains, std::vector<uint64_t> missed) {
    chains_ = std::move(chains);
    missed_ = std::move(missed);
    bookkeeping_.set(chains_.size() * sizeof(uint32_t) + missed_.size() * sizeof(uint64_t));
    for (const uint32_t chunk : log_) {
      for_each_record(chunk, [this](uint32_t at, Header header) { link(at, &header); });
    }
  }

  void append(Header header, const char* record) {
    const std::size_t room = room_for(header.bytes);
    if (log_.empty() || chunks_[log_.back()].used + room > kChunkBytes) {
      if (log_.size() == most_chunks_) {
        empty_oldest();
      } else if (!add_chunk()) {
        return;
      }
    }
    Chunk& chunk = chunks_[log_.back()];
    const uint32_t at = place_in(log_.back(), chunk.used);
    chunk.used += room;
    std::copy_n(record, header.bytes, bytes_at(at) + sizeof(Header));
    link(at, &header);
    ++records_;
  }

  // Makes the oldest chunk the youngest, with what of it was found. At most half of it stays, so
  // that there is room in it.
  void empty_oldest() {
    std::rotate(log_.begin(), log_.begin() + 1, log_.end());
    const uint32_t number = log_.back();
    std::size_t kept = 0;
    for_each_record(number, [&](uint32_t at, Header header) {
      unlink(at, header);
      const std::size_t room = room_for(header.bytes);
      if (!header.found || kept + room > kChunkBytes / 2) {
        --records_;
        return;
      }
      const uint32_t to = place_in(number, kept);
      std::memmove(bytes_at(to), bytes_at(at), room);
      header.found = false;
      link(to, &header);
      kept += room;
    });
    chunks_[number].used = kept;
  }

  // False if there is no memory.
  bool add_chunk() {
    Result<HugeBuffer> memory =
        HugeBuffer::allocate(kChunkBytes, MemoryUse::kValueCache, budget_);
    if (!memory.ok()) return false;
    uint32_t number = 0;
    while (number < chunks_.size() && chunks_[number].memory) ++number;
    if (number == chunks_.size()) chunks_.emplace_back();
    chunks_[number] = {std::move(memory).value(), 0};
    log_.push_back(number);
    return true;
  }

  void forget_oldest() {
    const uint32_t oldest = log_.front();
    log_.erase(log_.begin());
    for_each_record(oldest, [&](uint32_t at, const Header& header) {
      unlink(at, header);
      --records_;
    });
    chunks_[oldest] = {};
  }

  MemoryBudget* const budget_;
  mutable SpinMutex mutex_;
  std::size_t most_chunks_ = 0;
  std::vector<Chunk> chunks_;  // those in the log, and empty places
  std::vector<uint32_t> log_;  // numbers of chunks, the oldest first
  std::vector<uint32_t> chains_;
  std::vector<uint64_t> missed_;
  MemoryReservation bookkeeping_;
  uint64_t records_ = 0;
  uint64_t hits_ = 0;
  uint64_t misses_ = 0;
};

ValueCache::ValueCache(MemoryBudget* budget) {
  for (auto& shard : shards_) shard = std::make_unique<Shard>(budget);
}

ValueCache::~ValueCache() = default;

void ValueCache::set_capacity(std::size_t bytes) {
  for (const auto& shard : shards_) shard->set_capacity(bytes / kShards);
}

ValueCache::Shard& ValueCache::shard_of(uint64_t hash) const { return *shards_[hash % kShards]; }

bool ValueCache::find(uint64_t file_number, uint64_t offset, std::string* record) {
  const uint64_t hash = mix(file_number, offset);
  return shard_of(hash).find(hash, file_number, offset, record);
}

void ValueCache::offer(uint64_t file_number, uint64_t offset, std::string_view record) {
  const uint64_t hash = mix(file_number, offset);
  shard_of(hash).offer(hash, file_number, offset, record);
}

ValueCache::Statistics ValueCache::statistics() const {
  Statistics statistics;
  for (const auto& shard : shards_) shard->add_to(&statistics);
  return statistics;
}

}  // namespace ashlar
