// Counts, sums, averages, least and largest values of groups of documents.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ashlar/query.h"
#include "document/json_path.h"
#include "document/json_value.h"

namespace ashlar {

// An Aggregate, compiled.
struct AggregateSpec {
  Aggregate::Kind kind;
  SingularPath path;
  std::string name;

  //   kInvalidArgument  its field is wrong.
  static Result<AggregateSpec> make(const Aggregate& aggregate);
};

// What is known of one aggregate of one group so far.
//
// Threads: as a plain value.
class AggregateState {
 public:
  // Takes a document into account.
  void add(const AggregateSpec& spec, const JsonValue& document);
  void merge(const AggregateSpec& spec, const AggregateState& other);
  JsonValue result(const AggregateSpec& spec) const;

  // For temporary files.
  void encode(std::string* out) const;
  //   kCorruption  no state.
  static Result<AggregateState> decode(std::string_view* in);

  std::size_t bytes() const { return sizeof(*this) + extreme_.size(); }

 private:
  void add_value(const AggregateSpec& spec, const JsonValue& value);
  void add_number(const JsonValue& value);
  void add_integer(int64_t value);
  void take_extreme(const AggregateSpec& spec, std::string_view key, const JsonValue& value);

  uint64_t count_ = 0;    // documents, or numbers
  int64_t integers_ = 0;  // sum of integers
  double fractions_ = 0;  // sum of other numbers, and of integers that no longer fit
  bool has_fractions_ = false;
  std::string extreme_;  // order key of the least or largest value
  std::string extreme_text_;
};

}  // namespace ashlar
