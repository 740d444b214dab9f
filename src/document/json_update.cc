#include "document/json_update.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/try.h"
#include "document/json_arithmetic.h"
#include "document/json_merge.h"
#include "document/json_text.h"

namespace ashlar {
namespace {

std::string_view kind_name(const JsonValue& value) {
  if (value.is_null()) return "null";
  if (value.is_number()) return "a number";
  if (value.is_string()) return "a string";
  if (value.is_array()) return "an array";
  return value.is_object() ? "an object" : "a boolean";
}

Status wrong_kind(const JsonValue& value, std::string_view wanted) {
  return Status::invalid_argument("there is " + std::string(kind_name(value)) + ", not " +
                                  std::string(wanted));
}

int depth_of(const JsonValue& value) {
  int deepest = 0;
  if (value.is_array()) {
    for (const JsonValue& element : value.as_array())
      deepest = std::max(deepest, depth_of(element));
  } else if (value.is_object()) {
    for (const auto& member : value.as_object())
      deepest = std::max(deepest, depth_of(member.value));
  } else {
    return 0;
  }
  return deepest + 1;
}

// A place in an array: that of an element, or right behind the last one.
Result<std::size_t> position_in(const JsonValue::Array& elements, int64_t index) {
  const auto size = static_cast<int64_t>(elements.size());
  const int64_t position = index < 0 ? index + size : index;
  if (position >= 0 && position <= size) return static_cast<std::size_t>(position);
  return Status::invalid_argument("index " + std::to_string(index) + " of an array of " +
                                  std::to_string(size));
}

// One step down from an object or array. A new value is null, and `*made` is set. A value that was
// made on the way is an object if a name leads on.
Result<JsonValue*> reach_step(JsonValue* value, const PathStep& step, bool* made) {
  if (step.is_index) {
    if (*made) return Status::invalid_argument("there is no array yet");
    if (!value->is_array()) return wrong_kind(*value, "an array");
    JsonValue::Array& elements = value->as_array();
    ASHLAR_TRY_ASSIGN(const std::size_t position, position_in(elements, step.index));
    *made = position == elements.size();
    if (*made) elements.emplace_back();
    return &elements[position];
  }
  if (*made) *value = JsonValue::object();
  if (!value->is_object()) return wrong_kind(*value, "an object");
  JsonValue* member = value->find(step.name);
  *made = member == nullptr;
  if (*made) member = &value->as_object().emplace_back(JsonValue::Member{step.name, {}}).value;
  return member;
}

// What the path means; made, as null, if it is missing.
Result<JsonValue*> reach(JsonValue* document, const SingularPath& path, bool* made) {
  *made = false;
  JsonValue* value = document;
  for (const PathStep& step : path.steps()) {
    ASHLAR_TRY_ASSIGN(value, reach_step(value, step, made));
  }
  return value;
}

Status increment_number(JsonValue* document, const SingularPath& path, const JsonValue& amount) {
  bool made = false;
  ASHLAR_TRY_ASSIGN(JsonValue * value, reach(document, path, &made));
  if (made) *value = JsonValue::integer(0);
  if (!value->is_number()) return wrong_kind(*value, "a number");
  if (!amount.is_number()) return Status::invalid_argument("the amount is no number");
  ASHLAR_TRY_ASSIGN(*value, add_numbers(*value, amount));
  return {};
}

Status append_element(JsonValue* document, const SingularPath& path, const JsonValue& element) {
  bool made = false;
  ASHLAR_TRY_ASSIGN(JsonValue * value, reach(document, path, &made));
  if (made) *value = JsonValue::array();
  if (!value->is_array()) return wrong_kind(*value, "an array");
  value->as_array().push_back(element);
  return {};
}

void remove_child(JsonValue* value, const PathStep& step) {
  if (!step.is_index && value->is_object()) {
    std::erase_if(value->as_object(),
                  [&](const JsonValue::Member& member) { return member.name == step.name; });
  } else if (step.is_index && value->is_array()) {
    JsonValue::Array& elements = value->as_array();
    const auto size = static_cast<int64_t>(elements.size());
    const int64_t position = step.index < 0 ? step.index + size : step.index;
    if (position >= 0 && position < size) elements.erase(elements.begin() + position);
  }
}

Status remove_value(JsonValue* document, const SingularPath& path) {
  if (path.steps().empty()) {
    return Status::invalid_argument("the whole document cannot be removed from itself");
  }
  const auto last = std::prev(path.steps().end());
  const JsonValue* parent = document;
  for (auto step = path.steps().begin(); step != last && parent != nullptr; ++step) {
    parent = find_child(*parent, *step);
  }
  if (parent != nullptr) remove_child(const_cast<JsonValue*>(parent), *last);
  return {};
}

}  // namespace

JsonUpdate& JsonUpdate::set(SingularPath path, JsonValue value) {
  operations_.push_back({Kind::kSet, std::move(path), std::move(value)});
  return *this;
}

JsonUpdate& JsonUpdate::unset(SingularPath path) {
  operations_.push_back({Kind::kUnset, std::move(path), {}});
  return *this;
}

JsonUpdate& JsonUpdate::increment(SingularPath path, JsonValue amount) {
  operations_.push_back({Kind::kIncrement, std::move(path), std::move(amount)});
  return *this;
}

JsonUpdate& JsonUpdate::append(SingularPath path, JsonValue value) {
  operations_.push_back({Kind::kAppend, std::move(path), std::move(value)});
  return *this;
}

JsonUpdate& JsonUpdate::merge(JsonValue patch) {
  operations_.push_back({Kind::kMerge, {}, std::move(patch)});
  return *this;
}

Status JsonUpdate::apply(JsonValue* document) const {
  static constexpr std::string_view kNames[] = {"set", "unset", "increment", "append", "merge"};
  JsonValue changed = *document;
  for (const Operation& operation : operations_) {
    const Status status = apply(operation, &changed);
    if (status.ok()) continue;
    return Status(status.code(),
                  "update: operation " + std::to_string(&operation - operations_.data() + 1) +
                      " (" + std::string(kNames[static_cast<std::size_t>(operation.kind)]) + " " +
                      operation.path.to_string() + "): " + std::string(status.message()));
  }
  if (depth_of(changed) > kMaximumJsonDepth) {
    return Status::too_large("update: the document would be nested deeper than " +
                             std::to_string(kMaximumJsonDepth));
  }
  *document = std::move(changed);
  return {};
}

Status JsonUpdate::apply(const Operation& operation, JsonValue* document) {
  // What would be made on the way could not be walked otherwise.
  if (operation.path.steps().size() > kMaximumJsonDepth) {
    return Status::too_large("a path of more than " + std::to_string(kMaximumJsonDepth) + " steps");
  }
  switch (operation.kind) {
    case Kind::kSet: {
      bool made = false;
      ASHLAR_TRY_ASSIGN(JsonValue * value, reach(document, operation.path, &made));
      *value = operation.value;
      return {};
    }
    case Kind::kUnset:
      return remove_value(document, operation.path);
    case Kind::kIncrement:
      return increment_number(document, operation.path, operation.value);
    case Kind::kAppend:
      return append_element(document, operation.path, operation.value);
    case Kind::kMerge:
      merge_patch(operation.value, document);
      return {};
  }
  return {};  // not reached: every kind is above
}

}  // namespace ashlar
