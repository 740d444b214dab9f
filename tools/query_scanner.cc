#include "tools/query_scanner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "tools/json_text.h"
#include "tools/text.h"
#include "tools/words.h"

namespace ashlar::tools {

namespace {

bool is_blank(char character) {
  return std::string_view(" \t\r\n").find(character) != std::string_view::npos;
}

bool is_quote(char character) {
  return character == '"' || character == '\'';
}

bool is_sign(char character) {
  return std::string_view("=<>!").find(character) != std::string_view::npos;
}

char lower(char letter) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
}

bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

// A string in single quotes as JSON.
std::string json_of_single_quoted(std::string_view quoted) {
  std::string content;
  for (std::size_t at = 1; at + 1 < quoted.size(); ++at) {
    const bool escaped = quoted[at] == '\\' && at + 2 < quoted.size();
    content += escaped ? quoted[++at] : quoted[at];
  }
  return json_string(content);
}

}  // namespace

bool QueryToken::is_word(std::string_view word) const {
  return kind == Kind::kWord && std::ranges::equal(text, word, {}, lower, lower);
}

std::size_t QueryScanner::end_of_quoted(std::size_t at) const {
  const char quote = text_[at++];
  while (at < text_.size() && text_[at] != quote) at += text_[at] == '\\' ? 2 : 1;
  return std::min(at + 1, text_.size());
}

std::size_t QueryScanner::end_of_word(std::size_t at) const {
  const bool is_option = text_.substr(at).starts_with("--");
  while (at < text_.size() && !is_blank(text_[at])) {
    const char character = text_[at];
    if (character == '[' && !is_option) {
      for (++at; at < text_.size() && text_[at] != ']';) {
        at = is_quote(text_[at]) ? end_of_quoted(at) : at + 1;
      }
    } else if (!is_option &&
               (is_quote(character) || is_sign(character) ||
                std::string_view(",(){}]").find(character) != std::string_view::npos)) {
      break;
    }
    at = std::min(at + 1, text_.size());
  }
  return at;
}

QueryToken QueryScanner::scan() {
  using Kind = QueryToken::Kind;
  while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  QueryToken token;
  token.at = at_;
  if (at_ == text_.size()) return token;
  const char first = text_[at_];
  std::size_t end = at_ + 1;
  if (is_quote(first)) {
    token.kind = Kind::kString;
    end = end_of_quoted(at_);
  } else if (first == '/' && pattern_next_) {
    token.kind = Kind::kPattern;
    end = end_of_quoted(at_);
    while (end < text_.size() && std::isalpha(static_cast<unsigned char>(text_[end])) != 0) ++end;
  } else if (is_sign(first)) {
    token.kind = Kind::kSign;
    while (end < text_.size() && is_sign(text_[end])) ++end;
  } else if (first == ',') {
    token.kind = Kind::kComma;
  } else if (first == '(' || first == '[' || first == '{') {
    token.kind = Kind::kOpen;
  } else if (first == ')' || first == ']' || first == '}') {
    token.kind = Kind::kClose;
  } else {
    token.kind = Kind::kWord;
    end = end_of_word(at_);
  }
  token.text = text_.substr(at_, end - at_);
  at_ = end;
  pattern_next_ = token.is_word("matches");
  return token;
}

QueryToken QueryScanner::take() {
  const QueryToken token = next_;
  next_ = scan();
  return token;
}

bool QueryScanner::take_word(std::string_view word) {
  if (!next_.is_word(word)) return false;
  take();
  return true;
}

Status QueryScanner::expect_word(std::string_view word) {
  return take_word(word) ? Status() : expected(word);
}

Result<std::string> QueryScanner::take_shell_word(std::string_view what) {
  const std::size_t begin = next_.at;
  if (begin == text_.size()) return expected(what);
  std::size_t end = begin;
  while (end < text_.size() && !is_blank(text_[end])) {
    if (is_quote(text_[end])) {
      end = end_of_quoted(end);
    } else {
      end += text_[end] == '\\' ? 2 : 1;
    }
  }
  end = std::min(end, text_.size());
  const std::string_view word = text_.substr(begin, end - begin);
  const auto words = split_words(word);
  if (!words.ok()) return error_at(begin, words.status().message());
  at_ = end;
  next_ = scan();
  // A word that split_words takes for something else, a comment say, stands for itself.
  return words->size() == 1 ? words->front() : unescape(word);
}

Result<std::string> QueryScanner::take_json(std::string_view what) {
  const QueryToken first = take();
  std::size_t end = first.end();
  if (first.kind == QueryToken::Kind::kOpen) {
    int depth = 1;
    while (depth > 0 && next_.kind != QueryToken::Kind::kEnd) {
      if (next_.kind == QueryToken::Kind::kOpen) ++depth;
      if (next_.kind == QueryToken::Kind::kClose) --depth;
      end = take().end();
    }
  }
  const std::string_view text = text_.substr(first.at, end - first.at);
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'' && is_utf8(text)) {
    return json_of_single_quoted(text);
  }
  if (is_json(text)) return compact_json(text);
  return error_at(first.at,
                  fmt::format("expected {}: a JSON value, such as 5, \"text\" or [1, 2]", what));
}

Status QueryScanner::error_at(std::size_t at, std::string_view what) const {
  const auto before = text_.substr(0, at);
  const auto columns =
      before.size() - static_cast<std::size_t>(std::ranges::count_if(before, continues_character));
  std::string line(text_);
  std::ranges::replace_if(line, is_blank, ' ');
  return Status::invalid_argument(
      fmt::format("{}\n  {}\n  {}^", what, line, std::string(columns, ' ')));
}

Status QueryScanner::expected(std::string_view what) const {
  return error_at(next_.at, fmt::format("expected {}", what));
}

}  // namespace ashlar::tools
