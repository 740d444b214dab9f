// The functions of filters (RFC 9535, section 2.4).
#pragma once

#include <span>
#include <string_view>
#include <variant>

#include "document/json_value.h"
#include "document/path_query.h"

namespace ashlar {

// The RFC's ValueType, LogicalType and NodesType.
enum class PathType : unsigned char { kValue, kLogical, kNodes };

// What a filter looks at: the whole document, and the value that is being tested.
struct PathScope {
  const JsonValue* root;
  const JsonValue* current;
};

// A value: nothing, one in the document, or one computed.
class PathValue {
 public:
  PathValue() = default;  // nothing
  explicit PathValue(const JsonValue* value) {
    if (value != nullptr) content_ = value;
  }
  explicit PathValue(JsonValue value) : content_(std::move(value)) {}

  // Null: nothing.
  const JsonValue* get() const {
    if (const auto* computed = std::get_if<JsonValue>(&content_)) return computed;
    const auto* there = std::get_if<const JsonValue*>(&content_);
    return there == nullptr ? nullptr : *there;
  }

 private:
  std::variant<std::monostate, const JsonValue*, JsonValue> content_;
};

struct PathFunction {
  std::string_view name;
  PathType result;
  std::span<const PathType> parameters;
  bool takes_pattern;  // as its last argument
  // The one that goes with `result`.
  PathValue (*value)(const PathCall& call, const PathScope& scope);
  bool (*holds)(const PathCall& call, const PathScope& scope);
};

// Null if there is none of that name.
const PathFunction* find_path_function(std::string_view name);

}  // namespace ashlar
