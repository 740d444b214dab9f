// Finding documents by what is in them. A document is a value that is a JSON text; other values are
// passed over.
//
//   auto found = db->find("user:", "age > 30 and city in (\"Paris\", \"Rome\")",
//                         {.sort = {"age", ashlar::descending("name")}, .limit = 10});
//   for (const auto& [key, json] : found) …
//   if (!found.status().ok()) …
//
//   db->find("user:", R"({"age": {"$gt": 30}})")                   the same language as JSON
//   db->count_where("user:", "tags contains \"new\"")
//   db->distinct("user:", "city")
//   db->group("user:", {.by = {"city"}, .values = {ashlar::count(), ashlar::average("age")}})
//   db->update_where("user:", "age < 18", R"({"minor": true})")
//   db->explain("user:", "age > 30")->text
//
// The filter language: docs/QUERIES.md. Paths of fields: address.city, items.0.price, $['any
// name']; where several values are meant, each counts.
//
// Queries use indexes (ashlar/index.h) where these help, and run without. Results stream; what has
// to be sorted and does not fit into memory's share goes to temporary files in the database's
// folder.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ashlar/index.h"
#include "ashlar/range.h"
#include "ashlar/result.h"
#include "ashlar/snapshot.h"

namespace ashlar {

// A field to sort by: "age", or descending("age").
using SortField = IndexField;

struct QueryOptions {
  // By the first field, then the next one. Order of values: null (and missing), false, true,
  // numbers, strings, arrays, objects. Of several values of a field the smallest counts;
  // descending, the largest. Documents that are equal in all of them come in the order of their
  // keys, ascending or descending. Empty: any order.
  std::vector<SortField> sort{};
  // At most so many documents, after leaving out `skip` of them.
  uint64_t limit = UINT64_MAX;
  uint64_t skip = 0;
  // Only these fields of each document, in its order; empty: whole documents.
  std::vector<std::string> fields{};
  // Whole documents but for these fields.
  std::vector<std::string> without{};
  // Only the keys are of interest: the values are empty.
  bool keys_only = false;
  // Go on behind the document at which DocumentRange::resume_token() was taken. The query must be
  // the same; limit, skip and projection may differ. Tokens stay good after a restart.
  std::string after{};
  // Overrules the planner: "scan", "index NAME", "intersect NAME NAME …", "union". Empty: it
  // chooses.
  std::string plan{};
  // As of this moment; null: now. Must outlive the range. Not inside transactions.
  const Snapshot* snapshot = nullptr;
  // Called every now and then while the query runs, with the number of documents and index entries
  // looked at so far; false ends it with kAborted.
  std::function<bool(uint64_t looked_at)> progress{};
};

// Where a query's documents come from.
class DocumentCursor : public Cursor {
 public:
  virtual std::string resume_token() const = 0;
};

// The documents found: key and JSON text. Single-pass, like EntryRange. It must be gone before the
// database is closed, or the transaction ended.
//
// Threads: one at a time.
class DocumentRange : public EntryRange {
 public:
  explicit DocumentRange(std::unique_ptr<DocumentCursor> cursor)
      : EntryRange(std::unique_ptr<Cursor>(cursor.get())), cursor_(cursor.release()) {}
  explicit DocumentRange(Status status) : EntryRange(std::move(status)) {}

  // Stands for the place behind the document that the range is at, or the last one if it has ended:
  // for QueryOptions::after. Empty if there was none.
  std::string resume_token() const { return cursor_ ? cursor_->resume_token() : std::string(); }

 private:
  DocumentCursor* cursor_ = nullptr;  // the base's
};

// JSON texts.
inline std::string_view value_of(const Entry& entry) {
  return entry.value;
}
using JsonRange = BasicRange<std::string_view, value_of>;

// What is computed for each group.
struct Aggregate {
  enum class Kind : unsigned char { kCount, kSum, kAverage, kMinimum, kMaximum };
  Kind kind = Kind::kCount;
  std::string field{};
  // The member's name in the result; empty: "count", "sum_FIELD", "avg_FIELD", "min_FIELD",
  // "max_FIELD".
  std::string name{};
};

// Number of documents.
inline Aggregate count(std::string name = {}) {
  return {Aggregate::Kind::kCount, {}, std::move(name)};
}
// Of the numbers at the field, elements of arrays among them; null if there are none. A sum of
// integers is an integer while it fits 64 bits.
inline Aggregate sum(std::string field, std::string name = {}) {
  return {Aggregate::Kind::kSum, std::move(field), std::move(name)};
}
inline Aggregate average(std::string field, std::string name = {}) {
  return {Aggregate::Kind::kAverage, std::move(field), std::move(name)};
}
// Of all values but null, elements of arrays among them; null if there are none.
inline Aggregate minimum(std::string field, std::string name = {}) {
  return {Aggregate::Kind::kMinimum, std::move(field), std::move(name)};
}
inline Aggregate maximum(std::string field, std::string name = {}) {
  return {Aggregate::Kind::kMaximum, std::move(field), std::move(name)};
}

struct Grouping {
  // Documents with equal values in these fields form a group; a missing value counts as null.
  // Empty: one group of all.
  std::vector<std::string> by{};
  std::vector<Aggregate> values{};
};

// A plan, and what happened when it was run.
struct Explanation {
  std::string text;  // for people: one line for each step
  std::string json;  // the same for programs
};

}  // namespace ashlar
