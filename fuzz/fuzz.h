// What every fuzz target defines, and how it says that something is wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"

// Called by libFuzzer, and by replay.cc, with the bytes to be read.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ashlar {

inline std::string_view fuzz_input(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace ashlar
