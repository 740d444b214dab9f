#include "base/huge_buffer.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

namespace ashlar {
namespace {

constexpr std::size_t kSmallPage = 4096;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

std::size_t round_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace

Result<HugeBuffer> HugeBuffer::allocate(std::size_t bytes, MemoryUse use, MemoryBudget* budget) {
  if (bytes > SIZE_MAX / 2) {
    return Status::out_of_memory("no system has " + std::to_string(bytes) + " bytes");
  }
  const std::size_t size = round_up(bytes == 0 ? 1 : bytes, kSmallPage);
  const bool huge = size >= kHugePage;
  const std::size_t spare = huge ? kHugePage : 0;
  void* mapped = mmap(nullptr, size + spare, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) {
    return Status::out_of_memory("can't map " + std::to_string(size) +
                                 " bytes: " + std::strerror(errno));
  }
  char* data = static_cast<char*>(mapped);
  if (huge) {
    const auto address = reinterpret_cast<uintptr_t>(data);
    const std::size_t before = round_up(address, kHugePage) - address;
    if (before > 0) munmap(data, before);
    if (spare > before) munmap(data + before + size, spare - before);
    data += before;
    madvise(data, size, MADV_HUGEPAGE);
  }
  HugeBuffer buffer;
  buffer.data_ = data;
  buffer.size_ = size;
  buffer.use_ = use;
  buffer.budget_ = budget;
  if (budget != nullptr) budget->reserve(use, size);
  return buffer;
}

HugeBuffer::~HugeBuffer() {
  if (data_ == nullptr) return;
  munmap(data_, size_);
  if (budget_ != nullptr) budget_->release(use_, size_);
}

void HugeBuffer::shrink(std::size_t bytes) {
  const std::size_t keep = round_up(bytes == 0 ? 1 : bytes, kSmallPage);
  if (data_ == nullptr || keep >= size_) return;
  munmap(data_ + keep, size_ - keep);
  if (budget_ != nullptr) budget_->release(use_, size_ - keep);
  size_ = keep;
}

}  // namespace ashlar
