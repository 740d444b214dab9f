#include <algorithm>
#include <optional>
#include <utility>

#include "document/json_text.h"
#include "filter/json_spelling.h"
#include "filter/path_text.h"

namespace ashlar {
namespace {

JsonValue spell(const FilterNode& filter);

// A condition on one field: {"path": {operators}}.
struct FieldCondition {
  std::string path;
  JsonValue::Object operators;
};

JsonValue::Object one_member(std::string name, JsonValue value) {
  JsonValue::Object object;
  object.push_back({std::move(name), std::move(value)});
  return object;
}

std::string_view comparison_name(FilterOperator op) {
  switch (op) {
    case FilterOperator::kEqual:
      return "$eq";
    case FilterOperator::kLess:
      return "$lt";
    case FilterOperator::kLessEqual:
      return "$lte";
    case FilterOperator::kGreater:
      return "$gt";
    case FilterOperator::kGreaterEqual:
      return "$gte";
    case FilterOperator::kIn:
      return "$in";
    case FilterOperator::kAll:
      return "$all";
    case FilterOperator::kSize:
      return "$size";
    default:
      return {};
  }
}

bool begins_with_operator(const JsonValue& value) {
  return value.is_object() && !value.as_object().empty() &&
         value.as_object().front().name.starts_with('$');
}

// Operators of the element itself need no "$" before them.
JsonValue spell_element_filter(const FilterNode& child) {
  JsonValue filter = spell(child);
  if (filter.as_object().size() != 1 || filter.as_object().front().name != "$") return filter;
  JsonValue condition = std::move(filter.as_object().front().value);
  if (begins_with_operator(condition)) return condition;
  return JsonValue::object(one_member("$eq", std::move(condition)));
}

std::optional<FieldCondition> field_condition(const FilterNode& node);

std::optional<FieldCondition> negated_condition(const FilterNode& child) {
  auto condition = field_condition(child);
  if (!condition) return std::nullopt;
  auto& first = condition->operators.front();
  if (child.op == FilterOperator::kEqual) {
    first.name = "$ne";
  } else if (child.op == FilterOperator::kIn) {
    first.name = "$nin";
  } else if (child.op == FilterOperator::kExists) {
    first.value = JsonValue::boolean(false);
  } else {
    condition->operators = one_member("$not", JsonValue::object(std::move(condition->operators)));
  }
  return condition;
}

std::optional<FieldCondition> field_condition(const FilterNode& node) {
  const std::string path = to_dotted_path(node.path);
  switch (node.op) {
    case FilterOperator::kTrue:
    case FilterOperator::kAnd:
    case FilterOperator::kOr:
      return std::nullopt;
    case FilterOperator::kNot:
      return negated_condition(*node.children.front());
    case FilterOperator::kExists:
      return FieldCondition{path, one_member("$exists", JsonValue::boolean(true))};
    case FilterOperator::kType:
      return FieldCondition{
          path, one_member("$type", JsonValue::string(std::string(to_string(node.type))))};
    case FilterOperator::kMatches: {
      FieldCondition condition{path,
                               one_member("$regex", JsonValue::string(node.pattern->source()))};
      if (!node.pattern->flags().empty()) {
        condition.operators.push_back({"$options", JsonValue::string(node.pattern->flags())});
      }
      return condition;
    }
    case FilterOperator::kAnyElement:
      return FieldCondition{path,
                            one_member("$elemMatch", spell_element_filter(*node.children.front()))};
    default:
      return FieldCondition{path, one_member(std::string(comparison_name(node.op)), node.operand)};
  }
}

bool shares_operator(const JsonValue::Object& a, const JsonValue::Object& b) {
  return std::any_of(a.begin(), a.end(), [&](const JsonValue::Member& one) {
    return std::any_of(b.begin(), b.end(),
                       [&](const JsonValue::Member& other) { return one.name == other.name; });
  });
}

// One object for all conditions, in their order; nothing if they need a list: a condition that is
// not of a field, or a field or operator twice.
std::optional<std::vector<FieldCondition>> merge_conditions(
    const std::vector<FilterNodePtr>& children) {
  std::vector<FieldCondition> merged;
  for (const FilterNodePtr& child : children) {
    auto condition = field_condition(*child);
    if (!condition) return std::nullopt;
    if (!merged.empty() && merged.back().path == condition->path) {
      auto& operators = merged.back().operators;
      if (shares_operator(operators, condition->operators)) return std::nullopt;
      operators.insert(operators.end(), condition->operators.begin(), condition->operators.end());
      continue;
    }
    for (const FieldCondition& other : merged) {
      if (other.path == condition->path) return std::nullopt;
    }
    merged.push_back(std::move(*condition));
  }
  return merged;
}

JsonValue spell_conditions(std::vector<FieldCondition> conditions) {
  JsonValue::Object object;
  for (FieldCondition& condition : conditions) {
    auto& operators = condition.operators;
    const bool is_plain = operators.size() == 1 && operators.front().name == "$eq" &&
                          !begins_with_operator(operators.front().value);
    JsonValue value =
        is_plain ? std::move(operators.front().value) : JsonValue::object(std::move(operators));
    object.push_back({std::move(condition.path), std::move(value)});
  }
  return JsonValue::object(std::move(object));
}

JsonValue spell_list(std::string name, const std::vector<FilterNodePtr>& children) {
  JsonValue::Array list;
  for (const FilterNodePtr& child : children) list.push_back(spell(*child));
  return JsonValue::object(one_member(std::move(name), JsonValue::array(std::move(list))));
}

JsonValue spell(const FilterNode& filter) {
  switch (filter.op) {
    case FilterOperator::kTrue:
      return JsonValue::object();
    case FilterOperator::kAnd: {
      auto conditions = merge_conditions(filter.children);
      return conditions ? spell_conditions(std::move(*conditions))
                        : spell_list("$and", filter.children);
    }
    case FilterOperator::kOr:
      return spell_list("$or", filter.children);
    default:
      break;
  }
  if (auto condition = field_condition(filter)) {
    std::vector<FieldCondition> conditions;
    conditions.push_back(std::move(*condition));
    return spell_conditions(std::move(conditions));
  }
  const FilterNode& child = *filter.children.front();
  return spell_list("$nor", child.op == FilterOperator::kOr ? child.children : filter.children);
}

}  // namespace

std::string write_json_filter(const FilterNode& filter) {
  return to_json(spell(filter));
}

}  // namespace ashlar
