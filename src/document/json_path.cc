#include "document/json_path.h"

#include <utility>

#include "base/try.h"
#include "document/json_text.h"
#include "document/path_evaluation.h"
#include "document/path_parser.h"
#include "document/path_query.h"

namespace ashlar {
namespace {

constexpr std::size_t kMaximumPlainSteps = 100;

}  // namespace

const JsonValue* find_child(const JsonValue& value, const PathStep& step) {
  if (!step.is_index) return value.find(step.name);
  if (!value.is_array()) return nullptr;
  const JsonValue::Array& elements = value.as_array();
  const auto size = static_cast<int64_t>(elements.size());
  const int64_t index = step.index < 0 ? step.index + size : step.index;
  return index >= 0 && index < size ? &elements[static_cast<std::size_t>(index)] : nullptr;
}

// Names of letters, digits and underscores with dots between them, as most paths are; false for
// all that needs the grammar.
bool SingularPath::parse_plain(std::string_view text) {
  const auto is_first = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
  };
  while (true) {
    std::size_t end = 0;
    while (end < text.size() &&
           (is_first(text[end]) || (end > 0 && text[end] >= '0' && text[end] <= '9'))) {
      ++end;
    }
    const bool ends_well = end == text.size() || (text[end] == '.' && end + 1 < text.size());
    if (end == 0 || !ends_well || steps_.size() == kMaximumPlainSteps) return false;
    steps_.push_back({std::string(text.substr(0, end)), 0, false});
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
}

Result<SingularPath> SingularPath::parse(std::string_view text) {
  SingularPath plain;
  if (plain.parse_plain(text.starts_with("$.") ? text.substr(2) : text)) return plain;
  ASHLAR_TRY_ASSIGN(const PathQuery query, PathParser(text).parse_shorthand());
  if (!query.is_singular()) {
    return Status::invalid_argument("path: '" + std::string(text) +
                                    "' may mean several values; names and indexes alone do not");
  }
  SingularPath path;
  for (const PathSegment& segment : query.segments) {
    const PathSelector& selector = segment.selectors.front();
    path.steps_.push_back(
        {selector.name, selector.index, selector.kind == PathSelector::Kind::kIndex});
  }
  return path;
}

const JsonValue* SingularPath::find(const JsonValue& document) const {
  const JsonValue* value = &document;
  for (const PathStep& step : steps_) {
    value = find_child(*value, step);
    if (value == nullptr) return nullptr;
  }
  return value;
}

std::string SingularPath::to_string() const {
  std::string text = "$";
  for (const PathStep& step : steps_) {
    text.push_back('[');
    if (step.is_index) {
      text.append(std::to_string(step.index));
    } else {
      text.push_back('\'');
      for (const char byte : step.name) append_escaped_byte(byte, '\'', &text);
      text.push_back('\'');
    }
    text.push_back(']');
  }
  return text;
}

struct JsonPath::Query {
  PathQuery path;
};

JsonPath::JsonPath(std::unique_ptr<const Query> query) : query_(std::move(query)) {}
JsonPath::~JsonPath() = default;
JsonPath::JsonPath(JsonPath&&) noexcept = default;
JsonPath& JsonPath::operator=(JsonPath&&) noexcept = default;

Result<JsonPath> JsonPath::parse(std::string_view text) {
  ASHLAR_TRY_ASSIGN(PathQuery query, PathParser(text).parse());
  return JsonPath(std::make_unique<const Query>(Query{std::move(query)}));
}

std::vector<const JsonValue*> JsonPath::select(const JsonValue& document) const {
  std::vector<const JsonValue*> values;
  visit_path(query_->path, {&document, &document}, [&](const JsonValue& value) {
    values.push_back(&value);
    return true;
  });
  return values;
}

}  // namespace ashlar
