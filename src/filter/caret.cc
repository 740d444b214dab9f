#include "filter/caret.h"

#include <algorithm>

namespace ashlar {
namespace {

// So much of a long line is shown, on either side.
constexpr std::size_t kShownBytes = 60;

bool begins_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
}

std::size_t count_characters(std::string_view bytes) {
  return static_cast<std::size_t>(std::count_if(bytes.begin(), bytes.end(), begins_character));
}

}  // namespace

Status error_with_caret(std::string_view what, std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const auto before = text.substr(0, offset);
  const std::size_t newline = before.rfind('\n');
  const std::size_t line_start = newline == std::string_view::npos ? 0 : newline + 1;
  const std::size_t line_end = std::min(text.find('\n', offset), text.size());
  const auto line_number = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t column = count_characters(text.substr(line_start, offset - line_start)) + 1;

  std::size_t start = offset - line_start > kShownBytes ? offset - kShownBytes : line_start;
  while (start < offset && !begins_character(text[start])) ++start;
  std::size_t end = std::min(line_end, offset + kShownBytes);
  while (end < line_end && !begins_character(text[end])) ++end;

  std::string shown(text.substr(start, end - start));
  std::replace_if(
      shown.begin(), shown.end(), [](char byte) { return static_cast<unsigned char>(byte) < 0x20; },
      ' ');
  std::string message = "filter: " + std::string(what) + " at line " + std::to_string(line_number) +
                        ", column " + std::to_string(column) + "\n  " + shown + "\n  " +
                        std::string(count_characters(text.substr(start, offset - start)), ' ') +
                        '^';
  return Status::invalid_argument(std::move(message));
}

}  // namespace ashlar
