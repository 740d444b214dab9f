// What one index can do for one filter.
#pragma once

#include <optional>

#include "ashlar/result.h"
#include "query/plan.h"

namespace ashlar {

// Most intervals of one access; conditions that would need more are left to the filter.
inline constexpr std::size_t kMaximumIntervals = 10'000;

// Whether each document with the prefix that matches the filter is in the index.
bool is_usable(const Index& index, const std::string& prefix, const FilterNode& filter);

// Whether a plan with a usable index could be better than a scan of the documents: the index bounds
// them, or leaves some out, or may have their order or all that is asked about.
bool may_help(const Index& index, const QuerySpec& spec);

// The part of a usable index that holds all documents that match. Errors of reading.
Result<IndexAccess> make_index_access(std::shared_ptr<const Index> index, const FilterNode& filter,
                                      ReadMoment& moment);

// Whether entries of this part come in the order of sorting: true for descending bytes.
std::optional<bool> order_of(const IndexAccess& access, const std::vector<SortPath>& sort);

// Whether entries alone answer the query: each document has one entry, and the values that it reads
// are in it.
bool covers(const IndexAccess& access, const QuerySpec& spec);

// Whether the values of the first field, one after the other, are the results. The index covers the
// query.
bool may_skip_values(const IndexAccess& access, const QuerySpec& spec);

}  // namespace ashlar
