// The commonest filters as text, read without a grammar.
#pragma once

#include <string_view>

#include "filter/filter_node.h"

namespace ashlar {

// Comparisons of fields with values, joined by `and`: age > 30 and address.city = "Rome". Null if
// it is anything else, or wrong; then parse_text_filter() is to read it, which reads these, too,
// and to the same tree.
FilterNodePtr parse_simple_filter(std::string_view text);

}  // namespace ashlar
