// Bytes that are kept until all of them go.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace ashlar {

// Ownership: of the bytes; the views it gives out live as long as the arena.
// Threads:   one at a time.
class ByteArena {
 public:
  ByteArena() = default;
  ByteArena(const ByteArena&) = delete;
  ByteArena& operator=(const ByteArena&) = delete;

  // A copy of `bytes`.
  std::string_view keep(std::string_view bytes) {
    if (bytes.size() > left_) add_chunk(bytes.size());
    char* const copy = next_;
    if (!bytes.empty()) std::memcpy(copy, bytes.data(), bytes.size());
    next_ += bytes.size();
    left_ -= bytes.size();
    return {copy, bytes.size()};
  }

 private:
  static constexpr std::size_t kFirstBytes = 256;
  static constexpr std::size_t kLargestChunkBytes = std::size_t{1} << 20;

  // Each chunk is twice as large as the one before.
  void add_chunk(std::size_t wanted) {
    const std::size_t usual =
        std::min(kLargestChunkBytes, 2 * kFirstBytes << std::min<std::size_t>(chunks_.size(), 11));
    left_ = std::max(wanted, usual);
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
    next_ = chunks_.back().get();
  }

  std::array<char, kFirstBytes> first_;
  std::vector<std::unique_ptr<char[]>> chunks_;  // for what came when the first bytes were full
  char* next_ = first_.data();
  std::size_t left_ = kFirstBytes;
};

}  // namespace ashlar
