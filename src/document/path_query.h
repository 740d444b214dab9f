// A parsed JSONPath (RFC 9535). Made by PathParser, which sees to it that it is well-typed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "document/json_value.h"
#include "document/path_pattern.h"

namespace ashlar {

struct PathFilter;
struct PathFunction;

struct PathSelector {
  enum class Kind : unsigned char { kName, kWildcard, kIndex, kSlice, kFilter };

  Kind kind = Kind::kWildcard;
  std::string name;
  int64_t index = 0;
  // Of a slice.
  std::optional<int64_t> start;
  std::optional<int64_t> end;
  int64_t step = 1;
  std::shared_ptr<const PathFilter> filter;
};

struct PathSegment {
  bool descendant = false;
  bool blank_in_brackets = false;  // which a singular query within a filter must not have
  std::vector<PathSelector> selectors;
};

struct PathQuery {
  bool from_root = true;  // else from the current value of a filter
  std::vector<PathSegment> segments;

  // Whether it means at most one value.
  bool is_singular() const;
};

struct PathCall;

// What is compared, tested or handed to a function.
using PathOperand = std::variant<JsonValue, PathQuery, std::shared_ptr<const PathCall>>;

struct PathCall {
  const PathFunction* function = nullptr;
  std::vector<PathOperand> arguments;
  // Of match and search, when the pattern is a literal: null inside if that is no pattern.
  std::optional<std::shared_ptr<const PathPattern>> pattern;
};

enum class PathComparator : unsigned char {
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
};

struct PathFilter {
  enum class Kind : unsigned char { kOr, kAnd, kNot, kTest, kComparison };

  Kind kind = Kind::kTest;
  std::vector<PathFilter> parts;      // of kOr and kAnd; the only one of kNot
  std::vector<PathOperand> operands;  // the one of kTest, the two of kComparison
  PathComparator comparator = PathComparator::kEqual;
};

}  // namespace ashlar
