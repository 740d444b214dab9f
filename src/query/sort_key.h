// What documents are sorted by.
#pragma once

#include <string>
#include <vector>

#include "document/json_value.h"
#include "query/query_spec.h"

namespace ashlar {

// Appends bytes that sort as the query asks for. Of several values of a field the smallest counts;
// descending, the largest. A missing value counts as null.
void append_sort_key(const std::vector<SortPath>& sort, const JsonValue& document,
                     std::string* out);

}  // namespace ashlar
