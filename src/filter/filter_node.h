// A filter as a tree: what both spellings are read into, and what the planner looks at.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/json_path.h"
#include "document/json_value.h"
#include "filter/pattern.h"

namespace ashlar {

enum class FilterOperator : unsigned char {
  // Of other filters.
  kTrue,  // every document
  kAnd,
  kOr,
  kNot,
  // Of the values at a path.
  kEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,      // equal to one of a list
  kAll,     // for each of a list: equal to it
  kExists,  // there is a value
  kType,
  kMatches,     // a string in which the pattern is found
  kSize,        // an array of so many elements
  kAnyElement,  // an array one element of which matches another filter as a whole
};

// What kType asks for. kInteger: a number without a fraction that fits 64 bits, however spelled.
enum class ValueType : unsigned char {
  kNull,
  kBool,
  kNumber,
  kInteger,
  kString,
  kArray,
  kObject,
};

// "null", "bool", "number", "integer", "string", "array", "object".
std::string_view to_string(ValueType type);
std::optional<ValueType> value_type_named(std::string_view name);
bool has_type(const JsonValue& value, ValueType type);

struct FilterNode;
using FilterNodePtr = std::shared_ptr<const FilterNode>;

// Made by the functions below, which keep one form for each meaning:
//
// [FIL-1] kAnd and kOr have two children or more, none of which has the parent's operator; kTrue
//         stands below kNot and kAnyElement only; kNot never stands below kNot.
//
// Ownership: shared; a node never changes.
// Threads:   any.
struct FilterNode {
  FilterOperator op = FilterOperator::kTrue;
  SingularPath path;
  JsonValue operand;  // of comparisons and kSize; the list of kIn and kAll
  ValueType type = ValueType::kNull;
  std::shared_ptr<const Pattern> pattern;
  std::vector<FilterNodePtr> children;
};

FilterNodePtr make_true();
FilterNodePtr make_and(std::vector<FilterNodePtr> children);
// Of no children: matches nothing.
FilterNodePtr make_or(std::vector<FilterNodePtr> children);
FilterNodePtr make_not(FilterNodePtr child);
// kEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kSize; kIn and kAll with an array.
FilterNodePtr make_comparison(FilterOperator op, SingularPath path, JsonValue operand);
FilterNodePtr make_exists(SingularPath path);
FilterNodePtr make_type(SingularPath path, ValueType type);
FilterNodePtr make_matches(SingularPath path, std::shared_ptr<const Pattern> pattern);
FilterNodePtr make_any_element(SingularPath path, FilterNodePtr child);

bool same_path(const SingularPath& a, const SingularPath& b);
// Whether the trees are the same. (Different trees may still mean the same.)
bool same_filter(const FilterNode& a, const FilterNode& b);

}  // namespace ashlar
