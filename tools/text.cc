#include "tools/text.h"

#include <cstdint>

namespace ashlar::tools {

namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

// Length of the well-formed UTF-8 character at `at`; 0 if there is none.
std::size_t character_bytes(std::string_view bytes, std::size_t at) {
  const unsigned first = byte_at(bytes, at);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (length == 0 || first > 0xf4 || bytes.size() - at < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(bytes, at + i) & 0xc0) != 0x80) return 0;
  }
  const unsigned second = byte_at(bytes, at + 1);
  if (first == 0xe0 && second < 0xa0) return 0;  // overlong
  if (first == 0xed && second > 0x9f) return 0;  // surrogates
  if (first == 0xf0 && second < 0x90) return 0;  // overlong
  if (first == 0xf4 && second > 0x8f) return 0;  // beyond U+10FFFF
  return length;
}

// C0, DEL and C1 characters move a terminal's cursor or worse.
bool is_control(std::string_view bytes, std::size_t at) {
  const unsigned first = byte_at(bytes, at);
  return first < 0x20 || first == 0x7f || (first == 0xc2 && byte_at(bytes, at + 1) < 0xa0);
}

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

void append_hex(std::string* out, unsigned byte) {
  *out += "\\x";
  *out += kHexDigits[byte >> 4];
  *out += kHexDigits[byte & 15];
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = character_bytes(bytes, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

bool is_printable(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = character_bytes(bytes, at);
    if (length == 0 || is_control(bytes, at)) return false;
    at += length;
  }
  return true;
}

std::string escape(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = character_bytes(bytes, at);
    if (length == 0) {
      append_hex(&text, byte_at(bytes, at++));
      continue;
    }
    if (is_control(bytes, at)) {
      for (std::size_t i = 0; i < length; ++i) append_hex(&text, byte_at(bytes, at + i));
    } else if (bytes[at] == '\\') {
      text += "\\\\";
    } else {
      text.append(bytes.substr(at, length));
    }
    at += length;
  }
  return text;
}

std::string unescape(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == '\\') {
      bytes += '\\';
      ++at;
    } else if (text[at] == '\\' && at + 3 < text.size() && text[at + 1] == 'x' &&
               hex_value(text[at + 2]) >= 0 && hex_value(text[at + 3]) >= 0) {
      bytes += static_cast<char>(hex_value(text[at + 2]) * 16 + hex_value(text[at + 3]));
      at += 3;
    } else {
      bytes += text[at];
    }
  }
  return bytes;
}

std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t left = bytes.size() - at;
    uint32_t group = byte_at(bytes, at) << 16;
    if (left > 1) group |= byte_at(bytes, at + 1) << 8;
    if (left > 2) group |= byte_at(bytes, at + 2);
    text += kBase64Digits[group >> 18];
    text += kBase64Digits[group >> 12 & 63];
    text += left > 1 ? kBase64Digits[group >> 6 & 63] : '=';
    text += left > 2 ? kBase64Digits[group & 63] : '=';
  }
  return text;
}

bool from_base64(std::string_view text, std::string* bytes) {
  if (text.size() % 4 != 0) return false;
  bytes->clear();
  bytes->reserve(text.size() / 4 * 3);
  for (std::size_t at = 0; at < text.size(); at += 4) {
    uint32_t group = 0;
    int padding = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const char digit = text[at + i];
      const std::size_t value = kBase64Digits.find(digit);
      if (digit == '=' && at + 4 == text.size() && i >= 2) {
        ++padding;
        group <<= 6;
      } else if (value == std::string_view::npos || padding > 0) {
        return false;
      } else {
        group = group << 6 | static_cast<uint32_t>(value);
      }
    }
    // The bits that padding leaves over must be zero, so that each byte string has one form only.
    if ((padding == 1 && (group & 0xff) != 0) || (padding == 2 && (group & 0xffff) != 0)) {
      return false;
    }
    *bytes += static_cast<char>(group >> 16);
    if (padding < 2) *bytes += static_cast<char>(group >> 8);
    if (padding < 1) *bytes += static_cast<char>(group);
  }
  return true;
}

}  // namespace ashlar::tools
