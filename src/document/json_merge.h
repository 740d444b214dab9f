// JSON Merge Patch (RFC 7386).
#pragma once

#include "document/json_value.h"

namespace ashlar {

// The members of the patch replace those of the target, null removes them, objects are merged. A
// patch that is no object replaces the target.
void merge_patch(const JsonValue& patch, JsonValue* target);

}  // namespace ashlar
