// JSON as text: checked, found, squeezed and shown without being turned into objects, so that
// numbers and the order of members stay exactly as they were written.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ashlar/status.h"

namespace ashlar::tools {

// kInvalidArgument with "column N: what is wrong", N counted in bytes from 1.
Status check_json(std::string_view text);
bool is_json(std::string_view text);

// Length of the value that `text` begins with: brackets and quotes are paired, nothing more is
// checked. 0 if it does not end.
std::size_t json_extent(std::string_view text);

// Valid JSON without the white space between its parts.
std::string compact_json(std::string_view text);
bool is_compact_json(std::string_view text);

// Valid JSON for a terminal: on several lines if `indented`, with colours if `coloured`.
struct JsonStyle {
  bool indented = false;
  bool coloured = false;
};
std::string show_json(std::string_view text, JsonStyle style);

// `text`, valid UTF-8, as a JSON string with its quotes.
std::string json_string(std::string_view text);

}  // namespace ashlar::tools
