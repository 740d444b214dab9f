// The part of the evaluation that is about filters.
#include <algorithm>

#include "document/json_order.h"
#include "document/path_evaluation.h"

namespace ashlar {
namespace {

// Nothing equals nothing alone.
bool equal(const JsonValue* a, const JsonValue* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return compare_json(*a, *b) == 0;
}

// Only numbers and strings have an order, each among themselves.
bool less(const JsonValue* a, const JsonValue* b) {
  if (a == nullptr || b == nullptr) return false;
  const bool ordered = (a->is_number() && b->is_number()) || (a->is_string() && b->is_string());
  return ordered && compare_json(*a, *b) < 0;
}

bool compare(PathComparator comparator, const JsonValue* a, const JsonValue* b) {
  switch (comparator) {
    case PathComparator::kEqual:
      return equal(a, b);
    case PathComparator::kNotEqual:
      return !equal(a, b);
    case PathComparator::kLess:
      return less(a, b);
    case PathComparator::kLessOrEqual:
      return less(a, b) || equal(a, b);
    case PathComparator::kGreater:
      return less(b, a);
    case PathComparator::kGreaterOrEqual:
      return less(b, a) || equal(a, b);
  }
  return false;  // not reached: every comparator is above
}

bool test_holds(const PathOperand& operand, const PathScope& scope) {
  if (const auto* query = std::get_if<PathQuery>(&operand)) {
    return !visit_path(*query, scope, [](const JsonValue&) { return false; });
  }
  const PathCall& call = *std::get<std::shared_ptr<const PathCall>>(operand);
  return call.function->holds(call, scope);
}

}  // namespace

PathValue path_value(const PathOperand& operand, const PathScope& scope) {
  if (const auto* literal = std::get_if<JsonValue>(&operand)) return PathValue(literal);
  if (const auto* query = std::get_if<PathQuery>(&operand)) {
    const JsonValue* found = nullptr;
    visit_path(*query, scope, [&](const JsonValue& value) {
      found = &value;
      return false;
    });
    return PathValue(found);
  }
  const PathCall& call = *std::get<std::shared_ptr<const PathCall>>(operand);
  return call.function->value(call, scope);
}

bool filter_holds(const PathFilter& filter, const PathScope& scope) {
  const auto holds = [&](const PathFilter& part) { return filter_holds(part, scope); };
  switch (filter.kind) {
    case PathFilter::Kind::kOr:
      return std::any_of(filter.parts.begin(), filter.parts.end(), holds);
    case PathFilter::Kind::kAnd:
      return std::all_of(filter.parts.begin(), filter.parts.end(), holds);
    case PathFilter::Kind::kNot:
      return !holds(filter.parts.front());
    case PathFilter::Kind::kTest:
      return test_holds(filter.operands.front(), scope);
    case PathFilter::Kind::kComparison: {
      const PathValue left = path_value(filter.operands.front(), scope);
      const PathValue right = path_value(filter.operands.back(), scope);
      return compare(filter.comparator, left.get(), right.get());
    }
  }
  return false;  // not reached: every kind is above
}

}  // namespace ashlar
