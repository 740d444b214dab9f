#include "base/checksum.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace ashlar {
namespace {

// ISA-L 2.30 returns from its AVX and AVX-512 code with the upper halves of the vector registers in
// use, which makes every SSE instruction of the compiler's wait, until something clears them (Intel
// 64 and IA-32 Optimization Reference Manual, "Mixing AVX code with SSE code"). Flushing a memtable
// took twice as long.
#if defined(__x86_64__)
__attribute__((target("avx"))) void clear_upper_halves() {
  __builtin_ia32_vzeroupper();
}
const bool has_upper_halves = __builtin_cpu_supports("avx") != 0;
#else
void clear_upper_halves() {}
constexpr bool has_upper_halves = false;
#endif

}  // namespace

uint32_t crc32c(std::string_view bytes, uint32_t before) {
  constexpr std::size_t kPiece = std::size_t{1} << 30;  // the library counts with an int
  uint32_t state = ~before;
  while (!bytes.empty()) {
    const std::size_t piece = std::min(bytes.size(), kPiece);
    state = crc32_iscsi(reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data())),
                        static_cast<int>(piece), state);
    bytes.remove_prefix(piece);
  }
  if (has_upper_halves) clear_upper_halves();
  return ~state;
}

}  // namespace ashlar
