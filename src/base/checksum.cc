#include "base/checksum.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace ashlar {

uint32_t crc32c(std::string_view bytes, uint32_t before) {
  constexpr std::size_t kPiece = std::size_t{1} << 30;  // the library counts with an int
  uint32_t state = ~before;
  while (!bytes.empty()) {
    const std::size_t piece = std::min(bytes.size(), kPiece);
    state = crc32_iscsi(reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data())),
                        static_cast<int>(piece), state);
    bytes.remove_prefix(piece);
  }
  return ~state;
}

}  // namespace ashlar
