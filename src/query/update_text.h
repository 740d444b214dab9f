// Changes to documents as JSON.
//
//   {"city": "Rome", "old": null}             a merge patch (RFC 7386): null removes
//   {"$set": {"address.city": "Rome"}, "$unset": {"old": true}, "$inc": {"n": 1},
//    "$push": {"tags": "new"}}                by operators, as MongoDB's users write them
#pragma once

#include <string_view>

#include "ashlar/result.h"
#include "document/json_update.h"

namespace ashlar {

//   kInvalidArgument  no JSON, no object, or an operator or path in it is wrong.
Result<JsonUpdate> parse_update(std::string_view text);

}  // namespace ashlar
