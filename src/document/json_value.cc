#include "document/json_value.h"

#include <cmath>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "document/json_number.h"

namespace ashlar {

// Here and not in the header, where they would be unfolded at every use.
JsonValue::JsonValue(const JsonValue& other) = default;
JsonValue& JsonValue::operator=(const JsonValue& other) = default;
JsonValue::JsonValue(JsonValue&& other) noexcept = default;
JsonValue& JsonValue::operator=(JsonValue&& other) noexcept = default;
JsonValue::~JsonValue() = default;

JsonValue JsonValue::boolean(bool value) {
  JsonValue result;
  result.content_ = value;
  return result;
}

JsonValue JsonValue::integer(int64_t value) {
  JsonValue result;
  result.content_ = value;
  return result;
}

JsonValue JsonValue::unsigned_integer(uint64_t value) {
  if (std::in_range<int64_t>(value)) return integer(static_cast<int64_t>(value));
  JsonValue result;
  result.content_ = value;
  return result;
}

JsonValue JsonValue::number(double value) {
  ASHLAR_CHECK(std::isfinite(value));
  JsonValue result;
  result.content_ = value;
  return result;
}

JsonValue JsonValue::big_number(std::string text) {
  const auto spelling = spell_number(text);
  ASHLAR_CHECK(spelling.has_value());
  const NumberContent content = number_content(*spelling, text);
  if (const auto* value = std::get_if<int64_t>(&content)) return integer(*value);
  if (const auto* value = std::get_if<uint64_t>(&content)) return unsigned_integer(*value);
  if (const auto* value = std::get_if<double>(&content)) return number(*value);
  JsonValue result;
  result.content_ = BigNumber{std::move(text)};
  return result;
}

JsonValue JsonValue::string(std::string value) {
  JsonValue result;
  result.content_ = std::move(value);
  return result;
}

JsonValue JsonValue::array() {
  return array(Array());
}

JsonValue JsonValue::array(Array elements) {
  JsonValue result;
  result.content_ = std::move(elements);
  return result;
}

JsonValue JsonValue::object() {
  return object(Object());
}

JsonValue JsonValue::object(Object members) {
  JsonValue result;
  result.content_ = std::move(members);
  return result;
}

JsonValue::Kind JsonValue::kind() const {
  // The alternatives of content_ stand in the order of the kinds.
  static_assert(
      std::is_same_v<
          std::variant_alternative_t<static_cast<std::size_t>(Kind::kObject), decltype(content_)>,
          Object>);
  static_assert(std::variant_size_v<decltype(content_)> ==
                static_cast<std::size_t>(Kind::kObject) + 1);
  return static_cast<Kind>(content_.index());
}

bool JsonValue::as_bool() const {
  ASHLAR_CHECK(kind() == Kind::kBool);
  return *std::get_if<bool>(&content_);
}

int64_t JsonValue::as_int() const {
  ASHLAR_CHECK(kind() == Kind::kInt);
  return *std::get_if<int64_t>(&content_);
}

uint64_t JsonValue::as_uint() const {
  ASHLAR_CHECK(kind() == Kind::kUint);
  return *std::get_if<uint64_t>(&content_);
}

double JsonValue::as_double() const {
  ASHLAR_CHECK(kind() == Kind::kDouble);
  return *std::get_if<double>(&content_);
}

const std::string& JsonValue::as_text() const {
  if (const auto* big = std::get_if<BigNumber>(&content_)) return big->text;
  ASHLAR_CHECK(kind() == Kind::kString);
  return *std::get_if<std::string>(&content_);
}

const JsonValue::Array& JsonValue::as_array() const {
  ASHLAR_CHECK(is_array());
  return *std::get_if<Array>(&content_);
}

JsonValue::Array& JsonValue::as_array() {
  ASHLAR_CHECK(is_array());
  return *std::get_if<Array>(&content_);
}

const JsonValue::Object& JsonValue::as_object() const {
  ASHLAR_CHECK(is_object());
  return *std::get_if<Object>(&content_);
}

JsonValue::Object& JsonValue::as_object() {
  ASHLAR_CHECK(is_object());
  return *std::get_if<Object>(&content_);
}

const JsonValue* JsonValue::find(std::string_view name) const {
  const auto* members = std::get_if<Object>(&content_);
  if (members == nullptr) return nullptr;
  for (const Member& member : *members) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

JsonValue* JsonValue::find(std::string_view name) {
  return const_cast<JsonValue*>(std::as_const(*this).find(name));
}

}  // namespace ashlar
