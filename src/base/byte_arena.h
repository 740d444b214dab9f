// Bytes that are kept until all of them go.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace ashlar {

// Also the memory of containers that live no longer; what they give back is not used again, so that
// they should only grow.
//
// Ownership: of the bytes; the views it gives out live as long as the arena.
// Threads:   one at a time.
class ByteArena final : public std::pmr::memory_resource {
 public:
  ByteArena() = default;
  ByteArena(const ByteArena&) = delete;
  ByteArena& operator=(const ByteArena&) = delete;

  // A copy of `bytes`.
  std::string_view keep(std::string_view bytes) {
    char* const copy = take(bytes.size());
    if (!bytes.empty()) std::memcpy(copy, bytes.data(), bytes.size());
    return {copy, bytes.size()};
  }

 private:
  static constexpr std::size_t kFirstBytes = 1024;
  static constexpr std::size_t kLargestChunkBytes = std::size_t{1} << 20;

  char* take(std::size_t bytes) {
    if (bytes > left_) add_chunk(bytes);
    char* const taken = next_;
    next_ += bytes;
    left_ -= bytes;
    return taken;
  }
  // Each chunk is twice as large as the one before.
  void add_chunk(std::size_t wanted) {
    const std::size_t usual =
        std::min(kLargestChunkBytes, 2 * kFirstBytes << std::min<std::size_t>(chunks_.size(), 9));
    left_ = std::max(wanted, usual);
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
    next_ = chunks_.back().get();
  }

  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    void* place = next_;
    if (std::align(alignment, bytes, place, left_) == nullptr) {
      add_chunk(bytes + alignment);
      place = next_;
      std::align(alignment, bytes, place, left_);
    }
    next_ = static_cast<char*>(place);
    return take(bytes);
  }
  void do_deallocate(void*, std::size_t, std::size_t) override {}
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  alignas(std::max_align_t) std::array<char, kFirstBytes> first_;
  std::vector<std::unique_ptr<char[]>> chunks_;  // for what came when the first bytes were full
  char* next_ = first_.data();
  std::size_t left_ = kFirstBytes;
};

}  // namespace ashlar
