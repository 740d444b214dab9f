// Where results and messages go, and how they look.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include "ashlar/status.h"

namespace ashlar::tools {

// Data on standard output, messages on standard error. On a terminal values are shown escaped, JSON
// in colours (unless NO_COLOR is set); elsewhere nothing is added to the data.
class Output {
 public:
  explicit Output(bool json);

  // Results as JSON instead of text.
  bool json() const { return json_; }
  void set_json(bool json) { json_ = json; }
  bool is_terminal() const { return terminal_; }
  // Of a line of the terminal.
  std::size_t columns() const;

  // One line of data.
  void line(std::string_view text) const;
  // Data as it is, without a line end.
  void bytes(std::string_view data) const;
  // `text` or, when JSON is asked for, `json`.
  void result(std::string_view text, std::string_view json) const;
  void key(std::string_view key) const;
  // One line for an entry of a listing.
  void entry(std::string_view key, std::string_view value) const;
  // A value by itself: for a pipe the bytes and a line end, for a terminal readable.
  void value(std::string_view value) const;

  // A message for the person.
  void note(std::string_view text) const;
  // `where` says where the failing command stands; may be empty.
  void failure(const Status& status, std::string_view where = {}) const;

  // Makes everything written so far visible. False if standard output cannot take it.
  bool flush() const;

 private:
  std::string shown(std::string_view value, bool on_one_line) const;

  bool json_;
  bool terminal_;
  bool coloured_;
};

}  // namespace ashlar::tools
