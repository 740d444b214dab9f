// The keys that `document/json_order.h` draws.
#include <cstddef>
#include <utility>

#include "base/try.h"
#include "document/json_members.h"
#include "document/json_order.h"
#include "document/json_text.h"
#include "document/key_reader.h"
#include "document/number_key.h"
#include "document/utf8.h"

namespace ashlar {
namespace {

constexpr char kEnd = '\x00';
constexpr char kNull = '\x01';
constexpr char kFalse = '\x02';
constexpr char kTrue = '\x03';
constexpr char kString = '\x10';
constexpr char kArray = '\x18';
constexpr char kObject = '\x20';
constexpr char kZeroInText = '\xff';

void append_text(std::string_view text, std::string* out) {
  out->push_back(kString);
  for (std::size_t zero; (zero = text.find('\0')) != std::string_view::npos;) {
    out->append(text.substr(0, zero + 1)).push_back(kZeroInText);
    text.remove_prefix(zero + 1);
  }
  out->append(text).append(2, '\0');
}

void invert(std::size_t from, std::string* bytes) {
  for (std::size_t i = from; i < bytes->size(); ++i) (*bytes)[i] = static_cast<char>(~(*bytes)[i]);
}

void append_ascending(const JsonValue& value, std::string* out);

void append_array(const JsonValue::Array& elements, std::string* out) {
  out->push_back(kArray);
  for (const JsonValue& element : elements) append_ascending(element, out);
  out->push_back(kEnd);
}

void append_object(const JsonValue::Object& members, std::string* out) {
  out->push_back(kObject);
  for (const JsonValue::Member* member : sorted_members(members)) {
    append_text(member->name, out);
    append_ascending(member->value, out);
  }
  out->push_back(kEnd);
}

void append_ascending(const JsonValue& value, std::string* out) {
  switch (value.kind()) {
    case JsonValue::Kind::kNull:
      out->push_back(kNull);
      return;
    case JsonValue::Kind::kBool:
      out->push_back(value.as_bool() ? kTrue : kFalse);
      return;
    case JsonValue::Kind::kString:
      append_text(value.as_text(), out);
      return;
    case JsonValue::Kind::kArray:
      append_array(value.as_array(), out);
      return;
    case JsonValue::Kind::kObject:
      append_object(value.as_object(), out);
      return;
    default:
      append_number_key(value, out);
      return;
  }
}

// The bytes of the ascending key of a string in front; nothing if that is not what is there.
std::optional<std::size_t> text_key_bytes(std::string_view in) {
  if (in.empty() || in.front() != kString) return std::nullopt;
  std::size_t zero = in.find('\0');
  while (zero < in.size() - 1) {
    if (in[zero + 1] == '\0') return zero + 2;
    zero = in.find('\0', zero + 2);
  }
  return std::nullopt;
}

// Behind the type byte.
Result<std::string> take_text(KeyReader* reader) {
  std::string text;
  while (true) {
    reader->take_until_zero(&text);
    reader->byte();
    const char next = static_cast<char>(reader->byte());
    if (!reader->ok()) return reader->error("cut off");
    if (next == '\0') break;
    if (next != kZeroInText) return reader->error("a wrong byte behind a zero");
    text.push_back('\0');
  }
  if (!is_utf8(text)) return reader->error("a string that is not UTF-8");
  return text;
}

Result<JsonValue> take_value(KeyReader* reader, int depth);

Result<JsonValue> take_array(KeyReader* reader, int depth) {
  JsonValue::Array elements;
  while (reader->peek() != kEnd) {
    ASHLAR_TRY_ASSIGN(elements.emplace_back(), take_value(reader, depth));
  }
  reader->byte();
  if (!reader->ok()) return reader->error("cut off");
  return JsonValue::array(std::move(elements));
}

Result<JsonValue> take_object(KeyReader* reader, int depth) {
  JsonValue::Object members;
  while (reader->peek() != kEnd) {
    if (reader->byte() != kString) return reader->error("no name of a member");
    ASHLAR_TRY_ASSIGN(std::string name, take_text(reader));
    if (!members.empty() && members.back().name >= name) {
      return reader->error("members that are not sorted");
    }
    members.push_back({std::move(name), {}});
    ASHLAR_TRY_ASSIGN(members.back().value, take_value(reader, depth));
  }
  reader->byte();
  if (!reader->ok()) return reader->error("cut off");
  return JsonValue::object(std::move(members));
}

Result<JsonValue> take_value(KeyReader* reader, int depth) {
  const char type = static_cast<char>(reader->peek());
  if (!reader->ok()) return reader->error("cut off");
  if (type >= kNumberBelowDoubles && type <= kNumberAboveDoubles) return take_number_key(reader);
  reader->byte();
  if ((type == kArray || type == kObject) && depth == kMaximumJsonDepth) {
    return reader->error("nested too deep");
  }
  switch (type) {
    case kNull:
      return JsonValue();
    case kFalse:
    case kTrue:
      return JsonValue::boolean(type == kTrue);
    case kString: {
      ASHLAR_TRY_ASSIGN(std::string text, take_text(reader));
      return JsonValue::string(std::move(text));
    }
    case kArray:
      return take_array(reader, depth + 1);
    case kObject:
      return take_object(reader, depth + 1);
    default:
      return reader->error("no type of a value");
  }
}

}  // namespace

void append_order_key(const JsonValue& value, bool descending, std::string* out) {
  const std::size_t start = out->size();
  append_ascending(value, out);
  if (descending) invert(start, out);
}

void append_text_order_key(std::string_view text, bool descending, std::string* out) {
  const std::size_t start = out->size();
  append_text(text, out);
  if (descending) invert(start, out);
}

std::optional<std::string_view> text_in_order_key(std::string_view in) {
  const auto bytes = text_key_bytes(in);
  if (!bytes) return std::nullopt;
  const std::string_view text = in.substr(1, *bytes - 3);  // between the type and the two zeros
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  return text;
}

Status pass_order_key(std::string_view* in, bool descending) {
  if (const auto bytes = descending ? std::nullopt : text_key_bytes(*in)) {
    in->remove_prefix(*bytes);
    return {};
  }
  return take_order_key(in, descending).status();
}

Result<JsonValue> take_order_key(std::string_view* in, bool descending) {
  KeyReader reader(*in, descending);
  ASHLAR_TRY_ASSIGN(JsonValue value, take_value(&reader, 0));
  in->remove_prefix(reader.offset());
  return value;
}

}  // namespace ashlar
