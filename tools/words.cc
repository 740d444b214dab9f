#include "tools/words.h"

#include "tools/json_text.h"
#include "tools/text.h"

namespace ashlar::tools {

namespace {

bool is_blank(char character) {
  return character == ' ' || character == '\t';
}

// Takes one line apart, from front to back.
class Splitter {
 public:
  explicit Splitter(std::string_view line) : line_(line) {}

  Result<std::vector<std::string>> run() {
    while (skip_blanks()) {
      word_.clear();
      if (!take_json() && !take_word()) {
        return Status::invalid_argument("a quote is opened and not closed");
      }
      words_.push_back(word_);
    }
    return std::move(words_);
  }

 private:
  bool skip_blanks() {
    while (at_ < line_.size() && is_blank(line_[at_])) ++at_;
    return at_ < line_.size() && !(words_.empty() && line_[at_] == '#');
  }

  bool take_json() {
    if (line_[at_] != '{' && line_[at_] != '[') return false;
    const std::size_t length = json_extent(line_.substr(at_));
    const std::size_t end = at_ + length;
    if (length == 0 || (end < line_.size() && !is_blank(line_[end]))) return false;
    word_ = line_.substr(at_, length);
    if (!is_json(word_)) return false;
    at_ = end;
    return true;
  }

  bool take_word() {
    word_.clear();
    while (at_ < line_.size() && !is_blank(line_[at_])) {
      const char character = line_[at_];
      if (character == '\'' || character == '"') {
        ++at_;
        if (!take_quoted(character)) return false;
      } else {
        take_character();
      }
    }
    return true;
  }

  bool take_quoted(char quote) {
    while (at_ < line_.size() && line_[at_] != quote) {
      if (quote == '\'') {
        word_ += line_[at_++];
      } else {
        take_character();
      }
    }
    return at_++ < line_.size();
  }

  void take_character() {
    const std::string_view rest = line_.substr(at_);
    if (rest[0] == '\\' && rest.size() > 1) {
      if (const std::string byte = unescape(rest.substr(0, 4));
          rest[1] == 'x' && byte.size() == 1) {
        word_ += byte;
        at_ += 4;
        return;
      }
      if (std::string_view("\\\"' ").find(rest[1]) != std::string_view::npos) {
        word_ += rest[1];
        at_ += 2;
        return;
      }
    }
    word_ += line_[at_++];
  }

  std::string_view line_;
  std::size_t at_ = 0;
  std::string word_;
  std::vector<std::string> words_;
};

}  // namespace

Result<std::vector<std::string>> split_words(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  return Splitter(line).run();
}

bool is_blank_line(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos || line[first] == '#';
}

std::string decode_argument(std::string_view word) {
  const bool json = !word.empty() && (word[0] == '{' || word[0] == '[' || word[0] == '"');
  return json ? std::string(word) : unescape(word);
}

std::string quote_word(std::string_view word) {
  if (word.empty()) return "\"\"";
  std::string quoted;
  const std::string escaped = escape(word);
  for (const char character : escaped) {
    if (character == ' ' || character == '"' || character == '\'') quoted += '\\';
    quoted += character;
  }
  if (quoted[0] == '{' || quoted[0] == '[' || quoted[0] == '#') {
    return (quoted[0] == '{' ? "\\x7b" : quoted[0] == '[' ? "\\x5b" : "\\x23") + quoted.substr(1);
  }
  return quoted;
}

}  // namespace ashlar::tools
