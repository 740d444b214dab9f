// Byte strings as text that a person can read and type back.
#pragma once

#include <string>
#include <string_view>

namespace ashlar::tools {

// Whether `bytes` is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates).
bool is_utf8(std::string_view bytes);

// UTF-8 without control characters: what can be shown as it is.
bool is_printable(std::string_view bytes);

// Unprintable bytes as \xNN and a backslash as \\; printable text is otherwise unchanged. The
// result has no line end or tab in it. unescape() gives the bytes back.
std::string escape(std::string_view bytes);

// Replaces \xNN by the byte and \\ by a backslash. Any other backslash stands for itself.
std::string unescape(std::string_view text);

// RFC 4648, with padding.
std::string to_base64(std::string_view bytes);
// False if `text` is not base64; `*bytes` is unspecified then.
bool from_base64(std::string_view text, std::string* bytes);

}  // namespace ashlar::tools
