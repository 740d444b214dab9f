// Asking for memory before it is needed.
#pragma once

namespace ashlar {

// Brings the cache line at `address`, which may be any, closer to the processor; returns at once.
//
// Not the bare builtin: GCC takes a function that does nothing but prefetch for one without effect
// and removes the calls to it (seen with 12.2 at -O2). The empty assembly counts as an effect.
inline void prefetch_line(const void* address) {
  __builtin_prefetch(address);
  asm volatile("" : : "r"(address));
}

// The same for a line that will be written.
inline void prefetch_line_to_write(const void* address) {
  __builtin_prefetch(address, 1);
  asm volatile("" : : "r"(address));
}

}  // namespace ashlar
