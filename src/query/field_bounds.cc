#include "query/field_bounds.h"

#include <algorithm>
#include <utility>

#include "base/key_prefix.h"

namespace ashlar {
namespace {

// Of the parts of one conjunction.
constexpr std::size_t kConsideredConditions = 200;

// --- Conditions on one value -------------------------------------------------------------------

ValueSet values_of_type(ValueType type) {
  switch (type) {
    case ValueType::kNull:
      return ValueSet::point(JsonValue());
    case ValueType::kBool:
      return ValueSet::within_class(JsonValue::boolean(true), {}, {});
    case ValueType::kNumber:
    case ValueType::kInteger:
      return ValueSet::within_class(JsonValue::integer(0), {}, {});
    case ValueType::kString:
      return ValueSet::within_class(JsonValue::string(""), {}, {});
    case ValueType::kArray:
      return ValueSet::within_class(JsonValue::array(), {}, {});
    case ValueType::kObject:
      return ValueSet::within_class(JsonValue::object(), {}, {});
  }
  return ValueSet::all();
}

ValueSet values_of_pattern(const Pattern& pattern) {
  const std::string prefix = pattern.literal_prefix();
  std::optional<ValueCut> low, high;
  if (!prefix.empty()) {
    low = ValueCut::before(JsonValue::string(prefix));
    high = ValueCut::before(JsonValue::string(end_of_prefix(prefix)));
  }
  return ValueSet::within_class(JsonValue::string(""), std::move(low), std::move(high));
}

// The values that fulfil a condition on its path; false if it is not of that kind. *exact: all of
// them do, and no value has to be looked at otherwise.
bool condition_values(const FilterNode& node, ValueSet* values, bool* exact) {
  *exact = true;
  const JsonValue& operand = node.operand;
  switch (node.op) {
    case FilterOperator::kEqual:
      *values = ValueSet::point(operand);
      return true;
    case FilterOperator::kLess:
      *values = ValueSet::within_class(operand, {}, ValueCut::before(operand));
      return true;
    case FilterOperator::kLessEqual:
      *values = ValueSet::within_class(operand, {}, ValueCut::after(operand));
      return true;
    case FilterOperator::kGreater:
      *values = ValueSet::within_class(operand, ValueCut::after(operand), {});
      return true;
    case FilterOperator::kGreaterEqual:
      *values = ValueSet::within_class(operand, ValueCut::before(operand), {});
      return true;
    case FilterOperator::kIn:
      *values = ValueSet::points(operand.as_array());
      return true;
    case FilterOperator::kType:
      *values = values_of_type(node.type);
      *exact = node.type != ValueType::kNull && node.type != ValueType::kInteger;
      return true;
    case FilterOperator::kMatches:
      *values = values_of_pattern(*node.pattern);
      *exact = false;
      return true;
    default:
      return false;
  }
}

// --- Several conditions ------------------------------------------------------------------------

// Of two sets one of which has to do: points before ranges, few before many.
bool is_narrower(const ValueSet& a, const ValueSet& b) {
  if (a.is_all() != b.is_all()) return b.is_all();
  if (a.is_points() != b.is_points()) return a.is_points();
  if (b.includes(a)) return !a.includes(b);
  if (a.is_points()) return a.intervals().size() < b.intervals().size();
  return false;
}

bool is_path(const SingularPath& path, const std::vector<PathStep>& steps) {
  return std::equal(path.steps().begin(), path.steps().end(), steps.begin(), steps.end(),
                    [](const PathStep& a, const PathStep& b) {
                      return a.is_index == b.is_index && a.index == b.index && a.name == b.name;
                    });
}

// Bounds for the values at `field`, seen from where the filter's paths start.
class Bounds {
 public:
  Bounds(std::vector<PathStep> field, bool single_valued)
      : field_(std::move(field)), single_valued_(single_valued) {}

  ValueSet of(const FilterNode& node) const {
    switch (node.op) {
      case FilterOperator::kTrue:
        return ValueSet::all();
      case FilterOperator::kAnd:
        return of_all(node.children, [this](const FilterNode& child) { return of(child); });
      case FilterOperator::kOr: {
        std::vector<ValueSet> any;
        for (const FilterNodePtr& child : node.children) any.push_back(of(*child));
        return ValueSet::union_of(any);
      }
      case FilterOperator::kNot:
        return of_negation(*node.children.front());
      case FilterOperator::kAll:
        return of_list(node);
      case FilterOperator::kAnyElement:
        return of_element(node);
      default: {
        ValueSet values;
        bool exact = false;
        if (!is_path(node.path, field_) || !condition_values(node, &values, &exact)) {
          return ValueSet::all();
        }
        return values;
      }
    }
  }

 private:
  ValueSet both(const ValueSet& a, const ValueSet& b) const {
    if (single_valued_) return intersect(a, b);
    return is_narrower(b, a) ? b : a;
  }

  // Leaving conditions out makes the set larger, never wrong.
  template <typename Of>
  ValueSet of_all(const std::vector<FilterNodePtr>& children, Of of_child) const {
    ValueSet values = ValueSet::all();
    const std::size_t count = std::min(children.size(), kConsideredConditions);
    for (std::size_t at = 0; at < count; ++at) values = both(values, of_child(*children[at]));
    return values;
  }

  ValueSet of_list(const FilterNode& node) const {
    if (!is_path(node.path, field_)) return ValueSet::all();
    const auto& list = node.operand.as_array();
    if (list.empty()) return {};
    ValueSet values = ValueSet::all();
    const std::size_t count = std::min(list.size(), kConsideredConditions);
    for (std::size_t at = 0; at < count; ++at) values = both(values, ValueSet::point(list[at]));
    return values;
  }

  // A document for which a condition does not hold has no value that fulfils it: all it has lie
  // outside.
  ValueSet of_negation(const FilterNode& child) const {
    if (child.op == FilterOperator::kAnd) {
      std::vector<ValueSet> any;
      for (const FilterNodePtr& part : child.children) any.push_back(of_negation(*part));
      return ValueSet::union_of(any);
    }
    if (child.op == FilterOperator::kOr) {
      return of_all(child.children, [this](const FilterNode& part) { return of_negation(part); });
    }
    if (child.op == FilterOperator::kTrue) return {};
    if (child.op == FilterOperator::kNot) return of(*child.children.front());
    if (!is_path(child.path, field_)) return ValueSet::all();
    if (child.op == FilterOperator::kExists) return ValueSet::point(JsonValue());
    ValueSet values;
    bool exact = false;
    if (!condition_values(child, &values, &exact) || !exact) return ValueSet::all();
    return values.complement();
  }

  // An element is one value, and its members are where the rest of the path leads. But an element
  // that is no object has no entry where its missing members would have null.
  ValueSet of_element(const FilterNode& node) const {
    std::vector<PathStep> rest;
    std::vector<PathStep> front = field_;
    const std::size_t length = node.path.steps().size();
    if (front.size() < length) return ValueSet::all();
    rest.assign(front.begin() + static_cast<std::ptrdiff_t>(length), front.end());
    front.resize(length);
    if (!is_path(node.path, front) || (!rest.empty() && rest.front().is_index)) {
      return ValueSet::all();
    }
    const bool is_element = rest.empty();
    ValueSet values = Bounds(std::move(rest), is_element).of(*node.children.front());
    if (!is_element && values.contains(JsonValue())) return ValueSet::all();
    return values;
  }

  const std::vector<PathStep> field_;
  const bool single_valued_;
};

void collect_conjuncts(const FilterNode& filter, std::vector<const FilterNode*>* conjuncts) {
  if (filter.op != FilterOperator::kAnd) {
    conjuncts->push_back(&filter);
    return;
  }
  for (const FilterNodePtr& child : filter.children) conjuncts->push_back(child.get());
}

bool implies_part(const FilterNode& filter, const FilterNode& part) {
  std::vector<const FilterNode*> conjuncts;
  collect_conjuncts(filter, &conjuncts);
  const bool is_said = std::any_of(conjuncts.begin(), conjuncts.end(),
                                   [&](const FilterNode* one) { return same_filter(*one, part); });
  if (is_said || part.op == FilterOperator::kTrue) return true;
  if (part.op == FilterOperator::kExists) return requires_value(filter, part.path);
  ValueSet wanted;
  bool exact = false;
  if (!condition_values(part, &wanted, &exact) || !exact) return false;
  return wanted.includes(field_bounds(filter, part.path, false));
}

}  // namespace

ValueSet field_bounds(const FilterNode& filter, const SingularPath& field, bool single_valued) {
  return Bounds(field.steps(), single_valued).of(filter);
}

bool requires_value(const FilterNode& filter, const SingularPath& path) {
  if (!field_bounds(filter, path, false).contains(JsonValue())) return true;
  std::vector<const FilterNode*> conjuncts;
  collect_conjuncts(filter, &conjuncts);
  return std::any_of(conjuncts.begin(), conjuncts.end(), [&](const FilterNode* one) {
    return one->op == FilterOperator::kExists && same_path(one->path, path);
  });
}

bool implies(const FilterNode& filter, const FilterNode& condition) {
  if (same_filter(filter, condition)) return true;
  std::vector<const FilterNode*> parts;
  collect_conjuncts(condition, &parts);
  return std::all_of(parts.begin(), parts.end(),
                     [&](const FilterNode* part) { return implies_part(filter, *part); });
}

}  // namespace ashlar
