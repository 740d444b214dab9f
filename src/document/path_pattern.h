// The patterns of match() and search(): I-Regexps (RFC 9485), run by RE2.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace ashlar {

// The same pattern as RE2 spells it; nullopt if it is no I-Regexp. Takes linear time.
//
// Outside of brackets ^ and $ stand for the start and the end of the text, as in the mappings of
// RFC 9485, section 5, and as everybody expects; its grammar lists them among the plain characters.
std::optional<std::string> translate_iregexp(std::string_view pattern);

// Threads: any number at once.
class PathPattern {
 public:
  // Null if the text is no I-Regexp, or one that RE2 does not take: one that repeats more than 1000
  // times, that would need more than 8 MiB, or that has \p{Cn}.
  static std::shared_ptr<const PathPattern> compile(std::string_view iregexp);
  ~PathPattern();

  bool matches(std::string_view text) const;  // all of it
  bool is_in(std::string_view text) const;    // some of it

 private:
  explicit PathPattern(std::unique_ptr<const re2::RE2> expression);

  std::unique_ptr<const re2::RE2> expression_;
};

}  // namespace ashlar
