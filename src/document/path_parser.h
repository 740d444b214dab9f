// Reads the text of a JSONPath (RFC 9535, its whole grammar and its rules of types).
#pragma once

#include <string_view>

#include "ashlar/result.h"
#include "ashlar/status.h"
#include "document/path_functions.h"
#include "document/path_query.h"
#include "document/path_scanner.h"

namespace ashlar {

// Deepest nesting of filters, parentheses and calls, and segments of a path with all the queries in
// it. Together with kMaximumJsonDepth they bound the stack that an evaluation takes.
inline constexpr int kMaximumPathNesting = 32;
inline constexpr int kMaximumPathSegments = 1000;

class PathParser {
 public:
  // The text must stay where it is.
  explicit PathParser(std::string_view text) : text_(text), scanner_(text) {}

  // A whole path that begins with $.
  Result<PathQuery> parse();
  // The same, but "$." in front may be missing: address.city
  Result<PathQuery> parse_shorthand();

 private:
  // Every taking function is behind what it took when it returns, blanks that follow not included.
  Status take_segments(PathQuery* query);
  Result<PathSegment> take_segment();
  Status take_brackets(PathSegment* segment);
  Result<PathSelector> take_selector();
  Result<PathSelector> take_index_or_slice();
  Status take_slice_end(PathSelector* selector);

  Result<PathFilter> take_filter();
  Result<PathFilter> take_conjunction();
  Result<PathFilter> take_term();
  Result<PathFilter> take_parentheses();
  Result<PathFilter> take_test_or_comparison(bool test_only);
  Result<PathOperand> take_operand();
  Result<PathOperand> take_query_operand();
  Result<PathOperand> take_call(std::size_t start, std::string_view name);
  Status take_arguments(PathCall* call);
  Status check_argument(const PathOperand& argument, PathType wanted, std::size_t offset) const;
  Status check_test(const PathOperand& operand, std::size_t offset) const;
  Status check_comparable(const PathOperand& operand, std::size_t offset) const;
  Status enter();

  std::string_view text_;
  PathScanner scanner_;
  int nesting_ = 0;
  int segments_ = 0;
};

}  // namespace ashlar
