// The places that a table's pages can be read from, behind one question.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "base/huge_buffer.h"
#include "table/page_cache.h"
#include "table/table_file.h"

namespace ashlar {

// Threads: one at a time.
class PageReader {
 public:
  virtual ~PageReader() = default;
  // A checked page of the image, valid until the next call.
  virtual Result<const char*> page(uint32_t number) = 0;
  // The whole image, if it is in memory: page n lies at n * kPageBytes. Null otherwise.
  virtual const char* image() const { return nullptr; }
};

// From the whole image in memory, which `owner` keeps there.
class ImagePageReader final : public PageReader {
 public:
  explicit ImagePageReader(const char* image, std::shared_ptr<const void> owner = nullptr)
      : image_(image), owner_(std::move(owner)) {}
  Result<const char*> page(uint32_t number) override {
    return image_ + std::size_t{number} * kPageBytes;
  }
  const char* image() const override { return image_; }

 private:
  const char* image_;
  std::shared_ptr<const void> owner_;
};

// Finds the page in the cache, or reads it, and of a compressed table its group, into the cache.
// kCorruption, or errors of File::read.
Result<PagePin> pin_page(const TableFile& file, PageCache& cache, uint32_t number);

// Through the page cache.
class CachedPageReader final : public PageReader {
 public:
  CachedPageReader(const TableFile& file, PageCache& cache) : file_(file), cache_(cache) {}
  Result<const char*> page(uint32_t number) override;
  // The pin of the last page read.
  PagePin take_pin() { return std::move(pin_); }

 private:
  const TableFile& file_;
  PageCache& cache_;
  PagePin pin_;
  uint32_t number_ = 0;
};

// Past the page cache: data pages, many in one piece, for whoever reads them in order.
class StreamPageReader final : public PageReader {
 public:
  // Takes about `buffer_bytes`, at least a compressed group, of `budget` from the first page on.
  StreamPageReader(const TableFile& file, std::size_t buffer_bytes, MemoryBudget* budget);
  Result<const char*> page(uint32_t number) override;

 private:
  const TableFile& file_;
  MemoryBudget* const budget_;
  const uint32_t window_pages_;
  HugeBuffer window_;
  uint32_t first_ = 0;  // pages [first_, first_ + count_) are in the window
  uint32_t count_ = 0;
};

}  // namespace ashlar
