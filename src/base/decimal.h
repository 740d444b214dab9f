// Integers as decimal text, as counters are stored.
#pragma once

#include <cstdint>
#include <string_view>

#include "ashlar/result.h"

namespace ashlar {

// `text` + `delta`. kInvalidArgument if the text is no 64-bit integer, or the sum would overflow.
Result<int64_t> add_to_decimal(std::string_view text, int64_t delta);

}  // namespace ashlar
