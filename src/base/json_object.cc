#include "base/json_object.h"

#include <cstdio>

namespace ashlar {

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof(escaped), "\\u%04x", c);
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

void JsonObject::add(std::string_view name, double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.4g", value);
  raw(name, text);
}

void JsonObject::raw(std::string_view name, std::string_view json) {
  text_ += text_.empty() ? "{" : ",";
  text_.append(json_quoted(name)).append(":").append(json);
}

}  // namespace ashlar
