// The part of an order key that is a number. The bytes are drawn in `document/json_order.h`.
#pragma once

#include <string>

#include "ashlar/result.h"
#include "document/json_value.h"
#include "document/key_reader.h"

namespace ashlar {

inline constexpr char kNumberBelowDoubles = '\x08';
inline constexpr char kNumberAmongDoubles = '\x09';
inline constexpr char kNumberAboveDoubles = '\x0a';

// Ascending; with the type byte.
void append_number_key(const JsonValue& number, std::string* out);
std::string number_key(const JsonValue& number);

// The reader stands at the type byte, which is that of a number.
//   kCorruption  the bytes behind it are not those of a number.
Result<JsonValue> take_number_key(KeyReader* reader);

}  // namespace ashlar
