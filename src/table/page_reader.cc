#include "table/page_reader.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/try.h"

namespace ashlar {
namespace {

Result<PagePin> pin_compressed_page(const TableFile& file, PageCache& cache, uint32_t number) {
  const uint64_t file_number = file.header().file_number;
  const uint32_t first = TableFile::first_page_of_group(TableFile::group_of(number));
  const uint32_t count = std::min(kPagesPerGroup, file.header().data_page_count - first + 1);
  std::array<char, kCompressedGroupBytes> group;
  ASHLAR_TRY(file.load(first, count, group.data()));
  PagePin wanted;
  for (uint32_t i = 0; i < count; ++i) {
    PagePin pin = cache.reserve(file_number, first + i);
    std::memcpy(pin.fill(), group.data() + i * kPageBytes, kPageBytes);
    cache.publish(&pin);
    if (first + i == number) wanted = std::move(pin);
  }
  return wanted;
}

}  // namespace

Result<PagePin> pin_page(const TableFile& file, PageCache& cache, uint32_t number) {
  const uint64_t file_number = file.header().file_number;
  PagePin pin = cache.find(file_number, number);
  if (pin) return pin;
  if (file.header().compressed() && file.header().is_data_page(number)) {
    return pin_compressed_page(file, cache, number);
  }
  pin = cache.reserve(file_number, number);
  ASHLAR_TRY(file.load(number, 1, pin.fill()));
  cache.publish(&pin);
  return pin;
}

Result<const char*> CachedPageReader::page(uint32_t number) {
  if (!pin_ || number != number_) {
    pin_.reset();
    ASHLAR_TRY_ASSIGN(pin_, pin_page(file_, cache_, number));
    number_ = number;
  }
  return pin_.data();
}

StreamPageReader::StreamPageReader(const TableFile& file, std::size_t buffer_bytes,
                                   MemoryBudget* budget)
    : file_(file),
      budget_(budget),
      window_pages_(std::max(
          kPagesPerGroup,
          static_cast<uint32_t>(buffer_bytes / kPageBytes / kPagesPerGroup * kPagesPerGroup))) {}

Result<const char*> StreamPageReader::page(uint32_t number) {
  if (number < first_ || number - first_ >= count_) {
    if (!window_) {
      ASHLAR_TRY_ASSIGN(window_, HugeBuffer::allocate(window_pages_ * kPageBytes,
                                                      MemoryUse::kCompaction, budget_));
    }
    count_ = 0;
    // From a group's border, as compressed tables are read.
    first_ = TableFile::first_page_of_group(TableFile::group_of(number));
    const uint32_t count = std::min(window_pages_, file_.header().data_page_count - first_ + 1);
    ASHLAR_TRY(file_.load(first_, count, window_.data()));
    count_ = count;
  }
  return window_.data() + std::size_t{number - first_} * kPageBytes;
}

}  // namespace ashlar
