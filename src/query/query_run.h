// A query at work.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ashlar/query.h"
#include "index/index_catalogue.h"
#include "index/index_set.h"
#include "index/read_moment.h"
#include "query/plan.h"
#include "query/query_spec.h"
#include "query/row_source.h"

namespace ashlar {

// Where a query reads, and which indexes it may use there.
struct QueryMoment {
  // As of a snapshot of its own.
  static QueryMoment now(Engine& engine, const IndexCatalogue& indexes);
  // As of the caller's snapshot, which must outlive it.
  static QueryMoment of(Engine& engine, std::shared_ptr<const IndexSet> indexes,
                        const Snapshot& snapshot);
  // Inside a transaction, which must outlive it.
  static QueryMoment of(TransactionState& transaction);

  std::unique_ptr<const Snapshot> snapshot;
  std::unique_ptr<ReadMoment> reads;
  std::vector<std::shared_ptr<const Index>> indexes;
};

// Plans a query when it is made, and runs it while rows are taken.
//
// Threads: one at a time.
class QueryRun {
 public:
  // Errors of planning. `is_timed`: steps take the time, for explain().
  static Result<std::unique_ptr<QueryRun>> start(QuerySpec spec, QueryMoment moment,
                                                 bool is_timed = false);

  // Goes to the next row; false at the end.
  Result<bool> next();
  // The row it is at; its document is parsed if nothing had to be sorted.
  Row& row() { return row_; }
  const Row& row() const { return row_; }

  const QuerySpec& spec() const { return spec_; }
  const Plan& plan() const { return plan_; }
  // For QueryOptions::after: behind the row that was come to last; empty before the first one.
  std::string resume_token() const;

 private:
  QueryRun(QuerySpec spec, QueryMoment moment)
      : spec_(std::move(spec)), moment_(std::move(moment)) {}

  const QuerySpec spec_;
  const QueryMoment moment_;
  Plan plan_;
  std::optional<RunContext> context_;
  std::unique_ptr<RowSource> source_;
  Row row_;
  Row next_row_;
  bool has_row_ = false;
};

}  // namespace ashlar
