// Values that need not be kept to be checked: a number and a length say what their bytes are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "support/random.h"

namespace ashlar {

// Half of all recipes give bytes that compress well.
struct Recipe {
  uint64_t id = 0;
  uint32_t bytes = 0;

  std::string make() const;
  friend bool operator==(const Recipe&, const Recipe&) = default;
};

// Lengths as in real life: mostly small, some of a page or more, up to `largest` bytes.
uint32_t random_value_bytes(Random& random, uint32_t largest);

// For messages: the first bytes in hexadecimal, and the length.
std::string abbreviate(std::string_view bytes);

}  // namespace ashlar
