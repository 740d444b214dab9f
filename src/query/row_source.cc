#include "query/row_source.h"

#include <utility>

#include "index/index_upkeep.h"

namespace ashlar {
namespace {

// Rows of a scan between two calls of QueryOptions::progress.
constexpr uint64_t kRowsBetweenCalls = 256;

// Counts the rows of a step and takes its time.
class MeasuredSource : public RowSource {
 public:
  MeasuredSource(std::unique_ptr<RowSource> source, PlanNode& node, const RunContext& context)
      : source_(std::move(source)),
        actual_(node.actual),
        context_(context),
        is_leaf_(node.children.empty()) {}

  Result<bool> next(Row* row) override {
    if (is_leaf_ && !may_go_on()) return Status::aborted("the query was ended by its caller");
    Env& env = context_.moment.engine().env();
    const uint64_t start = context_.is_timed ? env.monotonic_ns() : 0;
    auto found = source_->next(row);
    if (context_.is_timed) actual_.time_ns += env.monotonic_ns() - start;
    if (found.ok() && *found) ++actual_.rows;
    return found;
  }

 private:
  bool may_go_on() {
    const auto& progress = context_.spec.progress;
    return ++context_.looked_at % kRowsBetweenCalls != 0 || !progress ||
           progress(context_.looked_at);
  }

  const std::unique_ptr<RowSource> source_;
  PlanNode::Actual& actual_;
  const RunContext& context_;
  const bool is_leaf_;
};

std::unique_ptr<RowSource> make_step(PlanNode& node, const RunContext& context) {
  switch (node.kind) {
    case PlanNode::Kind::kScan:
      return make_scan(node, context);
    case PlanNode::Kind::kIndexScan:
      return make_index_scan(node, context);
    case PlanNode::Kind::kByKey:
      return make_by_key(node, context);
    case PlanNode::Kind::kIntersect:
      return make_intersection(node, context);
    case PlanNode::Kind::kUnion:
      return make_union(node, context);
    case PlanNode::Kind::kFetch:
      return make_fetch(node, context);
    case PlanNode::Kind::kCovered:
      return make_covered(node, context);
    case PlanNode::Kind::kFilter:
      return make_filter(node, context);
    case PlanNode::Kind::kSort:
      return make_sort(node, context);
    case PlanNode::Kind::kLimit:
      return make_limit(node, context);
  }
  return nullptr;
}

}  // namespace

bool Row::parse_parts(const WantedParts& wanted) {
  if (parsed != Parsed::kNothing) return true;
  if (!read_parts(text, wanted, &document)) return parse_all();
  parsed = Parsed::kWantedParts;
  return true;
}

bool Row::parse_all() {
  if (parsed == Parsed::kAll) return true;
  auto whole = parse_document(text);
  if (!whole) return false;
  document = std::move(*whole);
  parsed = Parsed::kAll;
  return true;
}

std::unique_ptr<RowSource> make_source(PlanNode& node, const RunContext& context) {
  return std::make_unique<MeasuredSource>(make_step(node, context), node, context);
}

}  // namespace ashlar
