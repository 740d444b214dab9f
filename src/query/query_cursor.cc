#include "query/query_cursor.h"

#include <utility>

#include "base/try.h"
#include "document/json_text.h"
#include "query/projection.h"

namespace ashlar {

QueryCursor::QueryCursor(std::unique_ptr<QueryRun> run) : run_(std::move(run)) {
  next();
}

void QueryCursor::next() {
  valid_ = false;
  if (status_.ok()) status_ = load();
}

Status QueryCursor::load() {
  ASHLAR_TRY_ASSIGN(const bool found, run_->next());
  if (!found) return {};
  const Projection& projection = run_->spec().projection;
  Row& row = run_->row();
  if (projection.kind == Projection::Kind::kFields ||
      projection.kind == Projection::Kind::kWithout) {
    if (row.parsed != Row::Parsed::kAll) {
      ASHLAR_TRY_ASSIGN(row.document, parse_json(row.text));
    }
    projected_.clear();
    append_json(project(row.document, projection), &projected_);
  }
  valid_ = true;
  return {};
}

Entry QueryCursor::entry() const {
  const Row& row = run_->row();
  switch (run_->spec().projection.kind) {
    case Projection::Kind::kWhole:
      return {row.key, row.text};
    case Projection::Kind::kNothing:
      return {row.key, {}};
    default:
      return {row.key, projected_};
  }
}

}  // namespace ashlar
