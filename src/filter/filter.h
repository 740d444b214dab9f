// Which documents are meant: one filter language in two spellings.
//
//   {"age": {"$gt": 30}, "city": {"$in": ["Paris", "Rome"]}}     JSON, see json_spelling.h
//   age > 30 and city in ("Paris", "Rome")                       text, see text_spelling.h
//
// What a filter means, in either spelling (it follows MongoDB where not said otherwise):
//
// Paths     A path means the values that visit_path_values() finds: a name looks into the objects
// of
//           an array, so that items.price means the price of any item.
// Comparing A comparison holds if it holds for any value at the path; of an array, for the array as
// a
//           whole or any of its elements. Two values are compared only if both are null, both bool,
//           both numbers, both strings, both arrays or both objects; between others no comparison
//           holds. Within these, compare_json() decides: numbers by value, strings by bytes,
//           objects whatever the order of their members.
// Null      A missing value counts as null for =, <=, >= and in. `exists` and types tell them
// apart. Negation  != is "not =", `not in` is "not in": they hold for a missing field, and for an
// array only
//           if no element is equal. Two-valued logic: not (not x) is x.
// exists    There is a value at the path, null included.
// all       For each value of the list: the field = it. Of an empty list: nothing matches.
// any       One element of an array at the path fulfils a whole filter, in which $ is the element.
// matches   RE2 finds the expression somewhere in a string; of an array, in any element.
// size      An array at the path has so many elements.
// is TYPE   The value has the type; of an array, also if any element has it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ashlar/result.h"
#include "document/json_parts.h"
#include "document/json_value.h"
#include "filter/filter_node.h"
#include "filter/path_values.h"

namespace ashlar {

// Longest filter that is read, and how deep its parts may be nested.
inline constexpr std::size_t kMaximumFilterBytes = std::size_t{1} << 20;
inline constexpr int kMaximumFilterDepth = 100;

// Ownership: copies share an immutable tree.
// Threads:   as a plain value; matches() from any number of threads.
class Filter {
 public:
  // Matches every document.
  Filter() : root_(make_true()) {}
  explicit Filter(FilterNodePtr root) : root_(std::move(root)) {}

  // Either spelling: JSON if the first character is a brace. Nothing but white space: all
  // documents.
  //   kInvalidArgument  it is no filter. The message says what is wrong and where: for text the
  //   line
  //                     with a caret below the place, for JSON the field.
  static Result<Filter> parse(std::string_view text);

  bool matches(const JsonValue& document) const;
  bool matches_everything() const { return root_->op == FilterOperator::kTrue; }

  // Reading either gives the same filter again.
  std::string to_text() const;
  std::string to_json() const;

  const FilterNode& root() const { return *root_; }
  const FilterNodePtr& shared_root() const { return root_; }

 private:
  FilterNodePtr root_;
};

// The same for a part of a filter.
bool matches(const FilterNode& node, const JsonValue& document,
             PathRoot root = PathRoot::kDocument);

// Adds what matches() reads of a document.
void add_wanted_parts(const FilterNode& filter, WantedParts* wanted);

}  // namespace ashlar
