// Paths as the two spellings of filters write them.
#pragma once

#include <string>
#include <string_view>

#include "ashlar/result.h"
#include "document/json_path.h"

namespace ashlar {

// Names and numbers between dots: address.city, items.0.price. A component of digits alone is an
// element's number. What begins with "$." or "$[", or is "$", is a JSONPath; so can every name be
// written: $['a.b'].
//   kInvalidArgument  it is no path.
Result<SingularPath> parse_dotted_path(std::string_view text);
// Reading it gives the path again.
std::string to_dotted_path(const SingularPath& path);

// Whether dots alone do: each name is of letters, digits and "_", and does not begin with a digit.
bool has_plain_names(const SingularPath& path);

}  // namespace ashlar
