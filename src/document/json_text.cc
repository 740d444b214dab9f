#include "document/json_text.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <iterator>
#include <new>

#include "base/check.h"
#include "document/json_reader.h"

namespace ashlar {
namespace {

// A thread does not keep the buffers of a document larger than this.
constexpr std::size_t kMaximumKeptBytes = std::size_t{1} << 20;

template <typename Integer>
void append_integer(Integer value, std::string* out) {
  char buffer[24];
  const auto end = std::to_chars(buffer, std::end(buffer), value).ptr;
  out->append(buffer, end);
}

void append_double(double value, std::string* out) {
  char buffer[32];  // the longest is -2.2250738585072014e-308
  const auto end = std::to_chars(buffer, std::end(buffer), value).ptr;
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  out->append(text);
  if (text.find_first_of(".e") == std::string_view::npos) out->append(".0");
}

void append_array(const JsonValue::Array& elements, std::string* out) {
  out->push_back('[');
  for (const JsonValue& element : elements) {
    if (&element != elements.data()) out->push_back(',');
    append_json(element, out);
  }
  out->push_back(']');
}

void append_object(const JsonValue::Object& members, std::string* out) {
  out->push_back('{');
  for (const JsonValue::Member& member : members) {
    if (&member != members.data()) out->push_back(',');
    append_json_string(member.name, out);
    out->push_back(':');
    append_json(member.value, out);
  }
  out->push_back('}');
}

}  // namespace

Result<JsonValue> parse_json(std::string_view text) {
  static thread_local std::unique_ptr<JsonReader> reader;
  try {
    if (reader == nullptr) reader = std::make_unique<JsonReader>();
    auto value = reader->read(text);
    if (text.size() > kMaximumKeptBytes) reader.reset();
    return value;
  } catch (const std::bad_alloc&) {
    reader.reset();
    return Status::out_of_memory("no memory for a JSON document");
  }
}

void append_json_string(std::string_view value, std::string* out) {
  out->push_back('"');
  std::size_t plain = 0;  // where the bytes begin that are not written yet
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (static_cast<unsigned char>(value[i]) >= 0x20 && value[i] != '"' && value[i] != '\\')
      continue;
    out->append(value.substr(plain, i - plain));
    append_escaped_byte(value[i], '"', out);
    plain = i + 1;
  }
  out->append(value.substr(plain));
  out->push_back('"');
}

void append_escaped_byte(char byte, char quote, std::string* out) {
  switch (byte) {
    case '\b':
      out->append("\\b");
      return;
    case '\t':
      out->append("\\t");
      return;
    case '\n':
      out->append("\\n");
      return;
    case '\f':
      out->append("\\f");
      return;
    case '\r':
      out->append("\\r");
      return;
    default:
      break;
  }
  if (byte == quote || byte == '\\') {
    out->push_back('\\');
    out->push_back(byte);
  } else if (static_cast<unsigned char>(byte) < 0x20) {
    constexpr char kDigits[] = "0123456789abcdef";
    out->append("\\u00");
    out->push_back(kDigits[byte >> 4]);
    out->push_back(kDigits[byte & 15]);
  } else {
    out->push_back(byte);
  }
}

void append_json(const JsonValue& value, std::string* out) {
  switch (value.kind()) {
    case JsonValue::Kind::kNull:
      out->append("null");
      return;
    case JsonValue::Kind::kBool:
      out->append(value.as_bool() ? "true" : "false");
      return;
    case JsonValue::Kind::kInt:
      append_integer(value.as_int(), out);
      return;
    case JsonValue::Kind::kUint:
      append_integer(value.as_uint(), out);
      return;
    case JsonValue::Kind::kDouble:
      append_double(value.as_double(), out);
      return;
    case JsonValue::Kind::kBigNumber:
      out->append(value.as_text());
      return;
    case JsonValue::Kind::kString:
      append_json_string(value.as_text(), out);
      return;
    case JsonValue::Kind::kArray:
      append_array(value.as_array(), out);
      return;
    case JsonValue::Kind::kObject:
      append_object(value.as_object(), out);
      return;
  }
}

std::string to_json(const JsonValue& value) {
  std::string out;
  append_json(value, &out);
  return out;
}

}  // namespace ashlar
