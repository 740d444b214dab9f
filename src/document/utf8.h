// UTF-8 (RFC 3629): what is well-formed, how many characters, and how one is written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ashlar {

bool is_utf8(std::string_view text);

// Offset of the first character that is not well-formed; the size if all are.
std::size_t first_invalid_utf8(std::string_view text);

// Number of characters in well-formed text.
std::size_t count_characters(std::string_view text);

// The character must be one: at most U+10FFFF and no surrogate.
void append_utf8(uint32_t character, std::string* out);

}  // namespace ashlar
