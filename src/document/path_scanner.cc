#include "document/path_scanner.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/try.h"
#include "document/json_number.h"
#include "document/utf8.h"

namespace ashlar {
namespace {

constexpr int64_t kMaximumInteger = (int64_t{1} << 53) - 1;
constexpr std::size_t kCodeUnitDigits = 4;

bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}
bool is_lower(char byte) {
  return byte >= 'a' && byte <= 'z';
}
bool is_name_start(char byte) {
  return is_lower(byte) || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
         static_cast<unsigned char>(byte) >= 0x80;
}

}  // namespace

bool PathScanner::take(std::string_view word) {
  if (!stands_at(word)) return false;
  at_ += word.size();
  return true;
}

bool PathScanner::skip_blanks() {
  const std::size_t start = at_;
  at_ = std::min(text_.find_first_not_of(" \t\n\r", at_), text_.size());
  return at_ > start;
}

Result<std::string> PathScanner::take_name() {
  const std::size_t start = at_;
  if (at_end() || !is_name_start(peek())) return error("a name is missing");
  while (!at_end() && (is_name_start(peek()) || is_digit(peek()))) ++at_;
  return std::string(text_.substr(start, at_ - start));
}

Result<std::string> PathScanner::take_string() {
  const std::size_t start = at_;
  const char quote = text_[at_++];
  std::string value;
  while (!at_end()) {
    const char byte = text_[at_];
    if (byte == quote) {
      ++at_;
      return value;
    }
    if (static_cast<unsigned char>(byte) < 0x20) return error("a control character in a string");
    ++at_;
    if (byte == '\\') {
      ASHLAR_TRY(take_escape(quote, &value));
    } else {
      value.push_back(byte);
    }
  }
  return error_at(start, "a string that is not closed");
}

Status PathScanner::take_escape(char quote, std::string* out) {
  constexpr std::string_view kEscapes = "bfnrt/\\";
  constexpr std::string_view kMeanings = "\b\f\n\r\t/\\";
  const std::size_t start = at_ - 1;
  const char byte = peek();
  if (byte == quote) {
    ++at_;
    out->push_back(quote);
    return {};
  }
  if (const std::size_t which = kEscapes.find(byte); !at_end() && which < kEscapes.size()) {
    ++at_;
    out->push_back(kMeanings[which]);
    return {};
  }
  if (!take("u")) return error_at(start, "no such escape");
  ASHLAR_TRY_ASSIGN(uint32_t character, take_code_unit());
  if (character >= 0xd800 && character < 0xdc00 && take("\\u")) {
    ASHLAR_TRY_ASSIGN(const uint32_t low, take_code_unit());
    if (low < 0xdc00 || low >= 0xe000) return error_at(start, "half a surrogate pair");
    character = 0x10000 + ((character - 0xd800) << 10) + (low - 0xdc00);
  }
  if (character >= 0xd800 && character < 0xe000) return error_at(start, "half a surrogate pair");
  append_utf8(character, out);
  return {};
}

Result<uint32_t> PathScanner::take_code_unit() {
  const std::string_view digits = text_.substr(at_, kCodeUnitDigits);
  uint32_t unit = 0;
  const auto [end, failure] =
      std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
  if (failure != std::errc{} || end != digits.data() + kCodeUnitDigits) {
    return error("four hexadecimal digits are missing");
  }
  at_ += kCodeUnitDigits;
  return unit;
}

Result<int64_t> PathScanner::take_integer() {
  const std::size_t start = at_;
  take("-");
  const std::size_t first_digit = at_;
  while (is_digit(peek())) ++at_;
  const std::string_view text = text_.substr(start, at_ - start);
  if (at_ == first_digit) return error_at(start, "a number is missing");
  if (text_[first_digit] == '0' && text != "0") {
    return error_at(start, "an integer with a zero in front, or -0");
  }
  int64_t value = 0;
  const auto failure = std::from_chars(text.data(), text.data() + text.size(), value).ec;
  if (failure != std::errc{} || value > kMaximumInteger || value < -kMaximumInteger) {
    return error_at(start, "an integer of more than 53 bits");
  }
  return value;
}

Result<JsonValue> PathScanner::take_number() {
  const std::size_t start = at_;
  at_ = std::min(text_.find_first_not_of("+-.0123456789Ee", at_), text_.size());
  auto number = parse_number(text_.substr(start, at_ - start));
  if (!number) return error_at(start, "not a number");
  return std::move(*number);
}

std::string_view PathScanner::take_word() {
  const std::size_t start = at_;
  if (is_lower(peek())) {
    while (is_lower(peek()) || is_digit(peek()) || peek() == '_') ++at_;
  }
  return text_.substr(start, at_ - start);
}

Status PathScanner::error_at(std::size_t offset, std::string_view what) {
  return Status::invalid_argument("path: offset " + std::to_string(offset) + ": " +
                                  std::string(what));
}

}  // namespace ashlar
