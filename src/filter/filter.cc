#include "filter/filter.h"

#include <algorithm>
#include <utility>

#include "document/json_order.h"
#include "filter/json_spelling.h"
#include "filter/simple_spelling.h"
#include "filter/text_spelling.h"

namespace ashlar {
namespace {

// What can be compared with one another.
int class_of(const JsonValue& value) {
  return value.is_number() ? static_cast<int>(JsonValue::Kind::kInt)
                           : static_cast<int>(value.kind());
}

bool compares(FilterOperator op, const JsonValue& value, const JsonValue& operand) {
  if (class_of(value) != class_of(operand)) return false;
  const std::weak_ordering order = compare_json(value, operand);
  switch (op) {
    case FilterOperator::kEqual:
      return order == 0;
    case FilterOperator::kLess:
      return order < 0;
    case FilterOperator::kLessEqual:
      return order <= 0;
    case FilterOperator::kGreater:
      return order > 0;
    case FilterOperator::kGreaterEqual:
      return order >= 0;
    default:
      return false;
  }
}

bool any_compares(FilterOperator op, const FilterNode& node, const JsonValue& operand,
                  const JsonValue& document, PathRoot root) {
  static const JsonValue null;
  return visit_compared_values(
      document, node.path,
      [&](const JsonValue* value) { return compares(op, value ? *value : null, operand); }, root);
}

bool has_size(const JsonValue& value, const JsonValue& size) {
  return value.is_array() &&
         compare_json(JsonValue::integer(static_cast<int64_t>(value.as_array().size())), size) == 0;
}

bool any_element_matches(const JsonValue& value, const FilterNode& filter) {
  if (!value.is_array()) return false;
  const auto& elements = value.as_array();
  return std::any_of(elements.begin(), elements.end(), [&](const JsonValue& element) {
    return matches(filter, element, PathRoot::kElement);
  });
}

template <typename Predicate>
bool any_value(const FilterNode& node, const JsonValue& document, PathRoot root,
               Predicate predicate) {
  return visit_path_values(
      document, node.path,
      [&](const JsonValue* value) { return value != nullptr && predicate(*value); }, root);
}

template <typename Predicate>
bool any_compared_value(const FilterNode& node, const JsonValue& document, PathRoot root,
                        Predicate predicate) {
  return visit_compared_values(
      document, node.path,
      [&](const JsonValue* value) { return value != nullptr && predicate(*value); }, root);
}

}  // namespace

bool matches(const FilterNode& node, const JsonValue& document, PathRoot root) {
  const auto child_matches = [&](const FilterNodePtr& child) {
    return matches(*child, document, root);
  };
  const auto is_equal = [&](const JsonValue& operand) {
    return any_compares(FilterOperator::kEqual, node, operand, document, root);
  };
  switch (node.op) {
    case FilterOperator::kTrue:
      return true;
    case FilterOperator::kAnd:
      return std::all_of(node.children.begin(), node.children.end(), child_matches);
    case FilterOperator::kOr:
      return std::any_of(node.children.begin(), node.children.end(), child_matches);
    case FilterOperator::kNot:
      return !matches(*node.children.front(), document, root);
    case FilterOperator::kEqual:
    case FilterOperator::kLess:
    case FilterOperator::kLessEqual:
    case FilterOperator::kGreater:
    case FilterOperator::kGreaterEqual:
      return any_compares(node.op, node, node.operand, document, root);
    case FilterOperator::kIn: {
      const auto& list = node.operand.as_array();
      return std::any_of(list.begin(), list.end(), is_equal);
    }
    case FilterOperator::kAll: {
      const auto& list = node.operand.as_array();
      return !list.empty() && std::all_of(list.begin(), list.end(), is_equal);
    }
    case FilterOperator::kExists:
      return any_value(node, document, root, [](const JsonValue&) { return true; });
    case FilterOperator::kType:
      return any_compared_value(node, document, root,
                                [&](const JsonValue& value) { return has_type(value, node.type); });
    case FilterOperator::kMatches:
      return any_compared_value(node, document, root, [&](const JsonValue& value) {
        return value.is_string() && node.pattern->is_found_in(value.as_text());
      });
    case FilterOperator::kSize:
      return any_value(node, document, root,
                       [&](const JsonValue& value) { return has_size(value, node.operand); });
    case FilterOperator::kAnyElement:
      return any_value(node, document, root, [&](const JsonValue& value) {
        return any_element_matches(value, *node.children.front());
      });
  }
  return false;
}

void add_wanted_parts(const FilterNode& filter, WantedParts* wanted) {
  switch (filter.op) {
    case FilterOperator::kTrue:
      return;
    case FilterOperator::kAnd:
    case FilterOperator::kOr:
    case FilterOperator::kNot:
      for (const FilterNodePtr& child : filter.children) add_wanted_parts(*child, wanted);
      return;
    default:
      // Of kAnyElement, too: filters of elements read what is below the path.
      wanted->add(filter.path);
  }
}

bool Filter::matches(const JsonValue& document) const {
  return ashlar::matches(*root_, document);
}

Result<Filter> Filter::parse(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool is_json = first != std::string_view::npos && text[first] == '{';
  if (FilterNodePtr simple = is_json ? nullptr : parse_simple_filter(text)) {
    return Filter(std::move(simple));
  }
  auto root = is_json ? parse_json_filter(text) : parse_text_filter(text);
  if (!root.ok()) return root.status();
  return Filter(std::move(root).value());
}

std::string Filter::to_text() const {
  return write_text_filter(*root_);
}
std::string Filter::to_json() const {
  return write_json_filter(*root_);
}

}  // namespace ashlar
