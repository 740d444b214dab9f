// What a filter says about the values of one field: bounds for an index.
#pragma once

#include <string>
#include <vector>

#include "document/json_path.h"
#include "filter/filter.h"
#include "query/value_set.h"

namespace ashlar {

// Every document that matches the filter has a value at `field`, among those that comparisons look
// at (a missing one counting as null), that is in this set.
//
// `single_valued`: no document has more than one such value; then all conditions on the field hold
// for one and the same value, else only one of them can be used.
ValueSet field_bounds(const FilterNode& filter, const SingularPath& field, bool single_valued);

// Whether every document that matches `filter` matches `condition`. May say no where it is so.
bool implies(const FilterNode& filter, const FilterNode& condition);

// Whether every document that matches `filter` has a value at the path.
bool requires_value(const FilterNode& filter, const SingularPath& path);

}  // namespace ashlar
