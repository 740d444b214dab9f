// Keys and other bytes in messages.
#pragma once

#include <string>
#include <string_view>

namespace ashlar {

// Bytes of any kind as printable ASCII: \xNN for what is not, \\ for a backslash.
std::string printable(std::string_view bytes);

}  // namespace ashlar
