// Sums of JSON numbers.
#pragma once

#include "ashlar/result.h"
#include "document/json_value.h"

namespace ashlar {

// Two integers are added exactly, anything else as doubles.
//   kInvalidArgument  one of both is no number, or larger than any double; or the sum is beyond
//                     int64 (beyond 64 bits if one of both was beyond int64), or beyond a double.
Result<JsonValue> add_numbers(const JsonValue& a, const JsonValue& b);

}  // namespace ashlar
