// Parts of documents.
#pragma once

#include <string>

#include "document/json_value.h"
#include "query/query_spec.h"

namespace ashlar {

// Only the fields wanted, or all but those: a name chooses the member of an object and, in an
// array, of each object in it; a number chooses an element. Members keep their order. What is left
// of a document none of whose fields is wanted is {}.
JsonValue project(const JsonValue& document, const Projection& projection);

}  // namespace ashlar
