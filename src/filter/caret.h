// Showing where in a text something is wrong.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ashlar/status.h"

namespace ashlar {

// kInvalidArgument with `what`, line and column, the line, and a caret below the byte `offset`:
//
//   filter: expected a value at line 1, column 7
//     age > and
//           ^
Status error_with_caret(std::string_view what, std::string_view text, std::size_t offset);

}  // namespace ashlar
