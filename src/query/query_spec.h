// A query as the planner takes it: checked and compiled.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ashlar/query.h"
#include "document/json_parts.h"
#include "document/json_path.h"
#include "filter/filter.h"
#include "query/resume_token.h"

namespace ashlar {

struct SortPath {
  SingularPath path;
  bool descending = false;
};

// What of each document is wanted in the end.
struct Projection {
  enum class Kind : unsigned char { kWhole, kFields, kWithout, kNothing };
  Kind kind = Kind::kWhole;
  std::vector<SingularPath> paths;
};

struct QuerySpec {
  std::string prefix;  // of users' keys
  Filter filter;
  std::vector<SortPath> sort;
  uint64_t limit = UINT64_MAX;
  uint64_t skip = 0;
  Projection projection;
  // Paths that are read of each document besides, by grouping; with them nothing else is.
  std::vector<SingularPath> read_paths;
  bool reads_paths_only = false;
  // Of documents with the same values at these paths one is enough.
  bool distinct = false;
  std::optional<ResumePoint> after;
  std::string forced_plan;
  std::function<bool(uint64_t looked_at)> progress;

  // Of documents, while the query runs: for its filter, its order and grouping.
  WantedParts wanted_parts() const;
  // Of prefix, filter and sort: the part that a resume token belongs to.
  uint64_t fingerprint() const;

  //   kInvalidArgument  a filter, path, token or number in it is wrong.
  static Result<QuerySpec> make(std::string_view prefix, std::string_view filter,
                                const QueryOptions& options);
};

// A field's name in options.
Result<SingularPath> parse_field(std::string_view text);

}  // namespace ashlar
