// Random numbers that a seed repeats, and where tests get their seeds and sizes from.
#pragma once

#include <cstdint>
#include <string>

namespace ashlar {

// SplitMix64 (Steele, Lea, Flood: OOPSLA 2014): small, fast, any seed is good.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    uint64_t x = state_ += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }
  // 0 to bound - 1.
  uint64_t below(uint64_t bound) { return next() % bound; }
  // first to last, both included.
  uint64_t between(uint64_t first, uint64_t last) { return first + below(last - first + 1); }
  bool one_in(uint64_t n) { return below(n) == 0; }

 private:
  uint64_t state_;
};

// The number in the environment variable `name`, or `otherwise` when it is not set.
uint64_t environment_number(const char* name, uint64_t otherwise);

// ASHLAR_SEED, or a number that differs from run to run.
uint64_t test_seed();

// "ASHLAR_SEED=123", to be printed with a failure.
std::string seed_text(uint64_t seed);

}  // namespace ashlar
