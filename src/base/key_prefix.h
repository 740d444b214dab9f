// Prefixes of keys: as ranges, and what keys have in common.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/coding.h"

namespace ashlar {

// The first key behind every key that begins with `prefix`; empty if there is none.
inline std::string end_of_prefix(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

// Length of what two keys both begin with, at most `limit`.
inline std::size_t common_prefix_bytes(std::string_view a, std::string_view b, std::size_t limit) {
  limit = std::min({limit, a.size(), b.size()});
  std::size_t length = 0;
  while (length + 8 <= limit) {
    const uint64_t difference =
        load<uint64_t>(a.data() + length) ^ load<uint64_t>(b.data() + length);
    if (difference != 0) return length + static_cast<std::size_t>(__builtin_ctzll(difference)) / 8;
    length += 8;
  }
  while (length < limit && a[length] == b[length]) ++length;
  return length;
}

}  // namespace ashlar
