#include "index/index_definition.h"

#include <array>
#include <cstdint>
#include <utility>

#include "base/try.h"
#include "document/json_text.h"
#include "document/json_value.h"

namespace ashlar {
namespace {

// Rises when definitions are written that an older version must not work with.
constexpr int64_t kDefinitionVersion = 1;

constexpr std::array<std::string_view, 3> kStates = {"building", "ready", "failed"};

// Prefixes are bytes of any kind, and JSON is not.
std::string to_hexadecimal(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

int digit_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

Result<std::string> from_hexadecimal(std::string_view text) {
  if (text.size() % 2 != 0) return Status::corruption("'prefix' is no hexadecimal number");
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit_value(text[i]);
    const int low = digit_value(text[i + 1]);
    if (high < 0 || low < 0) return Status::corruption("'prefix' is no hexadecimal number");
    bytes.push_back(static_cast<char>(high << 4 | low));
  }
  return bytes;
}

// Takes members out of a definition.
class Members {
 public:
  explicit Members(const JsonValue& object) : object_(object) {}

  Result<std::string> text(std::string_view name) const {
    const JsonValue* const member = object_.find(name);
    if (member == nullptr || !member->is_string()) return missing(name, "a string");
    return member->as_text();
  }
  Result<bool> flag(std::string_view name) const {
    const JsonValue* const member = object_.find(name);
    if (member == nullptr || member->kind() != JsonValue::Kind::kBool) {
      return missing(name, "true or false");
    }
    return member->as_bool();
  }
  Result<int64_t> number(std::string_view name) const {
    const JsonValue* const member = object_.find(name);
    if (member == nullptr || member->kind() != JsonValue::Kind::kInt) {
      return missing(name, "an integer");
    }
    return member->as_int();
  }
  Result<const JsonValue::Array*> array(std::string_view name) const {
    const JsonValue* const member = object_.find(name);
    if (member == nullptr || !member->is_array()) return missing(name, "an array");
    return &member->as_array();
  }

 private:
  static Status missing(std::string_view name, std::string_view what) {
    return Status::corruption("'" + std::string(name) + "' is not " + std::string(what));
  }

  const JsonValue& object_;
};

JsonValue fields_to_json(const std::vector<IndexField>& fields) {
  JsonValue::Array array;
  for (const IndexField& field : fields) {
    array.push_back(JsonValue::object({{"path", JsonValue::string(field.path)},
                                       {"descending", JsonValue::boolean(field.descending)}}));
  }
  return JsonValue::array(std::move(array));
}

Result<std::vector<IndexField>> fields_from_json(const JsonValue::Array& array) {
  std::vector<IndexField> fields;
  for (const JsonValue& element : array) {
    const Members members(element);
    IndexField field;
    ASHLAR_TRY_ASSIGN(field.path, members.text("path"));
    ASHLAR_TRY_ASSIGN(field.descending, members.flag("descending"));
    fields.push_back(std::move(field));
  }
  return fields;
}

Result<IndexState> state_from_text(std::string_view text) {
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (kStates[i] == text) return static_cast<IndexState>(i);
  }
  return Status::corruption("'state' is '" + std::string(text) + "'");
}

Result<IndexDefinition> from_json(IndexId id, const JsonValue& json) {
  const Members members(json);
  ASHLAR_TRY_ASSIGN(const int64_t version, members.number("version"));
  if (version > kDefinitionVersion) {
    return Status::unsupported("it was written by a newer version");
  }
  IndexDefinition definition;
  definition.id = id;
  ASHLAR_TRY_ASSIGN(definition.name, members.text("name"));
  ASHLAR_TRY_ASSIGN(const std::string state, members.text("state"));
  ASHLAR_TRY_ASSIGN(definition.state, state_from_text(state));
  ASHLAR_TRY_ASSIGN(definition.message, members.text("message"));
  ASHLAR_TRY_ASSIGN(definition.collation_version, members.text("collation_version"));
  IndexOptions& options = definition.options;
  ASHLAR_TRY_ASSIGN(const std::string prefix, members.text("prefix"));
  ASHLAR_TRY_ASSIGN(options.prefix, from_hexadecimal(prefix));
  ASHLAR_TRY_ASSIGN(const JsonValue::Array* const fields, members.array("fields"));
  ASHLAR_TRY_ASSIGN(options.fields, fields_from_json(*fields));
  ASHLAR_TRY_ASSIGN(options.unique, members.flag("unique"));
  ASHLAR_TRY_ASSIGN(options.sparse, members.flag("sparse"));
  ASHLAR_TRY_ASSIGN(options.where, members.text("where"));
  ASHLAR_TRY_ASSIGN(options.collation, members.text("collation"));
  return definition;
}

}  // namespace

std::string_view to_string(IndexState state) {
  return kStates[static_cast<std::size_t>(state)];
}

std::string IndexDefinition::to_text() const {
  return to_json(JsonValue::object({
      {"version", JsonValue::integer(kDefinitionVersion)},
      {"name", JsonValue::string(name)},
      {"state", JsonValue::string(std::string(to_string(state)))},
      {"message", JsonValue::string(message)},
      {"prefix", JsonValue::string(to_hexadecimal(options.prefix))},
      {"fields", fields_to_json(options.fields)},
      {"unique", JsonValue::boolean(options.unique)},
      {"sparse", JsonValue::boolean(options.sparse)},
      {"where", JsonValue::string(options.where)},
      {"collation", JsonValue::string(options.collation)},
      {"collation_version", JsonValue::string(collation_version)},
  }));
}

Result<IndexDefinition> IndexDefinition::parse(IndexId id, std::string_view text) {
  const auto json = parse_json(text);
  Result<IndexDefinition> definition =
      json.ok() ? from_json(id, *json) : Result<IndexDefinition>(json.status());
  if (definition.ok()) return definition;
  const StatusCode code = definition.status().is(StatusCode::kUnsupported)
                              ? StatusCode::kUnsupported
                              : StatusCode::kCorruption;
  return Status(code, "definition of index " + std::to_string(id) + ": " +
                          std::string(definition.status().message()));
}

}  // namespace ashlar
