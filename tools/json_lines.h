// One entry as one line of JSON, the form of import, export and --json:
//
//   {"key": "user:1", "value": {"name": "Alice"}}                  the value is compact JSON
//   {"key": "note", "value_text": "not JSON"}                      the value is other UTF-8 text
//   {"key_base64": "AAE=", "value_base64": "/w=="}                 any bytes
//   {"key": "s", "value": 1, "expires_at_ms": 1900000000000}       milliseconds since 1970
//
// Each byte string has one written form, the first that can hold it; all forms are read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ashlar/result.h"

namespace ashlar::tools {

struct JsonLine {
  std::string key;
  std::string value;
  std::optional<uint64_t> expires_at_ms;
};

// kInvalidArgument with "column N: what is wrong". A value under "value" is stored as the text that
// stands there, less white space, so that no number loses digits.
Result<JsonLine> parse_json_line(std::string_view line);

// Without a line end.
std::string format_json_line(std::string_view key, std::string_view value,
                             std::optional<uint64_t> expires_at_ms = {});
// {"key": …} or {"key_base64": …}
std::string format_json_key(std::string_view key);

}  // namespace ashlar::tools
