// A value as it is typed behind `set` and `cas`.
#pragma once

#include <string>

#include "ashlar/result.h"

namespace ashlar::tools {

// The bytes to store: @FILE is the file's content, @- standard input, @@TEXT the text @TEXT; a JSON
// object or array loses the white space between its parts; everything else stays as it is.
//   kNotFound, kIoError  the file cannot be read.
//   kTooLarge            it is longer than a value may be.
Result<std::string> read_value_argument(const std::string& word);

}  // namespace ashlar::tools
