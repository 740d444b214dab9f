#include "query/aggregate.h"

#include <bit>
#include <cmath>
#include <cstdlib>

#include "base/coding.h"
#include "base/try.h"
#include "document/json_order.h"
#include "document/json_text.h"
#include "filter/path_values.h"
#include "query/query_spec.h"

namespace ashlar {
namespace {

std::string default_name(const Aggregate& aggregate) {
  switch (aggregate.kind) {
    case Aggregate::Kind::kCount:
      return "count";
    case Aggregate::Kind::kSum:
      return "sum_" + aggregate.field;
    case Aggregate::Kind::kAverage:
      return "avg_" + aggregate.field;
    case Aggregate::Kind::kMinimum:
      return "min_" + aggregate.field;
    case Aggregate::Kind::kMaximum:
      return "max_" + aggregate.field;
  }
  return {};
}

double as_double(const JsonValue& number) {
  switch (number.kind()) {
    case JsonValue::Kind::kInt:
      return static_cast<double>(number.as_int());
    case JsonValue::Kind::kUint:
      return static_cast<double>(number.as_uint());
    case JsonValue::Kind::kDouble:
      return number.as_double();
    default:
      return std::strtod(number.as_text().c_str(), nullptr);
  }
}

// JSON has no infinity.
JsonValue number_or_null(double value) {
  return std::isfinite(value) ? JsonValue::number(value) : JsonValue();
}

}  // namespace

Result<AggregateSpec> AggregateSpec::make(const Aggregate& aggregate) {
  AggregateSpec spec{aggregate.kind, {}, aggregate.name};
  if (spec.name.empty()) spec.name = default_name(aggregate);
  if (aggregate.kind == Aggregate::Kind::kCount) return spec;
  ASHLAR_TRY_ASSIGN(spec.path, parse_field(aggregate.field));
  return spec;
}

void AggregateState::add(const AggregateSpec& spec, const JsonValue& document) {
  if (spec.kind == Aggregate::Kind::kCount) {
    ++count_;
    return;
  }
  visit_path_values(document, spec.path, [&](const JsonValue* value) {
    if (value == nullptr) return false;
    if (!value->is_array()) {
      add_value(spec, *value);
      return false;
    }
    for (const JsonValue& element : value->as_array()) add_value(spec, element);
    return false;
  });
}

void AggregateState::add_value(const AggregateSpec& spec, const JsonValue& value) {
  if (spec.kind == Aggregate::Kind::kSum || spec.kind == Aggregate::Kind::kAverage) {
    if (value.is_number()) add_number(value);
    return;
  }
  if (value.is_null()) return;
  std::string key;
  append_order_key(value, false, &key);
  take_extreme(spec, key, value);
}

void AggregateState::take_extreme(const AggregateSpec& spec, std::string_view key,
                                  const JsonValue& value) {
  const bool is_less = key < extreme_;
  const bool wants_less = spec.kind == Aggregate::Kind::kMinimum;
  if (!extreme_.empty() && (key == extreme_ || is_less != wants_less)) return;
  extreme_ = key;
  extreme_text_ = to_json(value);
}

void AggregateState::add_number(const JsonValue& value) {
  ++count_;
  if (value.kind() == JsonValue::Kind::kInt) {
    add_integer(value.as_int());
  } else {
    fractions_ += as_double(value);
    has_fractions_ = true;
  }
}

void AggregateState::add_integer(int64_t value) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(integers_, value, &sum)) {
    integers_ = sum;
    return;
  }
  fractions_ += static_cast<double>(integers_);
  has_fractions_ = true;
  integers_ = value;
}

void AggregateState::merge(const AggregateSpec& spec, const AggregateState& other) {
  count_ += other.count_;
  add_integer(other.integers_);
  fractions_ += other.fractions_;
  has_fractions_ = has_fractions_ || other.has_fractions_;
  if (other.extreme_.empty()) return;
  const auto value = parse_json(other.extreme_text_);
  if (value.ok()) take_extreme(spec, other.extreme_, *value);
}

JsonValue AggregateState::result(const AggregateSpec& spec) const {
  const double sum = fractions_ + static_cast<double>(integers_);
  switch (spec.kind) {
    case Aggregate::Kind::kCount:
      return JsonValue::unsigned_integer(count_);
    case Aggregate::Kind::kSum:
      if (count_ == 0) return {};
      return has_fractions_ ? number_or_null(sum) : JsonValue::integer(integers_);
    case Aggregate::Kind::kAverage:
      return count_ == 0 ? JsonValue() : number_or_null(sum / static_cast<double>(count_));
    case Aggregate::Kind::kMinimum:
    case Aggregate::Kind::kMaximum:
      break;
  }
  if (extreme_.empty()) return {};
  return parse_json(extreme_text_).value_or(JsonValue());
}

void AggregateState::encode(std::string* out) const {
  append_fixed<uint64_t>(out, count_);
  append_fixed<int64_t>(out, integers_);
  append_fixed<uint64_t>(out, std::bit_cast<uint64_t>(fractions_));
  out->push_back(has_fractions_ ? 1 : 0);
  append_prefixed(out, extreme_);
  append_prefixed(out, extreme_text_);
}

Result<AggregateState> AggregateState::decode(std::string_view* in) {
  ByteReader reader(*in);
  AggregateState state;
  state.count_ = reader.fixed<uint64_t>();
  state.integers_ = reader.fixed<int64_t>();
  state.fractions_ = std::bit_cast<double>(reader.fixed<uint64_t>());
  state.has_fractions_ = reader.fixed<uint8_t>() != 0;
  state.extreme_ = reader.prefixed();
  state.extreme_text_ = reader.prefixed();
  if (!reader.ok()) return Status::corruption("a temporary file holds no sums");
  in->remove_prefix(in->size() - reader.left());
  return state;
}

}  // namespace ashlar
