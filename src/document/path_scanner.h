// The words of a JSONPath: names, strings, numbers and signs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ashlar/result.h"
#include "ashlar/status.h"
#include "document/json_value.h"

namespace ashlar {

// Stands at an offset of a text and moves over what it takes.
class PathScanner {
 public:
  // The text must stay where it is, and must be UTF-8.
  explicit PathScanner(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  // The next byte; zero at the end.
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool stands_at(std::string_view word) const { return text_.substr(at_).starts_with(word); }
  // Moves over the word if it stands there.
  bool take(std::string_view word);
  bool skip_blanks();  // whether there were any

  std::size_t offset() const { return at_; }
  void move_to(std::size_t offset) { at_ = offset; }

  // A name without quotes: .name
  Result<std::string> take_name();
  // A string in single or double quotes.
  Result<std::string> take_string();
  // An integer of at most 53 bits, as indexes and slices have.
  Result<int64_t> take_integer();
  // A JSON number.
  Result<JsonValue> take_number();
  // Lower-case letters, digits and underscores: a function's name, true, false, null. May be empty.
  std::string_view take_word();

  Status error(std::string_view what) const { return error_at(at_, what); }
  static Status error_at(std::size_t offset, std::string_view what);

 private:
  Status take_escape(char quote, std::string* out);
  Result<uint32_t> take_code_unit();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace ashlar
