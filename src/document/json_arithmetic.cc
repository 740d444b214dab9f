#include "document/json_arithmetic.h"

#include <cmath>
#include <optional>
#include <string>

#include "document/json_text.h"

namespace ashlar {
namespace {

using Kind = JsonValue::Kind;

bool is_integer(const JsonValue& value) {
  return value.kind() == Kind::kInt || value.kind() == Kind::kUint;
}

double to_double(const JsonValue& value) {
  if (value.kind() == Kind::kInt) return static_cast<double>(value.as_int());
  if (value.kind() == Kind::kUint) return static_cast<double>(value.as_uint());
  return value.as_double();
}

Status out_of_range(const JsonValue& a, const JsonValue& b) {
  return Status::invalid_argument("the sum of " + to_json(a) + " and " + to_json(b) +
                                  " is out of range");
}

Result<JsonValue> add_integers(const JsonValue& a, const JsonValue& b) {
  if (a.kind() == Kind::kInt && b.kind() == Kind::kInt) {
    int64_t sum = 0;
    if (__builtin_add_overflow(a.as_int(), b.as_int(), &sum)) return out_of_range(a, b);
    return JsonValue::integer(sum);
  }
  // One is beyond int64 upwards, so only the upper end can be passed.
  uint64_t sum = 0;
  const JsonValue& large = a.kind() == Kind::kUint ? a : b;
  const JsonValue& other = a.kind() == Kind::kUint ? b : a;
  const bool beyond = other.kind() == Kind::kUint
                          ? __builtin_add_overflow(large.as_uint(), other.as_uint(), &sum)
                          : __builtin_add_overflow(large.as_uint(), other.as_int(), &sum);
  if (beyond) return out_of_range(a, b);
  return JsonValue::unsigned_integer(sum);
}

Status check_number(const JsonValue& value) {
  if (!value.is_number()) return Status::invalid_argument("no number to add");
  if (value.kind() != Kind::kBigNumber) return {};
  return Status::invalid_argument("a number of more than 64 bits takes no sum");
}

}  // namespace

Result<JsonValue> add_numbers(const JsonValue& a, const JsonValue& b) {
  for (const JsonValue* value : {&a, &b}) {
    if (Status status = check_number(*value); !status.ok()) return status;
  }
  if (is_integer(a) && is_integer(b)) return add_integers(a, b);
  const double sum = to_double(a) + to_double(b);
  if (!std::isfinite(sum)) return out_of_range(a, b);
  return JsonValue::number(sum);
}

}  // namespace ashlar
