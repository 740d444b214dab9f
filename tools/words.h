// A typed line taken apart into words.
//
// Words are separated by spaces and tabs. Outside of single quotes \xNN is that byte, and \\ \" \'
// and a backslash before a space are the second character; any other backslash stands for itself.
// 'Single' quotes keep everything, "double" quotes keep all but these escapes. A word that begins
// with { or [ and goes on as JSON is taken as it stands, quotes, spaces and all:
//
//   set "my key" {"name": "Alice", "age": 30}      ->  set|my key|{"name": "Alice", "age": 30}
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ashlar/result.h"

namespace ashlar::tools {

// kInvalidArgument for a quote that is not closed. No words for a line that is blank or begins with
// '#'.
Result<std::vector<std::string>> split_words(std::string_view line);

// Whether split_words() would find no words in the line.
bool is_blank_line(std::string_view line);

// A word of the process's own command line, which the calling shell has taken apart already: \xNN
// and \\ are resolved, as it cannot pass every byte; what begins with {, [ or " is JSON, which has
// escapes of its own, and stays as it is.
std::string decode_argument(std::string_view word);

// `word` so that split_words() gives it back, without quotes, so that the form of a prefix is a
// prefix of the form.
std::string quote_word(std::string_view word);

}  // namespace ashlar::tools
