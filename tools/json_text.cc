#include "tools/json_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace ashlar::tools {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kNameColor = "\x1b[34m";
constexpr std::string_view kStringColor = "\x1b[32m";
constexpr std::string_view kNumberColor = "\x1b[33m";
constexpr std::string_view kLiteralColor = "\x1b[35m";

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_open(char c) {
  return c == '{' || c == '[';
}
bool is_close(char c) {
  return c == '}' || c == ']';
}

// Accepts every event, and remembers where and why parsing failed.
class Checker : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&, const Json::exception& e) override {
    std::string_view reason = e.what();
    // "[json.exception.…] parse error at line 1, column 5: syntax error …"
    if (const auto colon = reason.find(": "); colon != std::string_view::npos) {
      reason.remove_prefix(colon + 2);
    } else if (const auto bracket = reason.find("] "); bracket != std::string_view::npos) {
      reason.remove_prefix(bracket + 2);
    }
    error_ = fmt::format("column {}: {}", position, reason);
    return false;
  }
  std::string take_error() { return std::move(error_); }

 private:
  std::string error_;
};

std::size_t string_extent(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return 0;
}

std::size_t scalar_extent(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && !is_space(text[at]) && text[at] != ',' && text[at] != ':' &&
         !is_close(text[at])) {
    ++at;
  }
  return at;
}

// One token: a bracket, a comma, a colon, a whole string, a number or a literal.
std::string_view next_token(std::string_view text) {
  const char first = text[0];
  if (first == '"') return text.substr(0, string_extent(text));
  if (is_open(first) || is_close(first) || first == ',' || first == ':') return text.substr(0, 1);
  return text.substr(0, scalar_extent(text));
}

// Calls visit(token, following) for each token of valid JSON, where `following` is the text behind
// it without the white space.
template <typename Visit>
void for_each_token(std::string_view text, Visit visit) {
  const auto skip = [](std::string_view rest) {
    while (!rest.empty() && is_space(rest[0])) rest.remove_prefix(1);
    return rest;
  };
  for (std::string_view rest = skip(text); !rest.empty();) {
    const std::string_view token = next_token(rest);
    if (token.empty()) return;
    rest = skip(rest.substr(token.size()));
    visit(token, rest);
  }
}

std::string_view color_of(std::string_view token, bool is_name) {
  if (token[0] == '"') return is_name ? kNameColor : kStringColor;
  if (token[0] == '-' || (token[0] >= '0' && token[0] <= '9')) return kNumberColor;
  if (token[0] >= 'a' && token[0] <= 'z') return kLiteralColor;
  return {};
}

// Puts tokens one after the other, with line ends and colours.
class Printer {
 public:
  explicit Printer(JsonStyle style) : style_(style) {}

  void add(std::string_view token, std::string_view following) {
    if (is_close(token[0])) {
      --depth_;
      if (!empty_) line_end();
    }
    empty_ = false;
    const bool is_name = token[0] == '"' && following.starts_with(':');
    const std::string_view color = style_.coloured ? color_of(token, is_name) : "";
    out_.append(color).append(token);
    if (!color.empty()) out_.append(kReset);
    if (is_open(token[0])) {
      ++depth_;
      empty_ = !following.empty() && is_close(following[0]);
      if (!empty_) line_end();
    } else if (token == ",") {
      style_.indented ? line_end() : out_.push_back(' ');
    } else if (token == ":") {
      out_ += ' ';
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void line_end() {
    if (!style_.indented) return;
    out_ += '\n';
    out_.append(2 * depth_, ' ');
  }

  JsonStyle style_;
  std::string out_;
  std::size_t depth_ = 0;
  bool empty_ = false;  // inside {} or []
};

}  // namespace

Status check_json(std::string_view text) {
  // The parser would skip a byte order mark, which is no part of JSON.
  if (text.starts_with("\xef\xbb\xbf")) {
    return Status::invalid_argument("column 1: a byte order mark; remove it");
  }
  // It would also take a zero byte for the end, and pass over what follows.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    return Status::invalid_argument(fmt::format("column {}: a zero byte", zero + 1));
  }
  Checker checker;
  if (Json::sax_parse(text.begin(), text.end(), &checker)) return {};
  return Status::invalid_argument(checker.take_error());
}

bool is_json(std::string_view text) {
  // Most values that are not JSON show it in their first byte, at no cost.
  if (text.empty()) return false;
  if (std::string_view("{[\"-0123456789tfn \t\r\n").find(text[0]) == std::string_view::npos) {
    return false;
  }
  if (text.find('\0') != std::string_view::npos) return false;  // see check_json
  return Json::accept(text.begin(), text.end());
}

std::size_t json_extent(std::string_view text) {
  if (text.empty()) return 0;
  if (text[0] == '"') return string_extent(text);
  if (!is_open(text[0])) return scalar_extent(text);
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') {
      const std::size_t length = string_extent(text.substr(at));
      if (length == 0) return 0;
      at += length - 1;
    } else if (is_open(text[at])) {
      ++depth;
    } else if (is_close(text[at]) && --depth == 0) {
      return at + 1;
    }
  }
  return 0;
}

std::string compact_json(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for_each_token(text, [&](std::string_view token, std::string_view) { out.append(token); });
  return out;
}

bool is_compact_json(std::string_view text) {
  return is_json(text) && compact_json(text) == text;
}

std::string show_json(std::string_view text, JsonStyle style) {
  Printer printer(style);
  for_each_token(text, [&](std::string_view token, std::string_view following) {
    printer.add(token, following);
  });
  return printer.take();
}

std::string json_string(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ashlar::tools
