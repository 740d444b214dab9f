// Groups of documents with equal values, and what is computed for each.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ashlar/result.h"
#include "query/aggregate.h"
#include "query/external_sorter.h"

namespace ashlar {

struct GroupingSpec {
  struct Field {
    SingularPath path;
    std::string name;
  };
  std::vector<Field> by;
  std::vector<AggregateSpec> values;

  //   kInvalidArgument  a field is wrong, or two members of the result have the same name.
  static Result<GroupingSpec> make(const Grouping& grouping);
  // All that is read of a document.
  std::vector<SingularPath> paths() const;
};

// Documents go in by add(); groups come out in the order of their values, as JSON objects.
//
// Memory: groups are kept in memory while they fit into what an ExternalSorter takes at least, then
// in temporary files. Threads: one at a time.
class Grouper {
 public:
  // Without `values`, groups come out as the values alone: the spec has one field then.
  Grouper(Engine& engine, const GroupingSpec& spec) : spec_(spec), sorter_(engine, {}) {}

  Status add(const JsonValue& document);
  // For distinct(): each value at the first field, elements of arrays each on their own.
  Status add_each_value(const JsonValue& document);
  // Goes before the first group.
  Status finish();
  // The next group: its values, in their order, and its states. False at the end.
  Result<bool> next(JsonValue::Array* values, std::vector<AggregateState>* states);
  // As an object.
  JsonValue to_object(JsonValue::Array values, const std::vector<AggregateState>& states) const;

 private:
  struct Group {
    std::string values;  // JSON text of an array
    std::vector<AggregateState> states;
  };

  Status add_to(const JsonValue::Array& values, const JsonValue& document);
  Status spill();

  const GroupingSpec& spec_;
  ExternalSorter sorter_;
  std::map<std::string, Group> groups_;  // by order keys of their values
  std::size_t bytes_ = 0;
  bool is_empty_ = true;
};

}  // namespace ashlar
