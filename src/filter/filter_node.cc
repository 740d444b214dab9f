#include "filter/filter_node.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "document/json_order.h"

namespace ashlar {
namespace {

std::shared_ptr<FilterNode> new_node(FilterOperator op, SingularPath path = {}) {
  auto node = std::make_shared<FilterNode>();
  node->op = op;
  node->path = std::move(path);
  return node;
}

// [FIL-1] kAnd or kOr of the children, those of the same operator replaced by theirs.
FilterNodePtr join(FilterOperator op, std::vector<FilterNodePtr> children) {
  auto node = new_node(op);
  for (FilterNodePtr& child : children) {
    if (child->op == op) {
      node->children.insert(node->children.end(), child->children.begin(), child->children.end());
    } else {
      node->children.push_back(std::move(child));
    }
  }
  if (node->children.size() == 1) return node->children.front();
  return node;
}

bool is_true(const FilterNodePtr& node) {
  return node->op == FilterOperator::kTrue;
}

// JSON's $all would take such a value for a filter.
bool has_element_filter(const JsonValue::Array& list) {
  return std::any_of(list.begin(), list.end(),
                     [](const JsonValue& value) { return value.find("$elemMatch") != nullptr; });
}

FilterNodePtr make_all_equal(const SingularPath& path, const JsonValue::Array& list) {
  std::vector<FilterNodePtr> children;
  for (const JsonValue& value : list) {
    children.push_back(make_comparison(FilterOperator::kEqual, path, value));
  }
  return make_and(std::move(children));
}

bool is_integer(const JsonValue& value) {
  switch (value.kind()) {
    case JsonValue::Kind::kInt:
    case JsonValue::Kind::kUint:
      return true;
    case JsonValue::Kind::kDouble: {
      constexpr double kLeast = -9223372036854775808.0;
      constexpr double kTooLarge = 18446744073709551616.0;
      const double number = value.as_double();
      return std::trunc(number) == number && number >= kLeast && number < kTooLarge;
    }
    default:
      return false;
  }
}

}  // namespace

std::string_view to_string(ValueType type) {
  switch (type) {
    case ValueType::kNull:
      return "null";
    case ValueType::kBool:
      return "bool";
    case ValueType::kNumber:
      return "number";
    case ValueType::kInteger:
      return "integer";
    case ValueType::kString:
      return "string";
    case ValueType::kArray:
      return "array";
    case ValueType::kObject:
      return "object";
  }
  return {};
}

std::optional<ValueType> value_type_named(std::string_view name) {
  for (auto type = ValueType::kNull; type <= ValueType::kObject;
       type = static_cast<ValueType>(static_cast<int>(type) + 1)) {
    if (to_string(type) == name) return type;
  }
  return std::nullopt;
}

bool has_type(const JsonValue& value, ValueType type) {
  switch (type) {
    case ValueType::kNull:
      return value.is_null();
    case ValueType::kBool:
      return value.kind() == JsonValue::Kind::kBool;
    case ValueType::kNumber:
      return value.is_number();
    case ValueType::kInteger:
      return is_integer(value);
    case ValueType::kString:
      return value.is_string();
    case ValueType::kArray:
      return value.is_array();
    case ValueType::kObject:
      return value.is_object();
  }
  return false;
}

FilterNodePtr make_true() {
  static const FilterNodePtr node = new_node(FilterOperator::kTrue);
  return node;
}

FilterNodePtr make_and(std::vector<FilterNodePtr> children) {
  std::erase_if(children, is_true);
  if (children.empty()) return make_true();
  return join(FilterOperator::kAnd, std::move(children));
}

FilterNodePtr make_or(std::vector<FilterNodePtr> children) {
  if (children.empty()) return make_not(make_true());
  if (std::any_of(children.begin(), children.end(), is_true)) return make_true();
  return join(FilterOperator::kOr, std::move(children));
}

FilterNodePtr make_not(FilterNodePtr child) {
  if (child->op == FilterOperator::kNot) return child->children.front();
  auto node = new_node(FilterOperator::kNot);
  node->children.push_back(std::move(child));
  return node;
}

FilterNodePtr make_comparison(FilterOperator op, SingularPath path, JsonValue operand) {
  ASHLAR_CHECK((op != FilterOperator::kIn && op != FilterOperator::kAll) || operand.is_array());
  if (op == FilterOperator::kAll && has_element_filter(operand.as_array())) {
    return make_all_equal(path, operand.as_array());
  }
  auto node = new_node(op, std::move(path));
  node->operand = std::move(operand);
  return node;
}

FilterNodePtr make_exists(SingularPath path) {
  return new_node(FilterOperator::kExists, std::move(path));
}

FilterNodePtr make_type(SingularPath path, ValueType type) {
  auto node = new_node(FilterOperator::kType, std::move(path));
  node->type = type;
  return node;
}

FilterNodePtr make_matches(SingularPath path, std::shared_ptr<const Pattern> pattern) {
  auto node = new_node(FilterOperator::kMatches, std::move(path));
  node->pattern = std::move(pattern);
  return node;
}

FilterNodePtr make_any_element(SingularPath path, FilterNodePtr child) {
  auto node = new_node(FilterOperator::kAnyElement, std::move(path));
  node->children.push_back(std::move(child));
  return node;
}

bool same_path(const SingularPath& a, const SingularPath& b) {
  return std::equal(a.steps().begin(), a.steps().end(), b.steps().begin(), b.steps().end(),
                    [](const PathStep& one, const PathStep& other) {
                      return one.is_index == other.is_index &&
                             (one.is_index ? one.index == other.index : one.name == other.name);
                    });
}

bool same_filter(const FilterNode& a, const FilterNode& b) {
  if (a.op != b.op || a.type != b.type || !same_path(a.path, b.path)) return false;
  if (a.operand.kind() != b.operand.kind() || compare_json(a.operand, b.operand) != 0) return false;
  if ((a.pattern == nullptr) != (b.pattern == nullptr)) return false;
  if (a.pattern != nullptr &&
      (a.pattern->source() != b.pattern->source() || a.pattern->flags() != b.pattern->flags())) {
    return false;
  }
  return std::equal(a.children.begin(), a.children.end(), b.children.begin(), b.children.end(),
                    [](const FilterNodePtr& one, const FilterNodePtr& other) {
                      return same_filter(*one, *other);
                    });
}

}  // namespace ashlar
