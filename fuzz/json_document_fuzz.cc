// A JSON text: refused, or read so that it is written and read back the same, and so that its order
// key comes back. Two texts with a zero byte between them: their keys have the order of the values.
// Any bytes as an order key: refused, or the one form of a value. The readers of parts and of
// scalars: where they say anything, they say what the reader of whole documents does.
#include <compare>
#include <string>
#include <vector>

#include "document/json_order.h"
#include "document/json_parts.h"
#include "document/json_scalars.h"
#include "document/json_text.h"
#include "fuzz.h"

namespace ashlar {
namespace {

std::string order_key(const JsonValue& value, bool descending) {
  std::string key;
  append_order_key(value, descending, &key);
  return key;
}

void check_value(const JsonValue& value) {
  const std::string text = to_json(value);
  const auto again = parse_json(text);
  ASHLAR_CHECK(again.ok());
  ASHLAR_CHECK(to_json(*again) == text && compare_json(*again, value) == 0);
  for (const bool descending : {false, true}) {
    const std::string key = order_key(value, descending);
    std::string_view left = key;
    const auto back = take_order_key(&left, descending);
    ASHLAR_CHECK(back.ok() && left.empty());
    ASHLAR_CHECK(compare_json(*back, value) == 0 && order_key(*back, descending) == key);
  }
}

void check_order(const JsonValue& a, const JsonValue& b) {
  const std::weak_ordering order = compare_json(a, b);
  ASHLAR_CHECK(order == (0 <=> compare_json(b, a)));
  ASHLAR_CHECK(order == (order_key(a, false) <=> order_key(b, false)));
  ASHLAR_CHECK(order == (order_key(b, true) <=> order_key(a, true)));
}

void check_parts(std::string_view text) {
  WantedParts whole;
  whole.add(SingularPath());
  WantedParts some;
  for (const char* const path : {"$.a", "$.b.c", "$.tags[0]", "$.items"}) {
    some.add(*SingularPath::parse(path));
  }
  JsonValue read;
  const auto parsed = parse_json(text);
  if (read_parts(text, whole, &read)) {
    ASHLAR_CHECK(parsed.ok() && to_json(*parsed) == to_json(read));
  }
  if (!read_parts(text, some, &read)) return;
  ASHLAR_CHECK(parsed.ok());
  for (const char* const path : {"$.a", "$.b.c", "$.tags[0]", "$.items"}) {
    const auto singular = SingularPath::parse(path);
    const JsonValue* const wanted = singular->find(*parsed);
    const JsonValue* const found = singular->find(read);
    ASHLAR_CHECK((wanted == nullptr) == (found == nullptr));
    if (wanted != nullptr) ASHLAR_CHECK(to_json(*wanted) == to_json(*found));
  }
}

void check_scalars(std::string_view text) {
  WantedScalars wanted;
  std::vector<SingularPath> paths;
  std::vector<std::size_t> places;
  for (const char* const path : {"$.a", "$.b.c", "$.tags[0]"}) {
    paths.push_back(*SingularPath::parse(path));
    places.push_back(wanted.add(paths.back()));
  }
  std::vector<ScalarText> found(wanted.places());
  if (!read_scalars(text, wanted, found.data())) return;
  const auto parsed = parse_json(text);
  ASHLAR_CHECK(parsed.ok());
  for (std::size_t at = 0; at < paths.size(); ++at) {
    const JsonValue* const value = paths[at].find(*parsed);
    const ScalarText& scalar = found[places[at]];
    ASHLAR_CHECK((value == nullptr) == (scalar.kind == ScalarText::Kind::kMissing));
    std::string key;
    append_order_key(scalar, false, &key);
    ASHLAR_CHECK(key == order_key(value == nullptr ? JsonValue() : *value, false));
  }
}

void check_key(std::string_view bytes, bool descending) {
  std::string_view passed = bytes;
  const Status status = pass_order_key(&passed, descending);
  std::string_view left = bytes;
  const auto value = take_order_key(&left, descending);
  if (!value.ok()) {
    ASHLAR_CHECK(!value.status().message().empty());
    return;
  }
  ASHLAR_CHECK(status.ok() && passed.size() == left.size());
  const std::string_view taken = bytes.substr(0, bytes.size() - left.size());
  const auto text = descending ? std::nullopt : text_in_order_key(bytes);
  if (text) ASHLAR_CHECK(value->as_text() == *text);
  ASHLAR_CHECK(order_key(*value, descending) == taken);
}

}  // namespace
}  // namespace ashlar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  const std::string_view input = fuzz_input(data, size);
  check_key(input, false);
  check_key(input, true);
  const std::size_t split = input.find('\0');
  const auto first = parse_json(input.substr(0, split));
  if (first.ok()) check_value(*first);
  check_parts(input.substr(0, split));
  check_scalars(input.substr(0, split));
  if (!first.ok()) ASHLAR_CHECK(!first.status().message().empty());
  if (split == std::string_view::npos) return 0;
  const auto second = parse_json(input.substr(split + 1));
  if (!second.ok()) return 0;
  check_value(*second);
  if (first.ok()) check_order(*first, *second);
  return 0;
}
