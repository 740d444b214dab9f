#include "support/random.h"

#include <cstdlib>
#include <random>

namespace ashlar {

uint64_t environment_number(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

uint64_t test_seed() {
  std::random_device device;
  return environment_number("ASHLAR_SEED", (uint64_t{device()} << 16) ^ device());
}

std::string seed_text(uint64_t seed) {
  return "ASHLAR_SEED=" + std::to_string(seed);
}

}  // namespace ashlar
