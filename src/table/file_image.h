// The whole of a file in memory, which readers look at without a lock.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "base/huge_buffer.h"

namespace ashlar {

// Ownership: of its memory, together with those who pin it.
// Threads:   any.
class FileImage {
 public:
  // Its first byte, null while there is none. To be used under an EpochGuard if somebody may call
  // release() or replace().
  const char* data() const { return data_.load(std::memory_order_acquire); }
  // Keeps what data() leads to at the moment; null if there is none.
  std::shared_ptr<const HugeBuffer> pin() const;

  // Drops the buffer if there is an image already.
  void adopt(HugeBuffer buffer);
  // Afterwards there is none. The caller gives the returned owner, null if there was none, to a
  // RetireList: readers under an EpochGuard may still be looking at the image.
  std::shared_ptr<const HugeBuffer> release();
  bool in_small_pages() const;
  // The same bytes in huge pages; null if there is no image. Milliseconds for each MiB.
  // kOutOfMemory.
  Result<std::shared_ptr<const HugeBuffer>> copy_in_huge_pages(MemoryBudget* budget) const;
  // Puts the copy in the image's place, and returns what was there, as release() does; null, and
  // nothing is changed, if there is none any more. Never throws.
  std::shared_ptr<const HugeBuffer> replace(std::shared_ptr<const HugeBuffer> copy);

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const HugeBuffer> owner_;  // guarded by mutex_
  std::atomic<const char*> data_{nullptr};   // last, beside what lookups need of the object behind
};

}  // namespace ashlar
