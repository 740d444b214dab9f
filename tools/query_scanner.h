// The text behind a query command, taken apart.
//
// A query is read as one line, because quotes, brackets and blanks in a filter mean something of
// their own: user: where name = "Ann Lee" and name matches /(a|b) c/ limit 3. In such a text a
// token is a string in quotes, a regular expression behind `matches`, a bracket, a comma, a sign of
// comparison, or a word up to the next of these; [ within a word belongs to it: items[0].price.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ashlar/result.h"

namespace ashlar::tools {

struct QueryToken {
  enum class Kind : unsigned char { kEnd, kWord, kString, kPattern, kSign, kComma, kOpen, kClose };
  Kind kind = Kind::kEnd;
  std::string_view text;  // part of what is scanned; of a string, with its quotes
  std::size_t at = 0;     // where it begins

  // Whether it is this word, in whatever case.
  bool is_word(std::string_view word) const;
  std::size_t end() const { return at + text.size(); }
};

// Goes over a text from front to back. The text must outlive it. Threads: one.
class QueryScanner {
 public:
  explicit QueryScanner(std::string_view text) : text_(text) { next_ = scan(); }

  std::string_view text() const { return text_; }
  // The next token; a quote that is not closed reaches to the end.
  const QueryToken& peek() const { return next_; }
  QueryToken take();
  bool take_word(std::string_view word);
  // The same, an error if something else comes.
  Status expect_word(std::string_view word);

  // A key, prefix or name: up to the next blank, with quotes and escapes as the shell has them
  // (tools/words.h).
  Result<std::string> take_shell_word(std::string_view what);
  // A JSON value; a string may also stand in single quotes.
  Result<std::string> take_json(std::string_view what);

  // kInvalidArgument with `what`, the text, and a caret below the byte `at`.
  Status error_at(std::size_t at, std::string_view what) const;
  // The same at the next token: "expected …".
  Status expected(std::string_view what) const;

 private:
  QueryToken scan();
  std::size_t end_of_quoted(std::size_t at) const;
  std::size_t end_of_word(std::size_t at) const;

  std::string_view text_;
  std::size_t at_ = 0;         // behind next_
  bool pattern_next_ = false;  // what follows `matches` may be a regular expression
  QueryToken next_;
};

}  // namespace ashlar::tools
