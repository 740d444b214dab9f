// The total order over JSON values, and index keys whose bytes sort by it.
//
// null < false < true < numbers < strings < arrays < objects. Numbers are compared by value,
// whatever their kind (1 equals 1.0), exactly. Strings are compared by bytes, which for UTF-8 is
// the order of code points. Arrays are compared element by element, then by length; objects by
// their members sorted by name: first the first name, then its value, and so on; then by number.
//
// An index key begins with a byte for the type. All integers in it are big-endian.
//
//   01                     null
//   02  03                 false, true
//   08 decimal'            a number below -DBL_MAX; ' means that every bit is inverted
//   09 double tie          any other number, 0 and -0 alike
//   0a decimal             a number above DBL_MAX
//   10 text                a string
//   18 values 00           an array: the keys of its elements
//   20 (10 text value)* 00 an object: its members, sorted by name
//
//   double   8 bytes: the number without what a double cannot hold (cut, not rounded), its sign bit
//            inverted, or all bits if it is negative
//   tie      01: that was the whole number; 02 rest: what was cut is `rest`, a length (1 byte) and
//            that many bytes of an integer; 00 rest': the same for a negative number
//   decimal  for 0.DIGITS * 10^EXPONENT: the length of the exponent (1 byte; from 255 on ff and 8
//            bytes), the exponent in ASCII digits, then the digits two by two, each two a byte of
//            their value plus 1, then 00
//   text     the bytes with 00 written as 00 ff, then 00 00
//
// With `descending`, every bit of it all is inverted.
//
// Example: ["a", 1]
//   18 | 10 61 00 00 | 09 bf f0 00 00 00 00 00 00 01 | 00
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "ashlar/result.h"
#include "document/json_value.h"

namespace ashlar {

// Values that compare equal are equal in every index and every query.
std::weak_ordering compare_json(const JsonValue& a, const JsonValue& b);

// Appends bytes that sort as the values do, and are equal exactly if the values are. Encodings can
// be put one behind the other: none is a prefix of another one. With `descending`, they sort the
// other way round.
void append_order_key(const JsonValue& value, bool descending, std::string* out);
// The same for the string `text`.
void append_text_order_key(std::string_view text, bool descending, std::string* out);

// Takes one encoding off the front of `*in`. Numbers come back by value, in the smallest kind that
// holds them; the members of objects sorted by name.
//   kCorruption  it is none.
Result<JsonValue> take_order_key(std::string_view* in, bool descending);
// The string whose ascending key is in front of `in`, as a view of its bytes; nothing if another
// value is there, or a string with a zero byte.
std::optional<std::string_view> text_in_order_key(std::string_view in);
// As take_order_key() without the value; may accept what take_order_key() refuses.
Status pass_order_key(std::string_view* in, bool descending);

}  // namespace ashlar
