// The total order over JSON values, and index keys whose bytes sort by it.
//
// null < false < true < numbers < strings < arrays < objects. Numbers are compared by value,
// whatever their kind (1 equals 1.0), exactly. Strings are compared by bytes, which for UTF-8 is the
// order of code points. Arrays are compared element by element, then by length; objects by their
// members sorted by name: first the first name, then its value, and so on; then by number.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "ashlar/result.h"
#include "document/json_value.h"

namespace ashlar {

// Values that compare equal are equal in every index and every query.
std::weak_ordering compare_json(const JsonValue& a, const JsonValue& b);

// Appends bytes that sort as the values do, and are equal exactly if the values are. Encodings can be
// put one behind the other: none is a prefix of another one. With `descending`, they sort the other
// way round.
void append_order_key(const JsonValue& value, bool descending, std::string* out);

// Takes one encoding off the front of `*in`. Numbers come back by value, in the smallest kind that
// holds them; the members of objects sorted by name.
//   kCorruption  it is none.
Result<JsonValue> take_order_key(std::string_view* in, bool descending);

}  // namespace ashlar
