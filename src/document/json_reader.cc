#include "document/json_reader.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "base/try.h"
#include "document/json_number.h"
#include "document/json_text.h"
#include "document/utf8.h"

namespace ashlar {
namespace {

constexpr std::string_view kBlanks = " \t\n\r";

// Objects with more members look for equal names by sorting.
constexpr std::size_t kMaximumComparedNames = 12;

int hex_digit(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

// The code unit of the escape \uXXXX at `at`; nullopt if there is none. The text is padded.
std::optional<int> code_unit(const char* at) {
  if (at[0] != '\\' || at[1] != 'u') return std::nullopt;
  int unit = 0;
  for (int i = 2; i < 6; ++i) {
    const int digit = hex_digit(at[i]);
    if (digit < 0) return std::nullopt;
    unit = unit * 16 + digit;
  }
  return unit;
}

// Offset of the first control character between quotes.
std::size_t first_control_in_string(std::string_view text) {
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') in_string = !in_string;
    if (!in_string) continue;
    if (static_cast<unsigned char>(text[at]) < 0x20) return at;
    if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] >= 0x20) ++at;
  }
  return text.size();
}

bool is_high_surrogate(int unit) {
  return unit >= 0xd800 && unit < 0xdc00;
}
bool is_low_surrogate(int unit) {
  return unit >= 0xdc00 && unit < 0xe000;
}

}  // namespace

Result<JsonValue> JsonReader::read(std::string_view text) {
  size_ = text.size();
  buffer_.reserve(size_ + simdjson::SIMDJSON_PADDING);
  buffer_.assign(text).append(simdjson::SIMDJSON_PADDING, '\0');
  has_unicode_escapes_ = text.find("\\u") != std::string_view::npos;
  name_offsets_.clear();
  Document document;
  if (const auto code = parser_.iterate(buffer_.data(), size_, buffer_.size()).get(document)) {
    return error_in_text(code);
  }
  document_ = &document;
  auto value = read_document(&document);
  document_ = nullptr;
  return value;
}

Result<JsonValue> JsonReader::read_document(Document* document) {
  simdjson::ondemand::json_type type;
  if (const auto code = document->type().get(type)) return error(code);
  using Type = simdjson::ondemand::json_type;
  if (type == Type::array || type == Type::object || type == Type::string) {
    ASHLAR_TRY_ASSIGN(JsonValue value, read_value(document, 0));
    // There is no current token once all have been read.
    if (document->current_location().error() != simdjson::OUT_OF_BOUNDS) {
      return error(simdjson::TRAILING_CONTENT);
    }
    return value;
  }
  // A scalar reaches to the next token or the end.
  std::string_view token;
  if (const auto code = document->raw_json_token().get(token)) return error(code);
  const std::size_t end = offset_of(token.data()) + token.size();
  if (end != size_) return error_at(end, "something follows the value");
  return read_scalar(token);
}

template <typename Source>
Result<JsonValue> JsonReader::read_value(Source* source, int depth) {
  simdjson::ondemand::json_type type;
  if (const auto code = source->type().get(type)) return error(code);
  switch (type) {
    case simdjson::ondemand::json_type::array: {
      simdjson::ondemand::array array;
      if (const auto code = source->get_array().get(array)) return error(code);
      return read_array(array, depth + 1);
    }
    case simdjson::ondemand::json_type::object: {
      simdjson::ondemand::object object;
      if (const auto code = source->get_object().get(object)) return error(code);
      return read_object(object, depth + 1);
    }
    case simdjson::ondemand::json_type::string:
      return read_string(source);
    default: {
      std::string_view token;
      simdjson::simdjson_result<std::string_view> raw(source->raw_json_token());
      if (const auto code = std::move(raw).get(token)) return error(code);
      return read_scalar(token);
    }
  }
}

Result<JsonValue> JsonReader::read_array(simdjson::ondemand::array array, int depth) {
  if (depth > kMaximumJsonDepth) return error(simdjson::DEPTH_ERROR);
  JsonValue::Array elements;
  for (auto element : array) {
    Value value;
    if (const auto code = element.get(value)) return error(code);
    ASHLAR_TRY_ASSIGN(elements.emplace_back(), read_value(&value, depth));
  }
  return JsonValue::array(std::move(elements));
}

Result<JsonValue> JsonReader::read_object(simdjson::ondemand::object object, int depth) {
  if (depth > kMaximumJsonDepth) return error(simdjson::DEPTH_ERROR);
  JsonValue::Object members;
  const std::size_t names_before = name_offsets_.size();
  for (auto result : object) {
    simdjson::ondemand::field field;
    if (const auto code = std::move(result).get(field)) return error(code);
    ASHLAR_TRY(read_member(field, depth, &members));
  }
  ASHLAR_TRY(check_names(members));
  name_offsets_.resize(names_before);
  return JsonValue::object(std::move(members));
}

Status JsonReader::read_member(simdjson::ondemand::field field, int depth,
                               JsonValue::Object* members) {
  const char* const raw_name = field.key().raw();
  name_offsets_.push_back(offset_of(raw_name) - 1);  // that of the quote
  std::string_view name;
  ASHLAR_TRY(check_escapes(raw_name));
  if (const auto code = field.unescaped_key().get(name)) return error(code);
  members->push_back({std::string(name), {}});
  Value value = field.value();
  ASHLAR_TRY_ASSIGN(members->back().value, read_value(&value, depth));
  return {};
}

template <typename Source>
Result<JsonValue> JsonReader::read_string(Source* source) {
  std::string_view token;
  simdjson::simdjson_result<std::string_view> raw(source->raw_json_token());
  if (const auto code = std::move(raw).get(token)) return error(code);
  ASHLAR_TRY(check_escapes(token.data() + 1));
  std::string_view value;
  if (const auto code = source->get_string().get(value)) return error(code);
  return JsonValue::string(std::string(value));
}

Result<JsonValue> JsonReader::read_scalar(std::string_view token) const {
  const std::string_view text = token.substr(0, token.find_last_not_of(kBlanks) + 1);
  if (text == "null") return JsonValue();
  if (text == "true") return JsonValue::boolean(true);
  if (text == "false") return JsonValue::boolean(false);
  if (auto number = parse_number(text)) return std::move(*number);
  return error_at(offset_of(token.data()), "no value");
}

Status JsonReader::check_names(const JsonValue::Object& members) const {
  const std::size_t first = name_offsets_.size() - members.size();
  const auto refuse = [&](std::size_t member) {
    return error_at(name_offsets_[first + member],
                    "the name \"" + members[member].name + "\" a second time in one object");
  };
  if (members.size() <= kMaximumComparedNames) {
    for (std::size_t i = 1; i < members.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (members[i].name == members[j].name) return refuse(i);
      }
    }
    return {};
  }
  std::vector<std::size_t> order(members.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return members[a].name < members[b].name; });
  const auto twice = std::adjacent_find(
      order.begin(), order.end(),
      [&](std::size_t a, std::size_t b) { return members[a].name == members[b].name; });
  return twice == order.end() ? Status() : refuse(*std::next(twice));
}

Status JsonReader::check_escapes(const char* at) const {
  if (!has_unicode_escapes_) return {};
  while (*at != '"') {  // simdjson has seen that there is one
    if (*at != '\\') {
      ++at;
      continue;
    }
    const auto unit = code_unit(at);
    if (unit && is_high_surrogate(*unit) && is_low_surrogate(code_unit(at + 6).value_or(0))) {
      at += 12;
      continue;
    }
    if (unit && (is_high_surrogate(*unit) || is_low_surrogate(*unit))) {
      return error_at(offset_of(at), "half a surrogate pair");
    }
    at += 2;
  }
  return {};
}

std::size_t JsonReader::offset_of(const char* at) const {
  return std::min(static_cast<std::size_t>(at - buffer_.data()), size_);
}

Status JsonReader::error_at(std::size_t offset, std::string_view what) const {
  return Status::invalid_argument("not JSON at offset " + std::to_string(offset) + ": " +
                                  std::string(what));
}

Status JsonReader::error(simdjson::error_code code) const {
  const char* at = nullptr;
  const bool known = document_ != nullptr && !document_->current_location().get(at) &&
                     at >= buffer_.data() && at <= buffer_.data() + size_;
  const std::size_t offset = known ? offset_of(at) : size_;
  switch (code) {
    case simdjson::MEMALLOC:
      return Status::out_of_memory("no memory for a JSON document");
    case simdjson::DEPTH_ERROR:
      return error_at(offset, "nested deeper than " + std::to_string(kMaximumJsonDepth));
    case simdjson::TRAILING_CONTENT:
      return error_at(offset, "something follows the value");
    case simdjson::STRING_ERROR:
      return error_at(offset, "a string with a wrong escape in front of here");
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      return error_at(size_, "an array or object is not closed, or something follows it");
    default:
      return error_at(offset, "a value, a name or a sign between them is wrong or missing");
  }
}

Status JsonReader::error_in_text(simdjson::error_code code) const {
  const std::string_view text(buffer_.data(), size_);
  switch (code) {
    case simdjson::MEMALLOC:
      return Status::out_of_memory("no memory for a JSON document");
    case simdjson::CAPACITY:
      return Status::invalid_argument("not JSON: longer than 4 GiB");
    case simdjson::EMPTY:
      return error_at(size_, "there is no value");
    case simdjson::UTF8_ERROR:
      return error_at(first_invalid_utf8(text), "not UTF-8");
    case simdjson::UNCLOSED_STRING:
      return error_at(size_, "a string is not closed");
    case simdjson::UNESCAPED_CHARS:
      return error_at(first_control_in_string(text), "a control character in a string");
    default:
      return Status::invalid_argument(std::string("not JSON: ") + simdjson::error_message(code));
  }
}

}  // namespace ashlar
