// A step of a running query.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "ashlar/result.h"
#include "document/json_parts.h"
#include "document/json_value.h"
#include "index/read_moment.h"
#include "query/plan.h"
#include "query/query_spec.h"

namespace ashlar {

// What goes from step to step.
struct Row {
  std::string key;  // user's
  // Where the row stands in its source's order, the key aside: an index's values, as bytes; behind
  // sorting, the sort key; else empty.
  std::string order;
  std::string text;  // of the document, once it has been read
  // What of the document has been parsed.
  enum class Parsed : unsigned char { kNothing, kWantedParts, kAll };
  Parsed parsed = Parsed::kNothing;
  JsonValue document;  // that much of it

  // Parses the document, unless somebody has: the parts that the query reads, or all of it. False
  // if it is none.
  bool parse_parts(const WantedParts& wanted);
  bool parse_all();
};

// Threads: one at a time.
class RowSource {
 public:
  virtual ~RowSource() = default;
  // False at the end. `*row` may be anything before.
  virtual Result<bool> next(Row* row) = 0;
};

// What all steps of a run share.
//
// Ownership: refers to what the run owns.
struct RunContext {
  ReadMoment& moment;
  const QuerySpec& spec;
  WantedParts wanted{};               // what steps read of documents: for filter, sort and grouping
  RowOrder order = RowOrder::kByKey;  // Plan::order
  bool is_timed = false;
  mutable uint64_t looked_at = 0;  // documents and entries that scans have met
};

// The step for a node and those below it, which count in PlanNode::actual. The node must outlive
// it.
std::unique_ptr<RowSource> make_source(PlanNode& node, const RunContext& context);

// --- One file each -----------------------------------------------------------------------------
std::unique_ptr<RowSource> make_scan(PlanNode& node, const RunContext& context);
std::unique_ptr<RowSource> make_index_scan(PlanNode& node, const RunContext& context);
std::unique_ptr<RowSource> make_by_key(PlanNode& node, const RunContext& context);
std::unique_ptr<RowSource> make_intersection(PlanNode& node, const RunContext& context);
std::unique_ptr<RowSource> make_union(PlanNode& node, const RunContext& context);
std::unique_ptr<RowSource> make_fetch(PlanNode& node, const RunContext& context);
std::unique_ptr<RowSource> make_covered(PlanNode& node, const RunContext& context);
std::unique_ptr<RowSource> make_filter(PlanNode& node, const RunContext& context);
std::unique_ptr<RowSource> make_sort(PlanNode& node, const RunContext& context);
std::unique_ptr<RowSource> make_limit(PlanNode& node, const RunContext& context);

}  // namespace ashlar
