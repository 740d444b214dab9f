// Filters and documents made at random, and what filters mean, told a second time: over another
// JSON library, from the filter as it was made up and not from a parsed one.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/random.h"

namespace ashlar {

using ModelJson = nlohmann::json;

struct ModelFilter {
  enum class Kind {
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kIn,
    kNotIn,
    kAll,
    kExists,
    kMissing,
    kType,
    kPrefix,
    kSize,
    kAnyValue,
    kAnyObject,
    kAnd,
    kOr,
    kNot
  };
  Kind kind = Kind::kEqual;
  std::string field;  // with dots; empty: the element
  ModelJson operand;  // a list of kIn, kNotIn and kAll
  std::vector<ModelFilter> children;

  bool matches(const ModelJson& document) const;
  std::string to_text() const;
  std::string to_json() const;
};

ModelFilter random_filter(Random* random, int depth = 2);
ModelJson random_document(Random* random);

// The value that a document is sorted by, and its order.
ModelJson model_sort_value(const ModelJson& document, const std::string& field, bool descending);
int compare_model(const ModelJson& a, const ModelJson& b);
// Every value that a field has, the elements of arrays in their place; null for a missing one.
std::vector<ModelJson> model_single_values(const ModelJson& document, const std::string& field);

}  // namespace ashlar
