// A line of JSON to be imported: refused, or read so that writing it gives a line that reads the
// same.
#include <string>

#include "fuzz.h"
#include "tools/json_lines.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  const auto line = tools::parse_json_line(fuzz_input(data, size));
  if (!line.ok()) {
    ASHLAR_CHECK(!line.status().message().empty());
    return 0;
  }
  const std::string text = tools::format_json_line(line->key, line->value, line->expires_at_ms);
  std::string key = tools::format_json_key(line->key);
  key.pop_back();  // the brace
  ASHLAR_CHECK(text.starts_with(key));
  const auto again = tools::parse_json_line(text);
  ASHLAR_CHECK(again.ok());
  ASHLAR_CHECK(again->key == line->key && again->expires_at_ms == line->expires_at_ms);
  ASHLAR_CHECK(tools::format_json_line(again->key, again->value, again->expires_at_ms) == text);
  return 0;
}
