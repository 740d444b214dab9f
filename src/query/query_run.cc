#include "query/query_run.h"

#include <utility>

#include "base/try.h"
#include "query/planner.h"

namespace ashlar {

// First the snapshot, then the indexes: one that is dropped in between is not used, and one that is
// completed in between is not complete at the snapshot.
QueryMoment QueryMoment::now(Engine& engine, const IndexCatalogue& indexes) {
  auto snapshot = std::make_unique<const Snapshot>(engine.take_snapshot());
  QueryMoment moment = of(engine, indexes.shared_set(), *snapshot);
  moment.snapshot = std::move(snapshot);
  return moment;
}

QueryMoment QueryMoment::of(Engine& engine, std::shared_ptr<const IndexSet> indexes,
                            const Snapshot& snapshot) {
  QueryMoment moment;
  moment.reads = std::make_unique<SnapshotReadMoment>(engine, snapshot);
  moment.indexes = indexes->usable_at(snapshot.sequence());
  return moment;
}

QueryMoment QueryMoment::of(TransactionState& transaction) {
  QueryMoment moment;
  moment.reads = std::make_unique<TransactionMoment>(transaction);
  if (transaction.source() == nullptr) return moment;
  const auto rules = transaction.source()->current();
  if (const auto* const indexes = dynamic_cast<const IndexSet*>(rules.get())) {
    moment.indexes = indexes->usable_at(transaction.sequence());
  }
  return moment;
}

Result<std::unique_ptr<QueryRun>> QueryRun::start(QuerySpec spec, QueryMoment moment,
                                                  bool is_timed) {
  std::unique_ptr<QueryRun> run(new QueryRun(std::move(spec), std::move(moment)));
  ASHLAR_TRY_ASSIGN(run->plan_, make_plan(run->spec_, run->moment_.indexes, *run->moment_.reads));
  run->context_.emplace(RunContext{*run->moment_.reads, run->spec_, run->spec_.wanted_parts(),
                                   run->plan_.order, is_timed});
  run->source_ = make_source(*run->plan_.root, *run->context_);
  return run;
}

Result<bool> QueryRun::next() {
  // What next() leaves in the row at the end is not the last one. The rows' room is used again.
  ASHLAR_TRY_ASSIGN(const bool found, source_->next(&next_row_));
  if (!found) return false;
  std::swap(row_, next_row_);
  has_row_ = true;
  return true;
}

std::string QueryRun::resume_token() const {
  if (!has_row_) return {};
  ResumePoint point;
  point.fingerprint = spec_.fingerprint();
  if (plan_.order == RowOrder::kByIndex) point.plan = plan_.name;
  point.order = row_.order;
  point.key = row_.key;
  return point.to_text();
}

}  // namespace ashlar
