// Freeing what readers may still be looking at, without a write to shared memory for each read.
//
// Epoch-based reclamation (Fraser, "Practical lock-freedom", 2004): a reader announces in a slot of
// its own thread that it is inside; a retired object is freed once every reader that was inside
// when it was unlinked has left.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace ashlar {

// Holds everything that can be reached while it lives. Must be short: what is retired meanwhile
// waits for it. May be nested; must end on the thread that made it.
class EpochGuard {
 public:
  EpochGuard();
  ~EpochGuard();
  EpochGuard(const EpochGuard&) = delete;
  EpochGuard& operator=(const EpochGuard&) = delete;
};

// The objects of one owner that wait for their readers.
//
// Threads: any.
class RetireList {
 public:
  RetireList() = default;
  // Frees what is left; no reader may be inside by then.
  ~RetireList();

  // Has `free` called once no guard that exists now is left: by a later collect(), or at the end.
  // Cheap, so that it can be called with locks held. [EPOCH-1] The object must have been unlinked
  // before the call, and memory for it set aside: retire() must not fail.
  void retire(std::function<void()> free) noexcept;
  // Sets memory aside for one more object. Throws std::bad_alloc.
  void reserve();
  // Frees what can be; returns how many objects still wait. Does without memory of its own.
  std::size_t collect() noexcept;

 private:
  struct Item {
    uint64_t epoch;
    std::function<void()> free;
  };
  std::mutex mutex_;
  std::vector<Item> items_;
};

}  // namespace ashlar
