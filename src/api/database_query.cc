// The queries of Database, and those of Transaction.
#include "api/database_parts.h"
#include "ashlar/database.h"
#include "base/try.h"
#include "query/query_calls.h"

namespace ashlar {
namespace {

QueryMoment moment_of(Engine& engine, const IndexCatalogue& indexes, const QueryOptions& options) {
  if (options.snapshot == nullptr) return QueryMoment::now(engine, indexes);
  return QueryMoment::of(engine, indexes.shared_set(), *options.snapshot);
}

// Whether a query in this transaction can begin.
Status check(const TransactionState& state, const QueryOptions& options) {
  if (options.snapshot != nullptr) {
    return Status::invalid_argument("a query in a transaction takes no snapshot");
  }
  return state.usable();
}

}  // namespace

// --- Database ----------------------------------------------------------------------------------

DocumentRange Database::find(std::string_view prefix, std::string_view filter,
                             const QueryOptions& options) const {
  if (auto* tx = reading_transaction(options.snapshot)) {
    return tx->find(prefix, filter, options);
  }
  return find_documents(moment_of(*engine_, *parts_->indexes, options), prefix, filter, options);
}

Result<uint64_t> Database::count_where(std::string_view prefix, std::string_view filter,
                                       const QueryOptions& options) const {
  if (auto* tx = reading_transaction(options.snapshot)) {
    return tx->count_where(prefix, filter, options);
  }
  return count_documents(moment_of(*engine_, *parts_->indexes, options), prefix, filter, options);
}

JsonRange Database::distinct(std::string_view prefix, std::string_view field,
                             std::string_view filter, const QueryOptions& options) const {
  if (auto* tx = reading_transaction(options.snapshot)) {
    return tx->distinct(prefix, field, filter, options);
  }
  return distinct_values(moment_of(*engine_, *parts_->indexes, options), prefix, field, filter,
                         options);
}

JsonRange Database::group(std::string_view prefix, const Grouping& grouping,
                          std::string_view filter, const QueryOptions& options) const {
  if (auto* tx = reading_transaction(options.snapshot)) {
    return tx->group(prefix, grouping, filter, options);
  }
  return group_documents(moment_of(*engine_, *parts_->indexes, options), prefix, grouping, filter,
                         options);
}

Result<uint64_t> Database::update_where(std::string_view prefix, std::string_view filter,
                                        std::string_view update, const QueryOptions& options) {
  if (auto* tx = bound_transaction()) return tx->update_where(prefix, filter, update, options);
  return transact([&](Transaction& tx) { return tx.update_where(prefix, filter, update, options); },
                  {.owner = "update_where"});
}

Result<uint64_t> Database::delete_where(std::string_view prefix, std::string_view filter,
                                        const QueryOptions& options) {
  if (auto* tx = bound_transaction()) return tx->delete_where(prefix, filter, options);
  return transact([&](Transaction& tx) { return tx.delete_where(prefix, filter, options); },
                  {.owner = "delete_where"});
}

Result<Explanation> Database::explain(std::string_view prefix, std::string_view filter,
                                      const QueryOptions& options) const {
  if (auto* tx = reading_transaction(options.snapshot)) {
    return tx->explain(prefix, filter, options);
  }
  return explain_query(moment_of(*engine_, *parts_->indexes, options), prefix, filter, options);
}

// --- Transaction -------------------------------------------------------------------------------

DocumentRange Transaction::find(std::string_view prefix, std::string_view filter,
                                const QueryOptions& options) {
  if (Status status = check(*state_, options); !status.ok()) return DocumentRange(status);
  return find_documents(QueryMoment::of(*state_), prefix, filter, options);
}

Result<uint64_t> Transaction::count_where(std::string_view prefix, std::string_view filter,
                                          const QueryOptions& options) {
  ASHLAR_TRY(check(*state_, options));
  return count_documents(QueryMoment::of(*state_), prefix, filter, options);
}

JsonRange Transaction::distinct(std::string_view prefix, std::string_view field,
                                std::string_view filter, const QueryOptions& options) {
  if (Status status = check(*state_, options); !status.ok()) return JsonRange(status);
  return distinct_values(QueryMoment::of(*state_), prefix, field, filter, options);
}

JsonRange Transaction::group(std::string_view prefix, const Grouping& grouping,
                             std::string_view filter, const QueryOptions& options) {
  if (Status status = check(*state_, options); !status.ok()) return JsonRange(status);
  return group_documents(QueryMoment::of(*state_), prefix, grouping, filter, options);
}

Result<uint64_t> Transaction::update_where(std::string_view prefix, std::string_view filter,
                                           std::string_view update, const QueryOptions& options) {
  ASHLAR_TRY(check(*state_, options));
  return update_documents(*state_, prefix, filter, update, options);
}

Result<uint64_t> Transaction::delete_where(std::string_view prefix, std::string_view filter,
                                           const QueryOptions& options) {
  ASHLAR_TRY(check(*state_, options));
  return delete_documents(*state_, prefix, filter, options);
}

Result<Explanation> Transaction::explain(std::string_view prefix, std::string_view filter,
                                         const QueryOptions& options) {
  ASHLAR_TRY(check(*state_, options));
  return explain_query(QueryMoment::of(*state_), prefix, filter, options);
}

}  // namespace ashlar
