// What a terminal is like.
#pragma once

#include <cstddef>

namespace ashlar::tools {

// Characters in a line; 80 if it is not known.
std::size_t terminal_columns(int descriptor);

}  // namespace ashlar::tools
