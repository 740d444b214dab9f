#include "support/key_space.h"

#include <cstdio>

namespace ashlar {
namespace {

std::string numbered(Random& random) {
  char text[32];
  std::snprintf(text, sizeof(text), "key:%08u", static_cast<unsigned>(random.below(4000)));
  return text;
}

std::string binary(Random& random) {
  static constexpr char kBytes[] = {'\x00', '\x01', '\x7f', '\x80', '\xff'};
  std::string key(random.between(1, 6), '\0');
  for (char& c : key) c = kBytes[random.below(sizeof(kBytes))];
  return key;
}

std::string spread(Random& random) {
  Random hash(random.below(3'000'000));
  std::string key;
  for (std::size_t bytes = 4 + hash.below(21); key.size() < bytes;) {
    key += static_cast<char>(hash.next());
  }
  return key;
}

std::string huge(Random& random) {
  Random shape(random.below(200));
  const std::size_t bytes = shape.one_in(4) ? 65'536 - shape.below(3) : shape.between(1, 9000);
  std::string key(bytes, static_cast<char>('a' + shape.below(2)));
  key.back() = static_cast<char>(shape.next());
  return key;
}

}  // namespace

const char* to_string(KeyShape shape) {
  switch (shape) {
    case KeyShape::kTiny:
      return "tiny";
    case KeyShape::kNumbered:
      return "numbered";
    case KeyShape::kLongPrefix:
      return "long prefix";
    case KeyShape::kBinary:
      return "binary";
    case KeyShape::kNested:
      return "nested";
    case KeyShape::kSpread:
      return "spread";
    case KeyShape::kHuge:
      return "huge";
  }
  return "?";
}

std::string random_key(KeyShape shape, Random& random) {
  switch (shape) {
    case KeyShape::kTiny:
      return std::string(1, static_cast<char>('a' + random.below(40)));
    case KeyShape::kNumbered:
      return numbered(random);
    case KeyShape::kLongPrefix:
      return std::string(700, 'p') + numbered(random);
    case KeyShape::kBinary:
      return binary(random);
    case KeyShape::kNested:
      return std::string(random.one_in(3) ? random.between(1, 3000) : random.between(1, 60), 'a');
    case KeyShape::kSpread:
      return spread(random);
    case KeyShape::kHuge:
      return huge(random);
  }
  return "?";
}

std::string prefix_end(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty())
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

}  // namespace ashlar
