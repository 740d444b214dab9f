#include "base/checksum.h"

#include <isa-l/crc.h>

#include <algorithm>

#include "base/coding.h"

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

// Eight bytes at a time by the processor's own instruction. ISA-L's code for long inputs takes 14 ns
// for any, and 30 for an operation of 133 bytes, for which this one takes 13.
__attribute__((target("sse4.2"))) uint32_t crc32c_of_few(std::string_view bytes, uint32_t state) {
  uint64_t wide = state;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  for (; end - at >= 8; at += 8) wide = __builtin_ia32_crc32di(wide, load<uint64_t>(at));
  auto narrow = static_cast<uint32_t>(wide);
  if (end - at >= 4) {
    narrow = __builtin_ia32_crc32si(narrow, load<uint32_t>(at));
    at += 4;
  }
  for (; at != end; ++at) narrow = __builtin_ia32_crc32qi(narrow, static_cast<unsigned char>(*at));
  return narrow;
}
const bool has_crc32c_instruction = __builtin_cpu_supports("sse4.2") != 0;
#else
void clear_upper_halves() {}
constexpr bool has_upper_halves = false;
uint32_t crc32c_of_few(std::string_view, uint32_t state) { return state; }
constexpr bool has_crc32c_instruction = false;
#endif

constexpr std::size_t kFew = 240;  // bytes; the library is quicker with more

}  // namespace

uint32_t crc32c(std::string_view bytes, uint32_t before) {
  if (has_crc32c_instruction && bytes.size() < kFew) return ~crc32c_of_few(bytes, ~before);
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
