// Rows in the order that the query asks for.
#include <utility>

#include "base/try.h"
#include "query/external_sorter.h"
#include "query/row_source.h"
#include "query/sort_key.h"

namespace ashlar {
namespace {

class SortSource : public RowSource {
 public:
  SortSource(PlanNode& node, const RunContext& context)
      : spec_(context.spec),
        actual_(node.actual),
        wanted_(context.wanted),
        child_(make_source(*node.children.front(), context)),
        sorter_(context.moment.engine(), {.keep = wanted(context.spec)}) {}

  Result<bool> next(Row* row) override {
    if (!is_sorted_) {
      ASHLAR_TRY(sort());
    } else {
      ASHLAR_TRY(sorter_.next());
    }
    if (!sorter_.valid()) return false;
    SortRecord& record = sorter_.record();
    row->key = record.key;
    row->order = record.order;
    row->text = std::move(record.payload);
    row->parsed = Row::Parsed::kNothing;
    return true;
  }

 private:
  static uint64_t wanted(const QuerySpec& spec) {
    return spec.limit > UINT64_MAX - spec.skip ? UINT64_MAX : spec.limit + spec.skip;
  }

  Status sort() {
    Row row;
    for (;;) {
      ASHLAR_TRY_ASSIGN(const bool found, child_->next(&row));
      if (!found) break;
      if (!row.parse_parts(wanted_)) continue;
      row.order.clear();
      append_sort_key(spec_.sort, row.document, &row.order);
      if (!sorter_.may_be_kept(row.order, row.key)) continue;
      SortRecord record{std::move(row.order), std::move(row.key), {}};
      if (spec_.after && !is_behind(record)) continue;
      if (spec_.projection.kind != Projection::Kind::kNothing) record.payload = std::move(row.text);
      ASHLAR_TRY(sorter_.add(std::move(record)));
    }
    is_sorted_ = true;
    ASHLAR_TRY(sorter_.finish());
    actual_.spilled_bytes = sorter_.spilled_bytes();
    return {};
  }

  bool is_behind(const SortRecord& record) const {
    const int order = record.order.compare(spec_.after->order);
    return order > 0 || (order == 0 && record.key > spec_.after->key);
  }

  const QuerySpec& spec_;
  PlanNode::Actual& actual_;
  const WantedParts& wanted_;
  const std::unique_ptr<RowSource> child_;
  ExternalSorter sorter_;
  bool is_sorted_ = false;
};

}  // namespace

std::unique_ptr<RowSource> make_sort(PlanNode& node, const RunContext& context) {
  return std::make_unique<SortSource>(node, context);
}

}  // namespace ashlar
