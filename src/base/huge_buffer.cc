#include "base/huge_buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/huge_page_supply.h"
#include "base/try.h"

namespace ashlar {
namespace {

constexpr std::size_t kSmallPage = 4096;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

std::size_t round_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

std::size_t whole_pages(std::size_t bytes) {
  return round_up(bytes == 0 ? 1 : bytes, kSmallPage);
}

Status no_memory(std::size_t bytes) {
  return Status::out_of_memory("can't map " + std::to_string(bytes) +
                               " bytes: " + std::strerror(errno));
}

// Address space of whole pages, aligned to huge pages if there is one in it.
Result<char*> map_pages(std::size_t size) {
  const bool huge = size >= kHugePage;
  const std::size_t spare = huge ? kHugePage : 0;
  void* mapped = mmap(nullptr, size + spare, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return no_memory(size);
  char* data = static_cast<char*>(mapped);
  if (huge) {
    const auto address = reinterpret_cast<uintptr_t>(data);
    const std::size_t before = round_up(address, kHugePage) - address;
    if (before > 0) munmap(data, before);
    if (spare > before) munmap(data + before + size, spare - before);
    data += before;
  }
  return data;
}

// Where huge pages are always on, small ones have to be asked for.
void advise_pages(char* data, std::size_t size, PageSize pages) {
  if (size < kHugePage) return;
  madvise(data, size, pages == PageSize::kHuge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

}  // namespace

Result<HugeBuffer> HugeBuffer::allocate(std::size_t bytes, MemoryUse use, MemoryBudget* budget,
                                        PageSize pages) {
  if (bytes > SIZE_MAX / 2) {
    return Status::out_of_memory("no system has " + std::to_string(bytes) + " bytes");
  }
  const std::size_t size = whole_pages(bytes);
  ASHLAR_TRY_ASSIGN(char* const data, map_pages(size));
  advise_pages(data, size, pages);
  HugeBuffer buffer;
  buffer.data_ = data;
  buffer.size_ = size;
  buffer.use_ = use;
  buffer.budget_ = budget;
  buffer.pages_ = pages;
  if (budget != nullptr) budget->reserve(use, size);
  return buffer;
}

Status HugeBuffer::grow(std::size_t bytes) {
  if (bytes > SIZE_MAX / 2) {
    return Status::out_of_memory("no system has " + std::to_string(bytes) + " bytes");
  }
  const std::size_t size = whole_pages(bytes);
  if (size <= size_) return {};
  // Pages of different sizes are several mappings to the system, which moves one at a time.
  if (huge_bytes_ > 0) return grow_by_copying(size);
  ASHLAR_TRY_ASSIGN(char* const data, map_pages(size));
  if (mremap(data_, size_, size, MREMAP_MAYMOVE | MREMAP_FIXED, data) == MAP_FAILED) {
    const Status failed = no_memory(size);
    munmap(data, size);
    return failed;
  }
  advise_pages(data, size, pages_);
  if (budget_ != nullptr) budget_->reserve(use_, size - size_);
  data_ = data;
  size_ = size;
  return {};
}

Status HugeBuffer::grow_by_copying(std::size_t bytes) {
  ASHLAR_TRY_ASSIGN(HugeBuffer larger, allocate(bytes, use_, budget_, pages_));
  larger.take_pages(0, size_);
  std::memcpy(larger.data_, data_, size_);
  swap(larger);
  return {};
}

HugeBuffer::~HugeBuffer() {
  if (data_ == nullptr) return;
  munmap(data_, size_);
  if (budget_ != nullptr) budget_->release(use_, size_);
}

void HugeBuffer::take_pages(std::size_t offset, std::size_t bytes) {
  std::size_t from = offset / kSmallPage * kSmallPage;
  const std::size_t to = std::min(size_, round_up(offset + bytes, kSmallPage));
  if (pages_ == PageSize::kQuick && from % kHugePage == 0) {
    const HugePageSupply& supply = HugePageSupply::of_system();
    while (from + kHugePage <= to && supply.worth_trying(HugePageSupply::Clock::now()) &&
           take_huge_page(from)) {
      from += kHugePage;
    }
  }
  if (from < to) madvise(data_ + from, to - from, MADV_POPULATE_WRITE);
}

// False if the system has none at all.
bool HugeBuffer::take_huge_page(std::size_t offset) {
  const auto start = HugePageSupply::Clock::now();
  if (madvise(data_ + offset, kHugePage, MADV_HUGEPAGE) != 0) return false;
  madvise(data_ + offset, kHugePage, MADV_POPULATE_WRITE);
  huge_bytes_ += kHugePage;
  const auto end = HugePageSupply::Clock::now();
  HugePageSupply::of_system().note(end - start, end);
  return true;
}

void HugeBuffer::shrink(std::size_t bytes) {
  const std::size_t keep = whole_pages(bytes);
  if (data_ == nullptr || keep >= size_) return;
  munmap(data_ + keep, size_ - keep);
  if (budget_ != nullptr) budget_->release(use_, size_ - keep);
  size_ = keep;
  huge_bytes_ = std::min(huge_bytes_, keep);
}

}  // namespace ashlar
