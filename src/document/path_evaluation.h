// Finds what a parsed path means in a document.
#pragma once

#include <functional>

#include "document/json_value.h"
#include "document/path_functions.h"
#include "document/path_query.h"

namespace ashlar {

// Takes one value; returns whether to go on.
using PathVisitor = std::function<bool(const JsonValue& value)>;

// Hands out the values in the order of the RFC; one that is meant twice comes twice. False if the
// visitor ended it.
bool visit_path(const PathQuery& query, const PathScope& scope, const PathVisitor& visitor);

// The value of a comparable: a literal, a singular query or a function.
PathValue path_value(const PathOperand& operand, const PathScope& scope);

// Whether a filter holds for the scope's current value.
bool filter_holds(const PathFilter& filter, const PathScope& scope);

}  // namespace ashlar
