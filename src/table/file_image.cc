#include "table/file_image.h"

#include <cstring>
#include <utility>

#include "base/try.h"

namespace ashlar {

std::shared_ptr<const HugeBuffer> FileImage::pin() const {
  const std::lock_guard lock(mutex_);
  return owner_;
}

void FileImage::adopt(HugeBuffer buffer) {
  auto owner = std::make_shared<const HugeBuffer>(std::move(buffer));
  const std::lock_guard lock(mutex_);
  if (owner_ != nullptr) return;
  owner_ = std::move(owner);
  data_.store(owner_->data(), std::memory_order_release);
}

std::shared_ptr<const HugeBuffer> FileImage::release() {
  const std::lock_guard lock(mutex_);
  data_.store(nullptr, std::memory_order_release);
  return std::exchange(owner_, nullptr);
}

bool FileImage::in_small_pages() const {
  const std::lock_guard lock(mutex_);
  return owner_ != nullptr && owner_->pages() == PageSize::kSmall;
}

Result<std::shared_ptr<const HugeBuffer>> FileImage::copy_in_huge_pages(
    MemoryBudget* budget) const {
  const std::shared_ptr<const HugeBuffer> image = pin();
  if (image == nullptr) return std::shared_ptr<const HugeBuffer>();
  ASHLAR_TRY_ASSIGN(HugeBuffer copy,
                    HugeBuffer::allocate(image->size(), MemoryUse::kTable, budget));
  std::memcpy(copy.data(), image->data(), image->size());
  return std::make_shared<const HugeBuffer>(std::move(copy));
}

std::shared_ptr<const HugeBuffer> FileImage::replace(std::shared_ptr<const HugeBuffer> copy) {
  const std::lock_guard lock(mutex_);
  if (owner_ == nullptr) return nullptr;
  data_.store(copy->data(), std::memory_order_release);
  return std::exchange(owner_, std::move(copy));
}

}  // namespace ashlar
