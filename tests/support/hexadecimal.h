// Bytes as hexadecimal text, for files that people and other programs read.
#pragma once

#include <string>
#include <string_view>

namespace ashlar {

inline std::string to_hexadecimal(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

}  // namespace ashlar
