#include "filter/json_spelling.h"

#include <utility>

#include "base/try.h"
#include "document/json_text.h"
#include "filter/filter.h"
#include "filter/filter_depth.h"
#include "filter/path_text.h"

namespace ashlar {
namespace {

using Nodes = std::vector<FilterNodePtr>;

Result<FilterNodePtr> read_filter(const JsonValue& value, int depth);

Status at_field(std::string_view name, const Status& status) {
  return Status::invalid_argument("filter: \"" + std::string(name) +
                                  "\": " + std::string(status.message()));
}

// A name that is no path.
bool is_operator(std::string_view name) {
  return name.starts_with('$') && name != "$" && !name.starts_with("$.") && !name.starts_with("$[");
}

bool is_list_operator(std::string_view name) {
  return name == "$and" || name == "$or" || name == "$nor";
}

bool has_operators(const JsonValue& value) {
  return value.is_object() && !value.as_object().empty() &&
         is_operator(value.as_object().front().name);
}

struct ComparisonName {
  std::string_view name;
  FilterOperator op;
  bool negated;
};
constexpr ComparisonName kComparisons[] = {
    {"$eq", FilterOperator::kEqual, false},   {"$ne", FilterOperator::kEqual, true},
    {"$gt", FilterOperator::kGreater, false}, {"$gte", FilterOperator::kGreaterEqual, false},
    {"$lt", FilterOperator::kLess, false},    {"$lte", FilterOperator::kLessEqual, false},
};

Result<ValueType> type_named(const JsonValue& name) {
  if (!name.is_string()) return Status::invalid_argument("$type takes the name of a type");
  const std::string& text = name.as_text();
  if (text == "int" || text == "long") return ValueType::kInteger;
  if (text == "double" || text == "decimal") return ValueType::kNumber;
  const auto type = value_type_named(text);
  if (!type) return Status::invalid_argument("there is no type \"" + text + '"');
  return *type;
}

Result<FilterNodePtr> read_type(const SingularPath& path, const JsonValue& operand) {
  if (!operand.is_array()) {
    ASHLAR_TRY_ASSIGN(const ValueType type, type_named(operand));
    return make_type(path, type);
  }
  Nodes types;
  for (const JsonValue& name : operand.as_array()) {
    ASHLAR_TRY_ASSIGN(const ValueType type, type_named(name));
    types.push_back(make_type(path, type));
  }
  if (types.empty()) return Status::invalid_argument("$type takes at least one type");
  return make_or(std::move(types));
}

Result<FilterNodePtr> read_exists(const SingularPath& path, const JsonValue& operand) {
  bool wanted = false;
  if (operand.kind() == JsonValue::Kind::kBool) {
    wanted = operand.as_bool();
  } else if (operand.kind() == JsonValue::Kind::kInt) {
    wanted = operand.as_int() != 0;
  } else {
    return Status::invalid_argument("$exists takes true or false");
  }
  FilterNodePtr exists = make_exists(path);
  return wanted ? exists : make_not(std::move(exists));
}

Result<FilterNodePtr> read_operators(const SingularPath& path, const JsonValue& operators,
                                     int depth);

Result<FilterNodePtr> read_any_element(const SingularPath& path, const JsonValue& operand,
                                       int depth) {
  if (!operand.is_object()) return Status::invalid_argument("$elemMatch takes an object");
  const bool of_the_element =
      has_operators(operand) && !is_list_operator(operand.as_object().front().name);
  auto child = of_the_element ? read_operators(SingularPath(), operand, depth + 1)
                              : read_filter(operand, depth + 1);
  ASHLAR_TRY(child.status());
  return make_any_element(path, std::move(child).value());
}

Result<FilterNodePtr> read_list(const SingularPath& path, std::string_view name,
                                const JsonValue& operand, int depth) {
  if (!operand.is_array()) return Status::invalid_argument(std::string(name) + " takes an array");
  if (name != "$all") {
    auto in = make_comparison(FilterOperator::kIn, path, operand);
    return name == "$nin" ? make_not(std::move(in)) : in;
  }
  Nodes elements;
  for (const JsonValue& element : operand.as_array()) {
    const JsonValue* const inner = element.find("$elemMatch");
    if (inner == nullptr || element.as_object().size() != 1) break;
    ASHLAR_TRY_ASSIGN(elements.emplace_back(), read_any_element(path, *inner, depth));
  }
  if (elements.empty()) return make_comparison(FilterOperator::kAll, path, operand);
  if (elements.size() != operand.as_array().size()) {
    return Status::invalid_argument("$all takes values or $elemMatch, not both");
  }
  return make_and(std::move(elements));
}

Result<FilterNodePtr> read_regex(const SingularPath& path, const JsonValue& source,
                                 const JsonValue* options) {
  if (!source.is_string()) return Status::invalid_argument("$regex takes a string");
  if (options != nullptr && !options->is_string()) {
    return Status::invalid_argument("$options takes a string");
  }
  ASHLAR_TRY_ASSIGN(auto pattern, Pattern::compile(source.as_text(),
                                                   options != nullptr ? options->as_text() : ""));
  return make_matches(path, std::move(pattern));
}

Result<FilterNodePtr> read_size(const SingularPath& path, const JsonValue& operand) {
  if (operand.kind() != JsonValue::Kind::kInt || operand.as_int() < 0) {
    return Status::invalid_argument("$size takes an integer that is not negative");
  }
  return make_comparison(FilterOperator::kSize, path, operand);
}

Result<FilterNodePtr> read_negation(const SingularPath& path, const JsonValue& operand, int depth) {
  if (!has_operators(operand)) return Status::invalid_argument("$not takes operators");
  ASHLAR_TRY_ASSIGN(auto child, read_operators(path, operand, depth + 1));
  return make_not(std::move(child));
}

Result<FilterNodePtr> read_operator(const SingularPath& path, std::string_view name,
                                    const JsonValue& operand, const JsonValue& beside, int depth) {
  for (const ComparisonName& comparison : kComparisons) {
    if (name != comparison.name) continue;
    auto node = make_comparison(comparison.op, path, operand);
    return comparison.negated ? make_not(std::move(node)) : node;
  }
  if (name == "$in" || name == "$nin" || name == "$all") {
    return read_list(path, name, operand, depth);
  }
  if (name == "$exists") return read_exists(path, operand);
  if (name == "$type") return read_type(path, operand);
  if (name == "$regex") return read_regex(path, operand, beside.find("$options"));
  if (name == "$size") return read_size(path, operand);
  if (name == "$elemMatch") return read_any_element(path, operand, depth);
  if (name == "$not") return read_negation(path, operand, depth);
  if (!name.starts_with('$')) {
    return Status::invalid_argument("operators beside the name \"" + std::string(name) + '"');
  }
  return Status::invalid_argument("unknown operator " + std::string(name));
}

Result<FilterNodePtr> read_operators(const SingularPath& path, const JsonValue& operators,
                                     int depth) {
  ASHLAR_TRY(check_filter_depth(depth));
  Nodes nodes;
  for (const auto& [name, operand] : operators.as_object()) {
    if (name == "$options" && operators.find("$regex") != nullptr) continue;
    ASHLAR_TRY_ASSIGN(nodes.emplace_back(), read_operator(path, name, operand, operators, depth));
  }
  return make_and(std::move(nodes));
}

Result<FilterNodePtr> read_list_operator(std::string_view name, const JsonValue& operand,
                                         int depth) {
  if (!operand.is_array() || operand.as_array().empty()) {
    return Status::invalid_argument("takes an array of filters, with one at least");
  }
  Nodes children;
  for (const JsonValue& child : operand.as_array()) {
    ASHLAR_TRY_ASSIGN(children.emplace_back(), read_filter(child, depth + 1));
  }
  if (name == "$and") return make_and(std::move(children));
  FilterNodePtr any = make_or(std::move(children));
  return name == "$or" ? any : make_not(std::move(any));
}

Result<FilterNodePtr> read_member(std::string_view name, const JsonValue& operand, int depth) {
  if (is_list_operator(name)) return read_list_operator(name, operand, depth);
  if (is_operator(name)) return Status::invalid_argument("unknown operator");
  ASHLAR_TRY_ASSIGN(SingularPath path, parse_dotted_path(name));
  if (has_operators(operand)) return read_operators(path, operand, depth);
  return make_comparison(FilterOperator::kEqual, std::move(path), operand);
}

Result<FilterNodePtr> read_filter(const JsonValue& value, int depth) {
  ASHLAR_TRY(check_filter_depth(depth));
  if (!value.is_object()) return Status::invalid_argument("a filter is an object");
  Nodes nodes;
  for (const auto& [name, operand] : value.as_object()) {
    auto node = read_member(name, operand, depth);
    if (!node.ok()) return depth == 0 ? at_field(name, node.status()) : node.status();
    nodes.push_back(std::move(node).value());
  }
  return make_and(std::move(nodes));
}

}  // namespace

Result<FilterNodePtr> read_json_filter(const JsonValue& value) {
  ASHLAR_TRY_ASSIGN(FilterNodePtr root, read_filter(value, 0));
  ASHLAR_TRY(check_filter_depth(filter_depth(*root)));
  return root;
}

Result<FilterNodePtr> parse_json_filter(std::string_view text) {
  if (text.size() > kMaximumFilterBytes) return Status::too_large("a filter of over 1 MiB");
  auto value = parse_json(text);
  if (!value.ok()) {
    return Status::invalid_argument("filter: " + std::string(value.status().message()));
  }
  return read_json_filter(*value);
}

}  // namespace ashlar
