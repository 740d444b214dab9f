#include "table/page_cache.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "base/limits.h"
#include "table/memory_reservation.h"

namespace ashlar {

// One place for a page. Everything but `pins` is guarded by the shard's mutex; `data` also belongs
// to whoever holds the only pin of an unpublished frame.
struct PageFrame {
  uint64_t file_number = 0;
  uint32_t page = 0;
  uint16_t shard = 0;
  bool found = false;       // in the shard's index
  bool referenced = false;  // since the clock's hand last came by
  bool dropped = false;     // its extent goes: not to be published any more
  // Rises under the shard's mutex only, so that a frame seen unpinned under it stays so.
  // Sequentially consistent because of PagePin::reset().
  std::atomic<uint32_t> pins{0};
  PageFrame* next = nullptr;  // in the index's chain
  char* data = nullptr;
};

namespace {

constexpr std::size_t kMaximumExtentFrames = (std::size_t{2} << 20) / kPageBytes;
// A frame's bookkeeping: itself, a place in the clock and about one in the index.
constexpr std::size_t kFrameOverheadBytes = sizeof(PageFrame) + 2 * sizeof(PageFrame*);
constexpr std::size_t kFrameBytes = kPageBytes + kFrameOverheadBytes;

uint64_t mix(uint64_t file_number, uint32_t page) {
  uint64_t x = (file_number << 24) + page;
  x *= 0x9e3779b97f4a7c15u;
  return x ^ (x >> 32);
}

}  // namespace

struct PageCache::Extent {
  explicit Extent(MemoryBudget* budget) : bookkeeping(MemoryUse::kPageCache, budget) {}

  HugeBuffer memory;
  MemoryReservation bookkeeping;
  std::unique_ptr<PageFrame[]> frames;
  std::size_t frame_count = 0;

  bool pinned() const {
    return std::any_of(frames.get(), frames.get() + frame_count,
                       [](const PageFrame& frame) { return frame.pins.load() > 0; });
  }
};

struct alignas(64) PageCache::Shard {
  mutable SpinMutex mutex;
  std::vector<PageFrame*> clock;
  std::size_t hand = 0;
  std::vector<PageFrame*> index;  // chains; a power of two of them
  std::size_t found_count = 0;
  uint64_t hits = 0;
  uint64_t misses = 0;

  PageFrame** chain(uint64_t file_number, uint32_t page) {
    // The low bits chose the shard.
    return &index[(mix(file_number, page) >> 3) & (index.size() - 1)];
  }
  PageFrame* find(uint64_t file_number, uint32_t page) {
    if (index.empty()) return nullptr;
    PageFrame* frame = *chain(file_number, page);
    while (frame != nullptr && (frame->page != page || frame->file_number != file_number)) {
      frame = frame->next;
    }
    return frame;
  }
  void link(PageFrame* frame) {
    PageFrame** head = chain(frame->file_number, frame->page);
    frame->next = *head;
    *head = frame;
    frame->found = true;
    ++found_count;
  }
  void unlink(PageFrame* frame) {
    PageFrame** at = chain(frame->file_number, frame->page);
    while (*at != frame) at = &(*at)->next;
    *at = frame->next;
    frame->next = nullptr;
    frame->found = false;
    frame->referenced = false;
    --found_count;
  }
  // Makes as many chains as there are frames, or up to twice as many.
  void rehash() {
    const std::size_t chains = clock.empty() ? 0 : std::bit_ceil(clock.size());
    index.assign(chains, nullptr);
    index.shrink_to_fit();
    found_count = 0;
    for (PageFrame* frame : clock) {
      if (frame->found) link(frame);
    }
  }
  // An unpinned frame, its page forgotten; null if all are pinned. Two rounds of the clock take
  // every second chance away.
  PageFrame* evict() {
    for (std::size_t step = 0; step < 2 * clock.size(); ++step) {
      if (hand >= clock.size()) hand = 0;
      PageFrame* frame = clock[hand++];
      if (frame->pins.load() > 0) continue;
      if (frame->referenced) {
        frame->referenced = false;
        continue;
      }
      if (frame->found) unlink(frame);
      return frame;
    }
    return nullptr;
  }
};

void PagePin::reset() {
  if (data_ == nullptr) return;
  if (frame_ == nullptr) {
    delete[] data_;
    if (cache_->budget_ != nullptr) cache_->budget_->release(MemoryUse::kPageCache, kPageBytes);
  } else {
    // Either this load sees that an extent was dropped, or the one who dropped it sees this pin
    // gone: the four accesses are sequentially consistent.
    frame_->pins.fetch_sub(1);
    if (cache_->dropped_count_.load() > 0) cache_->collect_dropped();
  }
  data_ = nullptr;
  frame_ = nullptr;
  cache_ = nullptr;
}

PageCache::PageCache(MemoryBudget* budget, std::size_t capacity_bytes)
    : budget_(budget), shards_(std::make_unique<std::array<Shard, kShards>>()) {
  set_capacity(capacity_bytes);
}

PageCache::~PageCache() {
  for (const auto& extent : extents_) ASHLAR_CHECK(!extent->pinned());
  collect_dropped();
  ASHLAR_CHECK(dropped_.empty());
}

std::size_t PageCache::frames_for(std::size_t bytes) {
  return bytes / kFrameBytes / kShards * kShards;
}

PageCache::Shard& PageCache::shard_of(uint64_t file_number, uint32_t page) {
  return (*shards_)[mix(file_number, page) % kShards];
}

PagePin PageCache::pin_frame(PageFrame* frame) {
  frame->pins.fetch_add(1);
  PagePin pin;
  pin.data_ = frame->data;
  pin.frame_ = frame;
  pin.cache_ = this;
  return pin;
}

PagePin PageCache::find(uint64_t file_number, uint32_t page) {
  Shard& shard = shard_of(file_number, page);
  const std::lock_guard lock(shard.mutex);
  PageFrame* frame = shard.find(file_number, page);
  if (frame == nullptr) {
    ++shard.misses;
    return {};
  }
  ++shard.hits;
  frame->referenced = true;
  return pin_frame(frame);
}

PagePin PageCache::reserve(uint64_t file_number, uint32_t page) {
  Shard& shard = shard_of(file_number, page);
  if (frame_count_.load(std::memory_order_relaxed) <
      wanted_frames_.load(std::memory_order_relaxed)) {
    std::unique_lock lock(shard.mutex);
    const bool full = shard.found_count == shard.clock.size();
    lock.unlock();
    if (full) grow();
  }
  {
    const std::lock_guard lock(shard.mutex);
    if (PageFrame* frame = shard.evict(); frame != nullptr) {
      frame->file_number = file_number;
      frame->page = page;
      return pin_frame(frame);
    }
  }
  PagePin pin;
  pin.data_ = new char[kPageBytes];
  pin.cache_ = this;
  if (budget_ != nullptr) budget_->reserve(MemoryUse::kPageCache, kPageBytes);
  return pin;
}

void PageCache::publish(PagePin* pin) {
  PageFrame* frame = pin->frame_;
  if (frame == nullptr) return;
  PagePin faster;
  {
    Shard& shard = (*shards_)[frame->shard];
    const std::lock_guard lock(shard.mutex);
    if (PageFrame* other = shard.find(frame->file_number, frame->page); other != nullptr) {
      faster = pin_frame(other);
    } else if (!frame->dropped) {
      shard.link(frame);
    }
  }
  if (faster) *pin = std::move(faster);
}

void PageCache::erase_file(uint64_t file_number) {
  for (Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    for (PageFrame* frame : shard.clock) {
      if (frame->found && frame->file_number == file_number) shard.unlink(frame);
    }
  }
}

void PageCache::set_capacity(std::size_t bytes) {
  const std::lock_guard lock(resize_mutex_);
  const std::size_t wanted = frames_for(bytes);
  wanted_frames_.store(wanted);
  if (frame_count_.load() <= wanted) return;
  while (frame_count_.load() > wanted) drop_last_extent();
  for (Shard& shard : *shards_) {
    const std::lock_guard shard_lock(shard.mutex);
    shard.rehash();
    shard.clock.shrink_to_fit();
  }
  collect_dropped_locked();
}

void PageCache::grow() {
  const std::unique_lock lock(resize_mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  const std::size_t have = frame_count_.load();
  const std::size_t wanted = wanted_frames_.load();
  if (have >= wanted) return;
  (void)add_extent(std::min(wanted - have, kMaximumExtentFrames));
}

bool PageCache::add_extent(std::size_t frame_count) {
  auto extent = std::make_unique<Extent>(budget_);
  Result<HugeBuffer> memory =
      HugeBuffer::allocate(frame_count * kPageBytes, MemoryUse::kPageCache, budget_);
  if (!memory.ok()) return false;
  extent->memory = std::move(memory).value();
  extent->bookkeeping.set(frame_count * kFrameOverheadBytes);
  extent->frames = std::make_unique<PageFrame[]>(frame_count);
  extent->frame_count = frame_count;
  for (std::size_t i = 0; i < frame_count; ++i) {
    extent->frames[i].shard = static_cast<uint16_t>(i % kShards);
    extent->frames[i].data = extent->memory.data() + i * kPageBytes;
  }
  for (std::size_t number = 0; number < kShards; ++number) {
    Shard& shard = (*shards_)[number];
    const std::lock_guard lock(shard.mutex);
    for (std::size_t i = number; i < frame_count; i += kShards) {
      shard.clock.push_back(&extent->frames[i]);
    }
    // Chains grow by doubling, so that many small steps cost no more than one.
    if (shard.index.size() < shard.clock.size()) shard.rehash();
  }
  extents_.push_back(std::move(extent));
  frame_count_.fetch_add(frame_count);
  return true;
}

void PageCache::drop_last_extent() {
  std::unique_ptr<Extent> extent = std::move(extents_.back());
  extents_.pop_back();
  frame_count_.fetch_sub(extent->frame_count);
  for (Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    // Extents are added and dropped at the end, so this one's frames are the last in each clock.
    shard.clock.resize(shard.clock.size() - extent->frame_count / kShards);
    for (std::size_t i = static_cast<std::size_t>(&shard - shards_->data());
         i < extent->frame_count; i += kShards) {
      if (extent->frames[i].found) shard.unlink(&extent->frames[i]);
      extent->frames[i].dropped = true;
    }
  }
  dropped_.push_back(std::move(extent));
  dropped_count_.store(dropped_.size());
}

void PageCache::collect_dropped() {
  const std::lock_guard lock(resize_mutex_);
  collect_dropped_locked();
}

void PageCache::collect_dropped_locked() {
  std::erase_if(dropped_, [](const auto& extent) { return !extent->pinned(); });
  dropped_count_.store(dropped_.size());
}

PageCache::Statistics PageCache::statistics() const {
  Statistics statistics;
  {
    const std::lock_guard lock(resize_mutex_);
    for (const auto& extent : extents_) statistics.capacity += extent->frame_count * kFrameBytes;
    for (const auto& extent : dropped_) statistics.capacity += extent->frame_count * kFrameBytes;
  }
  for (const Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    statistics.hits += shard.hits;
    statistics.misses += shard.misses;
    statistics.bytes += shard.found_count * kPageBytes;
  }
  return statistics;
}

}  // namespace ashlar
