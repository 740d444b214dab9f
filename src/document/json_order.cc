#include "document/json_order.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "document/json_members.h"
#include "document/number_key.h"

namespace ashlar {
namespace {

using Kind = JsonValue::Kind;

// Where a value's type stands in the order.
int rank(const JsonValue& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return 0;
    case Kind::kBool:
      return value.as_bool() ? 2 : 1;
    case Kind::kInt:
    case Kind::kUint:
    case Kind::kDouble:
    case Kind::kBigNumber:
      return 3;
    case Kind::kString:
      return 4;
    case Kind::kArray:
      return 5;
    case Kind::kObject:
      return 6;
  }
  return 0;  // not reached: every kind is above
}

std::weak_ordering compare_doubles(double a, double b) {
  if (a < b) return std::weak_ordering::less;
  return a > b ? std::weak_ordering::greater : std::weak_ordering::equivalent;
}

// `limit` is the power of two above every Integer.
template <typename Integer>
std::weak_ordering compare_with_double(Integer a, double b, double limit) {
  if (b >= limit) return std::weak_ordering::less;
  const double whole = std::trunc(b);
  if (!std::is_signed_v<Integer> && whole < 0) return std::weak_ordering::greater;
  if (std::is_signed_v<Integer> && whole < -limit) return std::weak_ordering::greater;
  const auto order = a <=> static_cast<Integer>(whole);
  return order != 0 ? std::weak_ordering(order) : compare_doubles(whole, b);
}

std::weak_ordering reversed(std::weak_ordering order) {
  return 0 <=> order;
}

std::weak_ordering compare_numbers(const JsonValue& a, const JsonValue& b) {
  if (a.kind() == Kind::kBigNumber || b.kind() == Kind::kBigNumber) {
    return number_key(a) <=> number_key(b);
  }
  if (a.kind() == Kind::kDouble) {
    if (b.kind() == Kind::kDouble) return compare_doubles(a.as_double(), b.as_double());
    return reversed(compare_numbers(b, a));
  }
  if (a.kind() == Kind::kInt) {
    if (b.kind() == Kind::kInt) return a.as_int() <=> b.as_int();
    if (b.kind() == Kind::kUint) return std::weak_ordering::less;
    return compare_with_double(a.as_int(), b.as_double(), 0x1p63);
  }
  if (b.kind() == Kind::kUint) return a.as_uint() <=> b.as_uint();
  if (b.kind() == Kind::kInt) return std::weak_ordering::greater;
  return compare_with_double(a.as_uint(), b.as_double(), 0x1p64);
}

std::weak_ordering compare_arrays(const JsonValue::Array& a, const JsonValue::Array& b) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (const auto order = compare_json(a[i], b[i]); order != 0) return order;
  }
  return a.size() <=> b.size();
}

std::weak_ordering compare_objects(const JsonValue::Object& a, const JsonValue::Object& b) {
  const auto sorted_a = sorted_members(a);
  const auto sorted_b = sorted_members(b);
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (const auto order = sorted_a[i]->name <=> sorted_b[i]->name; order != 0) return order;
    const auto order = compare_json(sorted_a[i]->value, sorted_b[i]->value);
    if (order != 0) return order;
  }
  return a.size() <=> b.size();
}

}  // namespace

std::weak_ordering compare_json(const JsonValue& a, const JsonValue& b) {
  const int type = rank(a);
  if (const auto order = type <=> rank(b); order != 0) return order;
  if (a.is_number()) return compare_numbers(a, b);
  if (a.is_string()) return a.as_text() <=> b.as_text();
  if (a.is_array()) return compare_arrays(a.as_array(), b.as_array());
  if (a.is_object()) return compare_objects(a.as_object(), b.as_object());
  return std::weak_ordering::equivalent;
}

}  // namespace ashlar
