// Reads JSON text into a JsonValue, with simdjson.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ashlar/result.h"
#include "ashlar/status.h"
#include "document/json_value.h"

namespace ashlar {

// simdjson finds the tokens and checks UTF-8, quotes and control characters before the walk. The
// walk checks the rest: each token, what stands between them, depth, and names.
//
// Threads: one at a time; each thread has its own (parse_json keeps it).
class JsonReader {
 public:
  // See parse_json. May throw std::bad_alloc, after which the reader must not be used again.
  Result<JsonValue> read(std::string_view text);

 private:
  using Document = simdjson::ondemand::document;
  using Value = simdjson::ondemand::value;

  Result<JsonValue> read_document(Document* document);
  template <typename Source>  // Document or Value
  Result<JsonValue> read_value(Source* source, int depth);
  Result<JsonValue> read_array(simdjson::ondemand::array array, int depth);
  Result<JsonValue> read_object(simdjson::ondemand::object object, int depth);
  template <typename Source>
  Result<JsonValue> read_string(Source* source);
  Status read_member(simdjson::ondemand::field field, int depth, JsonValue::Object* members);
  Result<JsonValue> read_scalar(std::string_view token) const;

  // Refuses the second of two members with one name. Theirs are the last entries of name_offsets_.
  Status check_names(const JsonValue::Object& members) const;
  // Refuses half a surrogate pair in the string whose first character is at `at`.
  Status check_escapes(const char* at) const;

  std::size_t offset_of(const char* at) const;
  Status error_at(std::size_t offset, std::string_view what) const;
  Status error(simdjson::error_code code) const;
  // For errors found before the walk.
  Status error_in_text(simdjson::error_code code) const;

  simdjson::ondemand::parser parser_;
  std::string buffer_;  // the text, and the padding that simdjson reads behind it
  std::size_t size_ = 0;
  bool has_unicode_escapes_ = false;
  Document* document_ = nullptr;           // the one that is being walked
  std::vector<std::size_t> name_offsets_;  // of the members read so far of all open objects
};

}  // namespace ashlar
