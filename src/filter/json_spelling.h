// Filters as MongoDB's users write them.
//
//   {}                                             every document
//   {"age": 30, "name": {"$ne": "Ann"}}            all of the members hold
//   {"$or": [{…}, {…}]}   $and  $nor               of a list of filters
//   {"age": {"$gt": 18, "$lte": 65}}               $eq $ne $gt $gte $lt $lte
//   {"city": {"$in": ["Rome", "Paris"]}}           $in $nin $all
//   {"age": {"$exists": false}}
//   {"age": {"$type": "number"}}                   or a list; the names are those of ValueType, and
//                                                  int, long and double (for number), array, …
//   {"name": {"$regex": "^A", "$options": "i"}}
//   {"tags": {"$size": 2}}
//   {"scores": {"$elemMatch": {"$gt": 5, "$lt": 9}}}
//   {"items": {"$elemMatch": {"sku": "x", "n": {"$gt": 2}}}}
//   {"age": {"$not": {"$gt": 30}}}
//
// Names are paths with dots: "address.city", "items.0.price"; every other name can be written as
// "$['a.b']". "$" is the whole document, and in $elemMatch the element. An object without operators
// is a value to be equal to.
#pragma once

#include <string>
#include <string_view>

#include "ashlar/result.h"
#include "document/json_value.h"
#include "filter/filter_node.h"

namespace ashlar {

//   kInvalidArgument  it is no filter; the message has the offset, or the field.
Result<FilterNodePtr> parse_json_filter(std::string_view text);
Result<FilterNodePtr> read_json_filter(const JsonValue& value);

std::string write_json_filter(const FilterNode& filter);

}  // namespace ashlar
