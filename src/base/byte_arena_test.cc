#include "base/byte_arena.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory_resource>
#include <string>
#include <vector>

namespace ashlar {
namespace {

TEST(ByteArena, KeepsWhatItWasGivenWhateverComesLater) {
  ByteArena arena;
  std::vector<std::string> given;
  std::vector<std::string_view> kept;
  for (std::size_t i = 0; i < 500; ++i) {
    given.emplace_back(i * 37 % 3000, static_cast<char>('a' + i % 26));
    kept.push_back(arena.keep(given.back()));
  }
  for (std::size_t i = 0; i < given.size(); ++i) ASSERT_EQ(kept[i], given[i]) << i;
}

TEST(ByteArena, ContainersInItAreAlignedBesideBytesOfAnyLength) {
  ByteArena arena;
  std::pmr::vector<uint64_t> numbers(&arena);
  for (uint64_t i = 0; i < 5000; ++i) {
    arena.keep(std::string(i % 7, 'x'));
    numbers.push_back(i);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(numbers.data()) % alignof(uint64_t), 0u);
  }
  for (uint64_t i = 0; i < 5000; ++i) ASSERT_EQ(numbers[i], i);
}

}  // namespace
}  // namespace ashlar
