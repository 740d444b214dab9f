// Filters as text, for people and shells.
//
//   age > 30 and city in ("Paris", "Rome") and tags contains "new"
//
//   a and b, a or b, not a, (a)       `not` binds closest, `or` least
//   = == != <> < <= > >=              with a value to their right
//   city in ("Rome", 'Paris')         city not in (…)
//   age between 18 and 65             both ends included
//   tags contains "new"               the array has such an element (or the field is the value)
//   tags contains all ("a", "b")
//   any items (sku = "x" and n > 2)   one element fulfils all of it
//   any scores ($ > 5 and $ < 9)      $ is the element
//   size(tags) = 2
//   name matches /^A/i                or matches "^A"i; flags i, m, s; \/ is a slash
//   name starts with "A"
//   email exists                      or exists(email); email is missing
//   age is number                     is null, bool, number, integer, string, array, object; is not
//   … true, false                       every document, none; no text at all means every document
//
// `not` may stand before in, between, contains, matches, starts, exists. Key words may be in
// capitals. Values are JSON; strings may also stand in single quotes. A field: name, address.city,
// items[0].price or items.0.price, $['any name']; a name that is a key word needs the last form. `x
// = null` holds for a missing field, too; `x is null` does not.
#pragma once

#include <string>
#include <string_view>

#include "ashlar/result.h"
#include "filter/filter_node.h"

namespace ashlar {

//   kInvalidArgument  it is no filter; the message has the line, with a caret below the place.
Result<FilterNodePtr> parse_text_filter(std::string_view text);

std::string write_text_filter(const FilterNode& filter);

// Words that a field's name has to be quoted for, sorted.
inline constexpr std::string_view kReservedWords[] = {
    "and",     "between", "contains", "exists", "false",  "in",  "is",
    "matches", "not",     "null",     "or",     "starts", "true"};

}  // namespace ashlar
