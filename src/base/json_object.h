// JSON for programs to read: one object, put together member by member.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ashlar {

// `text`, valid UTF-8, as a JSON string with its quotes.
std::string json_quoted(std::string_view text);

class JsonObject {
 public:
  void add(std::string_view name, uint64_t value) { raw(name, std::to_string(value)); }
  void add(std::string_view name, double value);
  void add(std::string_view name, bool value) { raw(name, value ? "true" : "false"); }
  void add(std::string_view name, std::string_view text) { raw(name, json_quoted(text)); }
  // `json` is a value as it is to stand there.
  void raw(std::string_view name, std::string_view json);
  std::string finish() const { return text_.empty() ? "{}" : text_ + "}"; }

 private:
  std::string text_;
};

}  // namespace ashlar
