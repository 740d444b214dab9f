// A JSONPath: refused, or run over a document, every value it means lying in that document. A
// singular path finds what the same path selects, and so does its normalized form.
#include <algorithm>
#include <set>
#include <string>

#include "document/json_path.h"
#include "document/json_text.h"
#include "fuzz.h"

namespace ashlar {
namespace {

// Longer paths may take very long: each filter runs its queries for every value that it sees.
constexpr std::size_t kMaximumRunBytes = 96;
constexpr std::ptrdiff_t kMaximumFilters = 3;

constexpr std::string_view kDocument =
    R"({"a":[1,-2.5,{"b":"x1","c":null},[true,"a.c"]],"b":{"a":{"a":"\u00e9"}},"":0,"r":"[a-c]+"})";

void collect(const JsonValue& value, std::set<const JsonValue*>* all) {
  all->insert(&value);
  if (value.is_array()) {
    for (const JsonValue& element : value.as_array()) collect(element, all);
  } else if (value.is_object()) {
    for (const JsonValue::Member& member : value.as_object()) collect(member.value, all);
  }
}

void check_path(std::string_view text, const JsonValue& document) {
  const auto path = JsonPath::parse(text);
  if (!path.ok()) {
    ASHLAR_CHECK(path.status().is(StatusCode::kInvalidArgument));
    return;
  }
  if (text.size() > kMaximumRunBytes) return;
  if (std::count(text.begin(), text.end(), '?') > kMaximumFilters) return;
  std::set<const JsonValue*> all;
  collect(document, &all);
  for (const JsonValue* value : path->select(document)) ASHLAR_CHECK(all.contains(value));
}

void check_singular_path(std::string_view text, const JsonValue& document) {
  const auto path = SingularPath::parse(text);
  if (!path.ok()) return;
  const JsonValue* found = path->find(document);
  const std::string normalized = path->to_string();
  const auto again = SingularPath::parse(normalized);
  ASHLAR_CHECK(again.ok() && again->to_string() == normalized);
  ASHLAR_CHECK(again->find(document) == found);
  const auto query = JsonPath::parse(normalized);
  ASHLAR_CHECK(query.ok());
  const auto selected = query->select(document);
  ASHLAR_CHECK(selected.size() == (found == nullptr ? 0 : 1));
  ASHLAR_CHECK(found == nullptr || selected.front() == found);
}

}  // namespace
}  // namespace ashlar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  static const JsonValue document = parse_json(kDocument).value();
  check_path(fuzz_input(data, size), document);
  check_singular_path(fuzz_input(data, size), document);
  return 0;
}
