// Asking for memory before it is needed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ashlar {

// Brings the cache line at `address`, which may be any, closer to the processor; returns at once.
//
// Not the bare builtin: GCC takes a function that does nothing but prefetch for one without effect
// and removes the calls to it (seen with 12.2 at -O2). The empty assembly counts as an effect.
inline void prefetch_line(const void* address) {
  __builtin_prefetch(address);
  asm volatile("" : : "r"(address));
}

// The same for every line of `bytes` bytes.
inline void prefetch_lines(uintptr_t address, std::size_t bytes) {
  constexpr std::size_t kLineBytes = 64;
  for (std::size_t at = 0; at < bytes; at += kLineBytes) {
    prefetch_line(reinterpret_cast<const void*>(address + at));
  }
}
inline void prefetch_lines(const char* address, std::size_t bytes) {
  prefetch_lines(reinterpret_cast<uintptr_t>(address), bytes);
}

// The same for a line that will be written.
inline void prefetch_line_to_write(const void* address) {
  __builtin_prefetch(address, 1);
  asm volatile("" : : "r"(address));
}

}  // namespace ashlar
