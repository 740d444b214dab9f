#include "base/epoch.h"

#include <algorithm>
#include <memory>

namespace ashlar {
namespace {

constexpr uint64_t kOutside = UINT64_MAX;

struct alignas(64) Slot {
  std::atomic<uint64_t> epoch{kOutside};
  std::atomic<bool> taken{true};
};

// All threads that ever read, and the clock that retiring advances. Slots of ended threads are
// taken over by new ones.
class Registry {
 public:
  Slot* take() {
    const std::lock_guard lock(mutex_);
    for (const auto& slot : slots_) {
      if (!slot->taken.exchange(true, std::memory_order_acquire)) return slot.get();
    }
    return slots_.emplace_back(std::make_unique<Slot>()).get();
  }
  uint64_t now() const { return clock_.load(std::memory_order_seq_cst); }
  uint64_t advance() { return clock_.fetch_add(1, std::memory_order_seq_cst); }
  uint64_t oldest_inside() {
    const std::lock_guard lock(mutex_);
    uint64_t oldest = kOutside;
    for (const auto& slot : slots_) {
      oldest = std::min(oldest, slot->epoch.load(std::memory_order_seq_cst));
    }
    return oldest;
  }

 private:
  std::atomic<uint64_t> clock_{1};
  std::mutex mutex_;
  std::vector<std::unique_ptr<Slot>> slots_;
};

// Never destroyed: threads may end after static destructors have run.
Registry& registry() {
  static Registry* const instance = new Registry;
  return *instance;
}

struct ThreadSlot {
  Slot* slot = registry().take();
  int depth = 0;
  ~ThreadSlot() { slot->taken.store(false, std::memory_order_release); }
};

ThreadSlot& this_thread() {
  thread_local ThreadSlot slot;
  return slot;
}

}  // namespace

EpochGuard::EpochGuard() {
  ThreadSlot& thread = this_thread();
  // [EPOCH-2] The announcement is globally visible before anything is read under it.
  if (thread.depth++ == 0) {
    thread.slot->epoch.exchange(registry().now(), std::memory_order_seq_cst);
  }
}

EpochGuard::~EpochGuard() {
  ThreadSlot& thread = this_thread();
  if (--thread.depth == 0) thread.slot->epoch.store(kOutside, std::memory_order_release);
}

RetireList::~RetireList() {
  for (Item& item : items_) item.free();
}

void RetireList::reserve() {
  const std::lock_guard lock(mutex_);
  if (items_.size() == items_.capacity()) items_.reserve(2 * items_.size() + 1);
}

void RetireList::retire(std::function<void()> free) noexcept {
  const uint64_t epoch = registry().advance();
  const std::lock_guard lock(mutex_);
  items_.push_back({epoch, std::move(free)});
}

std::size_t RetireList::collect() noexcept {
  // [EPOCH-3] What is retired from here on has this epoch or a later one, and readers that were not
  // yet inside when they were looked for.
  const uint64_t begun = registry().now();
  const uint64_t oldest = std::min(begun, registry().oldest_inside());
  while (true) {
    std::function<void()> free;
    {
      const std::lock_guard lock(mutex_);
      const auto found = std::find_if(items_.begin(), items_.end(),
                                      [&](const Item& item) { return item.epoch < oldest; });
      if (found == items_.end()) return items_.size();
      free = std::move(found->free);
      items_.erase(found);
    }
    free();
  }
}

}  // namespace ashlar
