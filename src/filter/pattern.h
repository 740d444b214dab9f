// A regular expression of a filter.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ashlar/result.h"

namespace re2 {
class RE2;
}  // namespace re2

namespace ashlar {

// Compiled by RE2: time in proportion to the string, whatever the expression is.
//
// Threads: any.
class Pattern {
 public:
  // Memory that one expression may take, compiled.
  static constexpr int kMaximumBytes = 1 << 20;

  // `flags`: i (letters of either case), m (^ and $ at each line), s (. matches a line's end too).
  //   kInvalidArgument  no expression of RE2's syntax, too large, or an unknown flag.
  static Result<std::shared_ptr<const Pattern>> compile(std::string_view source,
                                                        std::string_view flags);
  // The expression for strings that begin with `prefix`.
  static Result<std::shared_ptr<const Pattern>> compile_prefix(std::string_view prefix);
  ~Pattern();

  // Whether it is found anywhere in the text.
  bool is_found_in(std::string_view text) const;
  // What every string in which it is found begins with; empty if that can't be told at a glance.
  std::string literal_prefix() const;

  const std::string& source() const { return source_; }
  // In the order "ims", each once.
  const std::string& flags() const { return flags_; }

 private:
  Pattern(std::string source, std::string flags, std::unique_ptr<const re2::RE2> compiled);

  const std::string source_;
  const std::string flags_;
  const std::unique_ptr<const re2::RE2> compiled_;
};

}  // namespace ashlar
