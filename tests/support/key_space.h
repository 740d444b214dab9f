// Families of keys, each of which is hard on the engine in its own way.
#pragma once

#include <cstdint>
#include <string>

#include "support/random.h"

namespace ashlar {

enum class KeyShape : unsigned char {
  kTiny,        // forty keys: every write meets an older version
  kNumbered,    // "key:00001234", some thousands
  kLongPrefix,  // the same behind 700 common bytes
  kBinary,      // zero bytes, 0x7f, 0x80 and 0xff in keys of one to six bytes
  kNested,      // each key a prefix of the next: "a", "aa", … up to 3000 bytes
  kSpread,      // hash-like, any bytes, from millions
  kHuge,        // up to the longest that is allowed
};
inline constexpr int kKeyShapeCount = 7;

const char* to_string(KeyShape shape);

// A key of the family. Keys of the same family meet again, except of kSpread.
std::string random_key(KeyShape shape, Random& random);

// The smallest key behind all keys that begin with `prefix`; empty if there is none.
std::string prefix_end(std::string prefix);

}  // namespace ashlar
