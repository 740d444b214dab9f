// JSON as text (RFC 8259), read with simdjson and written in its compact form.
#pragma once

#include <string>
#include <string_view>

#include "ashlar/result.h"
#include "document/json_value.h"

namespace ashlar {

// Deepest nesting of arrays and objects that is read.
constexpr int kMaximumJsonDepth = 256;

// The one value in `text`, white space around it aside.
//   kInvalidArgument  no JSON, or a name twice in one object, or nested too deep, or not UTF-8. The
//                     message has the offset where it can be told.
//   kOutOfMemory      an allocation failed.
// Threads: any (a parser is kept for each thread).
Result<JsonValue> parse_json(std::string_view text);

// Compact text: no white space, doubles in the shortest form that reads back the same and always
// with a '.' or an exponent, members in their order. Cannot fail: a JsonValue holds only what JSON
// can say.
void append_json(const JsonValue& value, std::string* out);
std::string to_json(const JsonValue& value);

// The string `value`, which is UTF-8, as JSON.
void append_json_string(std::string_view value, std::string* out);

// One byte of a string that stands between two `quote`s, escaped if it must be.
void append_escaped_byte(char byte, char quote, std::string* out);

}  // namespace ashlar
