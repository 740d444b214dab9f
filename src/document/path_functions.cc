#include "document/path_functions.h"

#include <array>
#include <string>

#include "document/path_evaluation.h"
#include "document/utf8.h"

namespace ashlar {
namespace {

constexpr std::array kOneValue = {PathType::kValue};
constexpr std::array kTwoValues = {PathType::kValue, PathType::kValue};
constexpr std::array kNodes = {PathType::kNodes};

JsonValue count_of(std::size_t count) {
  return JsonValue::unsigned_integer(count);
}

const PathQuery& query_argument(const PathCall& call) {
  return std::get<PathQuery>(call.arguments.front());
}

PathValue length(const PathCall& call, const PathScope& scope) {
  const PathValue argument = path_value(call.arguments.front(), scope);
  const JsonValue* value = argument.get();
  if (value == nullptr) return {};
  if (value->is_string()) return PathValue(count_of(count_characters(value->as_text())));
  if (value->is_array()) return PathValue(count_of(value->as_array().size()));
  if (value->is_object()) return PathValue(count_of(value->as_object().size()));
  return {};
}

PathValue count(const PathCall& call, const PathScope& scope) {
  std::size_t nodes = 0;
  visit_path(query_argument(call), scope, [&](const JsonValue&) {
    ++nodes;
    return true;
  });
  return PathValue(count_of(nodes));
}

PathValue value(const PathCall& call, const PathScope& scope) {
  std::size_t nodes = 0;
  const JsonValue* only = nullptr;
  visit_path(query_argument(call), scope, [&](const JsonValue& node) {
    only = &node;
    return ++nodes < 2;
  });
  return PathValue(nodes == 1 ? only : nullptr);
}

// A pattern from the document. It is mostly the one of the call before.
std::shared_ptr<const PathPattern> compiled(const std::string& text) {
  struct Last {
    std::string text;
    std::shared_ptr<const PathPattern> pattern;
    bool filled = false;
  };
  static thread_local Last last;
  if (!last.filled || last.text != text) last = {text, PathPattern::compile(text), true};
  return last.pattern;
}

std::shared_ptr<const PathPattern> pattern_argument(const PathCall& call, const PathScope& scope) {
  if (call.pattern) return *call.pattern;
  const PathValue argument = path_value(call.arguments[1], scope);
  const JsonValue* text = argument.get();
  return text != nullptr && text->is_string() ? compiled(text->as_text()) : nullptr;
}

template <bool (PathPattern::*Fits)(std::string_view) const>
bool fits(const PathCall& call, const PathScope& scope) {
  const PathValue argument = path_value(call.arguments.front(), scope);
  const JsonValue* text = argument.get();
  if (text == nullptr || !text->is_string()) return false;
  const auto pattern = pattern_argument(call, scope);
  return pattern != nullptr && ((*pattern).*Fits)(text->as_text());
}

constexpr std::array<PathFunction, 5> kFunctions = {{
    {"length", PathType::kValue, kOneValue, false, length, nullptr},
    {"count", PathType::kValue, kNodes, false, count, nullptr},
    {"value", PathType::kValue, kNodes, false, value, nullptr},
    {"match", PathType::kLogical, kTwoValues, true, nullptr, fits<&PathPattern::matches>},
    {"search", PathType::kLogical, kTwoValues, true, nullptr, fits<&PathPattern::is_in>},
}};

}  // namespace

const PathFunction* find_path_function(std::string_view name) {
  for (const PathFunction& function : kFunctions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

}  // namespace ashlar
