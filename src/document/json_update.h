// Changes to a JSON document, made together or not at all.
#pragma once

#include <string>
#include <vector>

#include "ashlar/status.h"
#include "document/json_path.h"
#include "document/json_value.h"

namespace ashlar {

// A list of operations, applied one after the other; each sees what the ones before it did.
//
// Set, increment and append make what their path leads through if it is missing: a name in an
// object that is not there yet, with the object around it. An index must be that of an element, or
// the array's size, which stands for a new element behind the last one. Nothing else is replaced on
// the way: a path through a number or null is an error.
//
// Threads: as a plain value; apply may be called from any number of threads at once.
class JsonUpdate {
 public:
  // Sets what the path means; $ is the whole document.
  JsonUpdate& set(SingularPath path, JsonValue value);
  // Removes a member or element; the elements behind it move up. What is not there stays away.
  JsonUpdate& unset(SingularPath path);
  // Adds to a number; one that is missing counts as 0. Integers are added exactly, anything else as
  // doubles.
  JsonUpdate& increment(SingularPath path, JsonValue amount);
  // Adds an element behind the last one of an array, which is made if it is missing.
  JsonUpdate& append(SingularPath path, JsonValue value);
  // JSON Merge Patch (RFC 7386) of the whole document: members of the patch replace those of the
  // document, null removes them, objects are merged.
  JsonUpdate& merge(JsonValue patch);

  bool is_empty() const { return operations_.empty(); }

  // Leaves the document as it was if there is an error. The message has the operation's number,
  // from 1 on, and its path.
  //   kInvalidArgument  the path leads through a value that is no object or array; an index beyond
  //                     the array's end; increment of what is no number, by what is no number, or
  //                     beyond the range of its kind: int64 (uint64 if one of both is beyond it),
  //                     double; append to what is no array; unset of $.
  //   kTooLarge         the document would be nested deeper than kMaximumJsonDepth, or a path has
  //                     more steps than that.
  Status apply(JsonValue* document) const;

 private:
  enum class Kind : unsigned char { kSet, kUnset, kIncrement, kAppend, kMerge };
  struct Operation {
    Kind kind;
    SingularPath path;
    JsonValue value;
  };

  static Status apply(const Operation& operation, JsonValue* document);

  std::vector<Operation> operations_;
};

}  // namespace ashlar
