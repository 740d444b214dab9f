#include "tools/json_lines.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/try.h"
#include "tools/json_text.h"
#include "tools/text.h"
#include "tools/units.h"

namespace ashlar::tools {

namespace {

// The end of the year 9999.
constexpr uint64_t kLastMomentMs = 253402300799999;

Status error_at(std::size_t column, std::string_view reason) {
  return Status::invalid_argument(fmt::format("column {}: {}", column, reason));
}

// The text behind the quotes of a valid JSON string.
std::string string_of(std::string_view token) {
  return nlohmann::json::parse(token.begin(), token.end()).get<std::string>();
}

// Reads the members of one object whose syntax has been checked.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : line_(line) {}

  Result<JsonLine> run() {
    skip_space();
    if (line_[at_] != '{') return error_at(at_ + 1, "an object {\"key\": …} is expected");
    ++at_;
    for (skip_space(); line_[at_] != '}'; skip_space()) {
      if (line_[at_] == ',') {
        ++at_;
        skip_space();
      }
      ASHLAR_TRY(read_member());
    }
    if (!has_key_) return error_at(at_ + 1, "\"key\" or \"key_base64\" is missing");
    if (!has_value_) {
      return error_at(at_ + 1, "\"value\", \"value_text\" or \"value_base64\" is missing");
    }
    return std::move(entry_);
  }

 private:
  void skip_space() {
    while (at_ < line_.size() && std::string_view(" \t\r\n").find(line_[at_]) != line_.npos) ++at_;
  }

  std::string_view take_value() {
    const std::string_view token = line_.substr(at_, json_extent(line_.substr(at_)));
    at_ += token.size();
    return token;
  }

  Status read_member() {
    const std::size_t name_column = at_ + 1;
    const std::string name = string_of(take_value());
    skip_space();
    ++at_;  // the colon
    skip_space();
    value_column_ = at_ + 1;
    const std::string_view token = take_value();
    if (name == "key") return read_text(token, &entry_.key, &has_key_);
    if (name == "key_base64") return read_base64(token, &entry_.key, &has_key_);
    if (name == "value") return read_json(token);
    if (name == "value_text") return read_text(token, &entry_.value, &has_value_);
    if (name == "value_base64") return read_base64(token, &entry_.value, &has_value_);
    if (name == "expires_at_ms") return read_expiry(token);
    return error_at(name_column, fmt::format("unknown member {}", json_string(name)));
  }

  Status claim(bool* has) {
    if (*has) return error_at(value_column_, "a second key or value");
    *has = true;
    return {};
  }

  Status read_text(std::string_view token, std::string* to, bool* has) {
    ASHLAR_TRY(claim(has));
    if (token[0] != '"') return error_at(value_column_, "a string is expected");
    *to = string_of(token);
    return {};
  }

  Status read_base64(std::string_view token, std::string* to, bool* has) {
    std::string text;
    ASHLAR_TRY(read_text(token, &text, has));
    if (!from_base64(text, to)) return error_at(value_column_, "not base64");
    return {};
  }

  Status read_json(std::string_view token) {
    ASHLAR_TRY(claim(&has_value_));
    entry_.value = compact_json(token);
    return {};
  }

  Status read_expiry(std::string_view token) {
    if (entry_.expires_at_ms) return error_at(value_column_, "a second \"expires_at_ms\"");
    const auto moment = parse_count(token);
    if (!moment.ok() || *moment > kLastMomentMs) {
      return error_at(value_column_,
                      "milliseconds since 1970, before the year 10000, are expected");
    }
    entry_.expires_at_ms = *moment;
    return {};
  }

  std::string_view line_;
  std::size_t at_ = 0;
  std::size_t value_column_ = 0;
  bool has_key_ = false;
  bool has_value_ = false;
  JsonLine entry_;
};

std::string key_member(std::string_view key) {
  return is_utf8(key) ? "\"key\": " + json_string(key)
                      : fmt::format("\"key_base64\": \"{}\"", to_base64(key));
}

std::string value_member(std::string_view value) {
  if (is_compact_json(value)) return fmt::format("\"value\": {}", value);
  if (is_utf8(value)) return "\"value_text\": " + json_string(value);
  return fmt::format("\"value_base64\": \"{}\"", to_base64(value));
}

}  // namespace

Result<JsonLine> parse_json_line(std::string_view line) {
  ASHLAR_TRY(check_json(line));
  return LineReader(line).run();
}

std::string format_json_line(std::string_view key, std::string_view value,
                             std::optional<uint64_t> expires_at_ms) {
  std::string line = fmt::format("{{{}, {}", key_member(key), value_member(value));
  if (expires_at_ms) line += fmt::format(", \"expires_at_ms\": {}", *expires_at_ms);
  return line + "}";
}

std::string format_json_key(std::string_view key) {
  return fmt::format("{{{}}}", key_member(key));
}

}  // namespace ashlar::tools
