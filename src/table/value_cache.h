// Records of value files that are not resident, kept because they were asked for again and again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/memory_budget.h"

namespace ashlar {

// Keeps single records and not the pages around them: where values are large, a page of a hot one
// would hold mostly cold ones.
//
// Each shard is a log of chunks. Records are appended; when the chunks that it may have are full,
// the oldest is emptied: records that were found since they came are appended anew, the others go
// (FIFO with second chance). A record gets in when it was missed twice within a while, so that a
// scan over everything displaces nothing (the filter of TinyLFU, without counters: Einziger,
// Friedman, Manes, "TinyLFU", 2017).
//
// Threads: any; calls block each other for the copy of a record, or of a chunk's at the worst.
class ValueCache {
 public:
  // `budget` may be null. Nothing is kept before set_capacity().
  explicit ValueCache(MemoryBudget* budget);
  ~ValueCache();
  ValueCache(const ValueCache&) = delete;
  ValueCache& operator=(const ValueCache&) = delete;

  // Memory for at most so many bytes, bookkeeping included, taken as records come, from
  // MemoryUse::kValueCache. Shrinking forgets the oldest records.
  void set_capacity(std::size_t bytes);

  // Replaces *record by what was offered for this place. False if it is not here.
  bool find(uint64_t file_number, uint64_t offset, std::string* record);
  // What a find() missed and the file had, verified. File numbers never come again, and a file's
  // records never change.
  void offer(uint64_t file_number, uint64_t offset, std::string_view record);

  struct Statistics {
    uint64_t hits = 0;
    uint64_t misses = 0;
    uint64_t records = 0;
    std::size_t bytes = 0;  // of memory held, bookkeeping included
  };
  Statistics statistics() const;

 private:
  class Shard;
  static constexpr std::size_t kShards = 8;

  Shard& shard_of(uint64_t hash) const;

  std::array<std::unique_ptr<Shard>, kShards> shards_;
};

}  // namespace ashlar
