// Pages of tables that are not held whole, in frames of 4 KiB.
//
// Frames are spread over shards by page; each shard finds pages by a hash chain and evicts by CLOCK
// (second chance: Corbató, "A paging experiment with the Multics system", 1968). Their memory comes
// in extents of at most 2 MiB, each of which gives every shard the same number of frames, so that
// shrinking can give back whole extents.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/huge_buffer.h"
#include "base/memory_budget.h"
#include "base/spin_mutex.h"

namespace ashlar {

class PageCache;
struct PageFrame;

// Keeps one page where it is. Empty by default. Must be gone before its PageCache.
//
// Threads: one at a time; may be moved to and destroyed on another.
class PagePin {
 public:
  PagePin() = default;
  PagePin(PagePin&& other) noexcept { swap(other); }
  PagePin& operator=(PagePin&& other) noexcept {
    swap(other);
    return *this;
  }
  ~PagePin() { reset(); }

  explicit operator bool() const { return data_ != nullptr; }
  const char* data() const { return data_; }
  // To be filled between PageCache::reserve() and publish() only.
  char* fill() { return data_; }
  void reset();

 private:
  friend class PageCache;
  void swap(PagePin& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(frame_, other.frame_);
    std::swap(cache_, other.cache_);
  }

  char* data_ = nullptr;
  PageFrame* frame_ = nullptr;  // null: `data_` is a page of its own
  PageCache* cache_ = nullptr;
};

// Ownership: one for a database; outlives its tables and every pin.
// Threads:   any.
// Invariant: [CACHE-1] a page is found only after it was published, complete and verified, and
// never
//            changes as long as it is pinned.
class PageCache {
 public:
  // Takes memory for at most `capacity_bytes`, bookkeeping included, as pages come, from
  // MemoryUse::kPageCache whether the budget has it or not. Less if the system has none.
  PageCache(MemoryBudget* budget, std::size_t capacity_bytes);
  ~PageCache();
  PageCache(const PageCache&) = delete;
  PageCache& operator=(const PageCache&) = delete;

  // Growing costs nothing before pages come. Shrinking forgets the pages of the extents that go and
  // gives their memory back at once, or, where one of an extent's pages is pinned, when the last
  // such pin ends.
  void set_capacity(std::size_t bytes);

  // The page, or an empty pin. Counts a hit or a miss.
  PagePin find(uint64_t file_number, uint32_t page);
  // A page of undefined content that nobody else sees yet: fill it, then publish it, or drop it. If
  // every frame is pinned, the page is allocated for the caller alone.
  PagePin reserve(uint64_t file_number, uint32_t page);
  // Lets others find the page. If somebody was faster, *pin becomes theirs.
  void publish(PagePin* pin);
  // Forgets all pages of a file, whose number must never come again.
  void erase_file(uint64_t file_number);

  struct Statistics {
    uint64_t hits = 0;
    uint64_t misses = 0;
    std::size_t bytes = 0;     // of pages that can be found
    std::size_t capacity = 0;  // memory held, bookkeeping included
  };
  Statistics statistics() const;

 private:
  friend class PagePin;
  struct Extent;
  struct Shard;
  static constexpr std::size_t kShards = 8;

  static std::size_t frames_for(std::size_t bytes);
  Shard& shard_of(uint64_t file_number, uint32_t page);
  PagePin pin_frame(PageFrame* frame);
  // Adds an extent, if the capacity allows and nobody else is resizing.
  void grow();
  bool add_extent(std::size_t frame_count);
  void drop_last_extent();
  void collect_dropped();
  void collect_dropped_locked();

  MemoryBudget* const budget_;
  const std::unique_ptr<std::array<Shard, kShards>> shards_;
  mutable std::mutex resize_mutex_;               // before a shard's mutex
  std::vector<std::unique_ptr<Extent>> extents_;  // guarded by resize_mutex_
  std::vector<std::unique_ptr<Extent>> dropped_;  // likewise: wait for pins
  std::atomic<std::size_t> dropped_count_{0};
  std::atomic<std::size_t> wanted_frames_{0};  // as the capacity allows
  std::atomic<std::size_t> frame_count_{0};    // of extents_
};

}  // namespace ashlar
