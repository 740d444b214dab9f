// Prefixes as ranges.
#pragma once

#include <string>
#include <string_view>

namespace ashlar {

// The first key behind every key that begins with `prefix`; empty if there is none.
inline std::string end_of_prefix(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

}  // namespace ashlar
