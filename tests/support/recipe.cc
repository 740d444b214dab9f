#include "support/recipe.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace ashlar {

std::string Recipe::make() const {
  std::string out(bytes, '\0');
  Random random(id);
  const bool compressible = (id & 1) != 0;
  uint64_t word = random.next();
  for (std::size_t at = 0; at < out.size(); at += sizeof(word)) {
    if (!compressible || at % 512 == 0) word = random.next();
    std::memcpy(out.data() + at, &word, std::min(sizeof(word), out.size() - at));
  }
  return out;
}

uint32_t random_value_bytes(Random& random, uint32_t largest) {
  const uint64_t kind = random.below(1000);
  uint64_t bytes = 0;
  if (kind < 700)
    bytes = random.below(100);
  else if (kind < 900)
    bytes = random.below(1000);
  else if (kind < 950)
    bytes = random.between(1000, 1100);
  else if (kind < 995)
    bytes = random.below(10'000);
  else
    bytes = random.below(uint64_t{largest} + 1);
  return static_cast<uint32_t>(std::min<uint64_t>(bytes, largest));
}

std::string abbreviate(std::string_view bytes) {
  std::string out;
  char hex[4];
  for (const char c : bytes.substr(0, 24)) {
    if (c > ' ' && c <= '~') {
      out += c;
    } else {
      std::snprintf(hex, sizeof(hex), "~%02x", static_cast<unsigned char>(c));
      out += hex;
    }
  }
  if (bytes.size() > 24) out += "…(" + std::to_string(bytes.size()) + " bytes)";
  return out;
}

}  // namespace ashlar
