#include "filter/path_text.h"

#include <algorithm>
#include <cstdio>

namespace ashlar {
namespace {

constexpr std::size_t kMaximumIndexDigits = 9;

bool is_digit(char character) {
  return character >= '0' && character <= '9';
}

bool is_index(std::string_view component) {
  if (component.empty() || component.size() > kMaximumIndexDigits) return false;
  if (component.size() > 1 && component.front() == '0') return false;
  return std::all_of(component.begin(), component.end(), is_digit);
}

// As RFC 9535 writes it in a normalized path.
void append_quoted_name(std::string_view name, std::string* out) {
  out->append("['");
  for (const char character : name) {
    if (character == '\'' || character == '\\') out->push_back('\\');
    if (static_cast<unsigned char>(character) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04x", static_cast<unsigned>(character));
      out->append(escape);
    } else {
      out->push_back(character);
    }
  }
  out->append("']");
}

bool is_dotted_component(const PathStep& step, bool is_first) {
  if (step.is_index) return step.index >= 0 && is_index(std::to_string(step.index));
  return !step.name.empty() && step.name.find('.') == std::string::npos && !is_index(step.name) &&
         !(is_first && step.name.front() == '$');
}

bool is_letter(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         character == '_' || static_cast<unsigned char>(character) >= 0x80;
}

bool is_plain_name(const std::string& name) {
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char character) { return is_letter(character) || is_digit(character); });
}

}  // namespace

Result<SingularPath> parse_dotted_path(std::string_view text) {
  if (text == "$" || text.starts_with("$.") || text.starts_with("$[")) {
    return SingularPath::parse(text);
  }
  std::string path = "$";
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('.', at), text.size());
    const std::string_view component = text.substr(at, end - at);
    if (component.empty()) {
      return Status::invalid_argument("a path with an empty name: \"" + std::string(text) + '"');
    }
    if (is_index(component)) {
      path.append("[").append(component).append("]");
    } else {
      append_quoted_name(component, &path);
    }
    at = end + 1;
  }
  return SingularPath::parse(path);
}

std::string to_dotted_path(const SingularPath& path) {
  std::string text;
  for (const PathStep& step : path.steps()) {
    if (!is_dotted_component(step, text.empty())) return path.to_string();
    if (!text.empty()) text.push_back('.');
    text.append(step.is_index ? std::to_string(step.index) : step.name);
  }
  return text.empty() ? "$" : text;
}

bool has_plain_names(const SingularPath& path) {
  return std::all_of(path.steps().begin(), path.steps().end(), [](const PathStep& step) {
    return step.is_index || is_plain_name(step.name);
  });
}

}  // namespace ashlar
