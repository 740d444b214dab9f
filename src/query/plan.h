// How a query is to be run: a tree of steps, each taking rows from those below it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "index/index_reader.h"
#include "query/query_spec.h"
#include "query/value_set.h"

namespace ashlar {

// A part of one index, and what is known of it.
struct IndexAccess {
  std::shared_ptr<const Index> index;
  std::vector<IndexBounds> bounds;  // ascending, apart; of values' bytes
  // How many fields at the front have one value only.
  std::size_t fixed_fields = 0;
  // What the bounds are made of: the values of the fields at the front that have bounds.
  std::vector<ValueSet> bounded_values;
  // Exactly the documents that match the filter have entries within the bounds.
  bool exact = false;
  // Entries come in the order of the documents' keys: all of them have the same values.
  bool in_key_order = false;
  // By field: whether documents may have several values in it.
  std::vector<bool> many_values;
  double entries = 0;  // estimated, unless they are known
  // All entries within the bounds, ascending, if they are known to be few.
  struct KnownEntry {
    std::string values;
    std::string key;  // of the document, as stored
  };
  std::optional<std::vector<KnownEntry>> known_entries;

  bool has_bounds() const { return !bounded_values.empty(); }
  // What the bounds mean, for people; empty: all of the index.
  std::string condition() const;
  bool may_repeat() const;
};

struct PlanNode {
  enum class Kind : unsigned char {
    kScan,       // all documents with the prefix, by key
    kIndexScan,  // a part of an index; rows have an order, and no document
    kByKey,      // sorts rows by key and drops repeated ones
    kIntersect,  // keys that all children have; children are sorted by key
    kUnion,      // keys that a child has; the same
    kFetch,      // the documents of rows
    kCovered,    // documents made of an index's entries: those of their fields that the query reads
    kFilter,
    kSort,
    kLimit,  // skip and limit
  };
  // What happened.
  struct Actual {
    uint64_t rows = 0;
    uint64_t entries = 0;    // of indexes, read
    uint64_t documents = 0;  // read
    uint64_t time_ns = 0;    // with all below it
    uint64_t spilled_bytes = 0;
  };

  Kind kind = Kind::kScan;
  // Of kIndexScan, and of the kFetch and kCovered above it; else null.
  std::shared_ptr<const IndexAccess> access;
  bool reverse = false;  // of the same
  // Of kIndexScan as a plan's root: one entry for each value of the first field, the first of them.
  bool skips_values = false;
  double estimated_rows = 0;
  Actual actual;
  std::vector<std::unique_ptr<PlanNode>> children;
};

// How the rows of a plan follow one another; a resume token is good for plans of the same order.
enum class RowOrder : unsigned char {
  kSorted,   // by the sort key, then the document's key
  kByKey,    // by the document's key; the query asks for no order
  kByIndex,  // as an index has them
};

struct Plan {
  std::unique_ptr<PlanNode> root;
  // As QueryOptions::plan takes it.
  std::string name;
  double cost = 0;  // microseconds, roughly
  RowOrder order = RowOrder::kByKey;
  bool covered = false;
};

std::unique_ptr<PlanNode> make_plan_node(PlanNode::Kind kind, double estimated_rows,
                                         std::unique_ptr<PlanNode> child = nullptr);

}  // namespace ashlar
