#include <algorithm>

#include "document/json_text.h"
#include "filter/path_text.h"
#include "filter/text_spelling.h"

namespace ashlar {
namespace {

void append_filter(const FilterNode& filter, std::string* out);

bool is_reserved(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return std::binary_search(std::begin(kReservedWords), std::end(kReservedWords), lower);
}

std::string spell_path(const SingularPath& path) {
  const auto& steps = path.steps();
  if (steps.empty()) return "$";
  if (steps.front().is_index || !has_plain_names(path) || is_reserved(steps.front().name)) {
    return path.to_string();
  }
  std::string text;
  for (const PathStep& step : steps) {
    if (step.is_index) {
      text.append("[").append(std::to_string(step.index)).append("]");
    } else {
      text.append(text.empty() ? "" : ".").append(step.name);
    }
  }
  return text;
}

std::string_view comparison_sign(FilterOperator op) {
  switch (op) {
    case FilterOperator::kEqual:
      return " = ";
    case FilterOperator::kLess:
      return " < ";
    case FilterOperator::kLessEqual:
      return " <= ";
    case FilterOperator::kGreater:
      return " > ";
    case FilterOperator::kGreaterEqual:
      return " >= ";
    default:
      return {};
  }
}

void append_list(const JsonValue::Array& list, std::string* out) {
  out->push_back('(');
  bool first = true;
  for (const JsonValue& value : list) {
    if (!first) out->append(", ");
    first = false;
    append_json(value, out);
  }
  out->push_back(')');
}

// Between slashes if it can be written there as it is.
void append_pattern(const Pattern& pattern, std::string* out) {
  const std::string& source = pattern.source();
  const bool is_plain =
      !source.empty() && std::all_of(source.begin(), source.end(), [](char character) {
        return character != '/' && static_cast<unsigned char>(character) >= 0x20;
      });
  if (is_plain) {
    out->append("/").append(source).append("/");
  } else {
    append_json(JsonValue::string(source), out);
  }
  out->append(pattern.flags());
}

// A child that binds less closely than its parent stands in parentheses.
void append_child(const FilterNode& child, bool in_parentheses, std::string* out) {
  if (in_parentheses) out->push_back('(');
  append_filter(child, out);
  if (in_parentheses) out->push_back(')');
}

void append_children(const FilterNode& filter, std::string* out) {
  const bool is_and = filter.op == FilterOperator::kAnd;
  bool first = true;
  for (const FilterNodePtr& child : filter.children) {
    if (!first) out->append(is_and ? " and " : " or ");
    first = false;
    append_child(*child, is_and && child->op == FilterOperator::kOr, out);
  }
}

void append_negation(const FilterNode& child, std::string* out) {
  const std::string path = spell_path(child.path);
  switch (child.op) {
    case FilterOperator::kTrue:
      out->append("false");
      break;
    case FilterOperator::kEqual:
      out->append(path).append(" != ");
      append_json(child.operand, out);
      break;
    case FilterOperator::kIn:
      out->append(path).append(" not in ");
      append_list(child.operand.as_array(), out);
      break;
    case FilterOperator::kExists:
      out->append(path).append(" is missing");
      break;
    case FilterOperator::kType:
      out->append(path).append(" is not ").append(to_string(child.type));
      break;
    default:
      out->append("not ");
      append_child(child, child.op == FilterOperator::kAnd || child.op == FilterOperator::kOr, out);
  }
}

void append_all(const std::string& path, const JsonValue::Array& list, std::string* out) {
  out->append(path).append(" contains ");
  if (list.size() == 1) {
    append_json(list.front(), out);
  } else {
    out->append("all ");
    append_list(list, out);
  }
}

void append_filter(const FilterNode& filter, std::string* out) {
  const std::string path = spell_path(filter.path);
  switch (filter.op) {
    case FilterOperator::kTrue:
      out->append("true");
      break;
    case FilterOperator::kAnd:
    case FilterOperator::kOr:
      append_children(filter, out);
      break;
    case FilterOperator::kNot:
      append_negation(*filter.children.front(), out);
      break;
    case FilterOperator::kEqual:
    case FilterOperator::kLess:
    case FilterOperator::kLessEqual:
    case FilterOperator::kGreater:
    case FilterOperator::kGreaterEqual:
      out->append(path).append(comparison_sign(filter.op));
      append_json(filter.operand, out);
      break;
    case FilterOperator::kIn:
      out->append(path).append(" in ");
      append_list(filter.operand.as_array(), out);
      break;
    case FilterOperator::kAll:
      append_all(path, filter.operand.as_array(), out);
      break;
    case FilterOperator::kExists:
      out->append(path).append(" exists");
      break;
    case FilterOperator::kType:
      out->append(path).append(" is ").append(to_string(filter.type));
      break;
    case FilterOperator::kMatches:
      out->append(path).append(" matches ");
      append_pattern(*filter.pattern, out);
      break;
    case FilterOperator::kSize:
      out->append("size(").append(path).append(") = ");
      append_json(filter.operand, out);
      break;
    case FilterOperator::kAnyElement:
      out->append("any ").append(path).append(" (");
      append_filter(*filter.children.front(), out);
      out->push_back(')');
      break;
  }
}

}  // namespace

std::string write_text_filter(const FilterNode& filter) {
  std::string text;
  append_filter(filter, &text);
  return text;
}

}  // namespace ashlar
