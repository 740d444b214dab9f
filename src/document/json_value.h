// A JSON value in memory (RFC 8259).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ashlar {

// A tree of values that own their content. The members of an object keep their order; their names
// are distinct.
//
// Numbers are kept as what they are: 64-bit integers where they fit, else doubles; an integer too
// large for 64 bits, and a number too large for a double, keep their text.
//
// Threads: as a plain value.
class JsonValue {
 public:
  enum class Kind : unsigned char {
    kNull,
    kBool,
    kInt,        // fits int64_t
    kUint,       // larger than INT64_MAX, fits uint64_t
    kDouble,     // finite
    kBigNumber,  // its text, as JSON spells it
    kString,     // UTF-8
    kArray,
    kObject,
  };
  struct Member;
  using Array = std::vector<JsonValue>;
  using Object = std::vector<Member>;

  JsonValue() = default;  // null
  JsonValue(const JsonValue& other);
  JsonValue& operator=(const JsonValue& other);
  JsonValue(JsonValue&& other) noexcept;
  JsonValue& operator=(JsonValue&& other) noexcept;
  ~JsonValue();

  static JsonValue boolean(bool value);
  static JsonValue integer(int64_t value);
  static JsonValue unsigned_integer(uint64_t value);  // kInt if it fits
  static JsonValue number(double value);              // must be finite
  // The number that `text` spells, in the smallest kind that holds it. It must be a JSON number;
  // see `document/json_number.h` for text that may be none.
  static JsonValue big_number(std::string text);
  static JsonValue string(std::string value);
  static JsonValue array();
  static JsonValue array(Array elements);
  static JsonValue object();
  static JsonValue object(Object members);

  Kind kind() const;
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_number() const { return kind() >= Kind::kInt && kind() <= Kind::kBigNumber; }
  bool is_string() const { return kind() == Kind::kString; }
  bool is_array() const { return kind() == Kind::kArray; }
  bool is_object() const { return kind() == Kind::kObject; }

  // The content; the kind must be the one named.
  bool as_bool() const;
  int64_t as_int() const;
  uint64_t as_uint() const;            // of kUint
  double as_double() const;            // of kDouble
  const std::string& as_text() const;  // of kString, kBigNumber
  const Array& as_array() const;
  Array& as_array();
  const Object& as_object() const;
  Object& as_object();

  // The member of an object; null if it has none of that name, or this is no object.
  const JsonValue* find(std::string_view name) const;
  JsonValue* find(std::string_view name);

 private:
  struct BigNumber {
    std::string text;
  };
  std::variant<std::monostate, bool, int64_t, uint64_t, double, BigNumber, std::string, Array,
               Object>
      content_;
};

struct JsonValue::Member {
  std::string name;
  JsonValue value;
};

}  // namespace ashlar
