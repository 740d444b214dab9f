// The calls of the public classes, at any moment.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ashlar/query.h"
#include "ashlar/result.h"
#include "query/query_run.h"

namespace ashlar {

// As in Database. Keys, prefixes and documents are the user's.
DocumentRange find_documents(QueryMoment moment, std::string_view prefix, std::string_view filter,
                             const QueryOptions& options);
Result<uint64_t> count_documents(QueryMoment moment, std::string_view prefix,
                                 std::string_view filter, const QueryOptions& options);
JsonRange distinct_values(QueryMoment moment, std::string_view prefix, std::string_view field,
                          std::string_view filter, const QueryOptions& options);
JsonRange group_documents(QueryMoment moment, std::string_view prefix, const Grouping& grouping,
                          std::string_view filter, const QueryOptions& options);
Result<Explanation> explain_query(QueryMoment moment, std::string_view prefix,
                                  std::string_view filter, const QueryOptions& options);

// In a transaction: finds all of them first, then writes, so that no write meets the search.
Result<uint64_t> update_documents(TransactionState& transaction, std::string_view prefix,
                                  std::string_view filter, std::string_view update,
                                  const QueryOptions& options);
Result<uint64_t> delete_documents(TransactionState& transaction, std::string_view prefix,
                                  std::string_view filter, const QueryOptions& options);

}  // namespace ashlar
