// The one hash of keys: memtable, maplet and partitions take different bits of it.
#pragma once

#include <cstdint>
#include <string_view>

namespace ashlar {

// XXH3, 64 bits, seed 0. Part of the table format: see docs/FORMAT.md.
uint64_t hash_key(std::string_view key);

}  // namespace ashlar
