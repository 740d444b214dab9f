// Memory taken from the operating system in one piece, in huge pages where it has them.
#pragma once

#include <cstddef>
#include <utility>

#include "ashlar/result.h"
#include "base/memory_budget.h"

namespace ashlar {

// What pages a buffer of 2 MiB or more is made of, where the system has transparent huge pages.
enum class PageSize {
  kHuge,   // from the first touch on: for what is looked into at random
  kSmall,  // the first at hand
  kQuick,  // for what is filled in a hurry: take_pages() takes huge ones as long as the system has
           // them at hand (base/huge_page_supply.h), and small ones are all others
};

// Zeroed memory that is given back, to system and budget, when the object ends. Buffers of 2 MiB
// and more are aligned to 2 MiB and may be of huge pages (madvise(2), MADV_HUGEPAGE): a random
// access then costs about half (transparent huge pages must be `madvise` or `always`; without them
// everything works, only slower). Pages are taken as they are first touched, which takes longest
// where a virtual machine gives free memory back to its host, as that is done in huge pieces.
class HugeBuffer {
 public:
  HugeBuffer() = default;
  // Reserves `bytes` of `budget` for `use` whether they are left or not; kOutOfMemory if the system
  // has none. `budget` may be null.
  static Result<HugeBuffer> allocate(std::size_t bytes, MemoryUse use, MemoryBudget* budget,
                                     PageSize pages = PageSize::kHuge);

  HugeBuffer(HugeBuffer&& other) noexcept { swap(other); }
  HugeBuffer& operator=(HugeBuffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~HugeBuffer();

  char* data() { return data_; }
  const char* data() const { return data_; }
  std::size_t size() const { return size_; }
  // kHuge or kSmall: what it is of, or mostly.
  PageSize pages() const {
    if (pages_ != PageSize::kQuick) return pages_;
    return huge_bytes_ > size_ / 2 ? PageSize::kHuge : PageSize::kSmall;
  }
  explicit operator bool() const { return data_ != nullptr; }

  // Makes it larger; what it holds moves to another address, in whole pages, or as a copy if they
  // are kQuick. kOutOfMemory changes nothing.
  Status grow(std::size_t bytes);
  // Gives back, whole pages only, what lies behind the first `bytes`.
  void shrink(std::size_t bytes);
  // Takes the pages of [offset, offset + bytes) now, so that nobody waits for the system when they
  // are first touched; what they hold stays. Others may read and write them meanwhile; one at a time
  // may call this. Does nothing where the system can't (Linux before 5.14) or has no memory: touching
  // shows that. If kQuick, whole pieces of 2 MiB become huge pages where they are at hand, and are
  // not to have been touched before.
  void take_pages(std::size_t offset, std::size_t bytes);

 private:
  bool take_huge_page(std::size_t offset);
  Status grow_by_copying(std::size_t bytes);
  void swap(HugeBuffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(huge_bytes_, other.huge_bytes_);
    std::swap(use_, other.use_);
    std::swap(budget_, other.budget_);
    std::swap(pages_, other.pages_);
  }

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t huge_bytes_ = 0;  // if kQuick: of huge pages, about
  MemoryUse use_ = MemoryUse::kTable;
  MemoryBudget* budget_ = nullptr;
  PageSize pages_ = PageSize::kHuge;
};

}  // namespace ashlar
