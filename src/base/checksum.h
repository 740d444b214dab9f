// CRC32C (Castagnoli polynomial, RFC 3720 appendix B.4), the checksum of everything on disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ashlar {

// CRC32C of `bytes`; pass the result of earlier bytes as `before` to go on from there. The value of
// no bytes is `before`. crc32c("123456789") is 0xe3069283.
uint32_t crc32c(std::string_view bytes, uint32_t before = 0);

// What a checksum starts from so that bytes verify only where they were written: `file` is a file's
// number or generation, `offset` where the bytes lie in it. Use as `before`.
inline uint32_t checksum_seed(uint64_t file, uint64_t offset) {
  uint64_t x = file * 0x9e3779b97f4a7c15u ^ (offset + 0x632be59bd9b4e019u);
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93u;
  return static_cast<uint32_t>(x ^ (x >> 32));
}

}  // namespace ashlar
