// JSONPath (RFC 9535): which values of a document are meant.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ashlar/result.h"
#include "ashlar/status.h"
#include "document/json_value.h"

namespace ashlar {

// One step of a singular path: a member's name, or an element's index (negative: from the end).
struct PathStep {
  std::string name;
  int64_t index = 0;
  bool is_index = false;
};

// The member or element that one step leads to; null if there is none.
const JsonValue* find_child(const JsonValue& value, const PathStep& step);

// A path that means at most one value: $.address.city, $['a b'][0]. For convenience the leading
// "$." may be left out: address.city.
//
// Threads: as a plain value.
class SingularPath {
 public:
  //   kInvalidArgument  no singular path, or one of more than 1000 steps; the message has the
  //   offset.
  static Result<SingularPath> parse(std::string_view text);

  // The value meant; null if there is none.
  const JsonValue* find(const JsonValue& document) const;

  const std::vector<PathStep>& steps() const { return steps_; }
  // The normalized form: $['address']['city'].
  std::string to_string() const;

 private:
  bool parse_plain(std::string_view text);

  std::vector<PathStep> steps_;
};

// Any path: with wildcards, slices, descendants and filters.
//
// Threads: const functions from any number of threads.
class JsonPath {
 public:
  //   kInvalidArgument  no well-formed and valid path; or one with more than 1000 segments, or with
  //                     filters, parentheses or calls nested deeper than 32. The message has the
  //                     offset.
  static Result<JsonPath> parse(std::string_view text);
  ~JsonPath();
  JsonPath(JsonPath&&) noexcept;
  JsonPath& operator=(JsonPath&&) noexcept;

  // The values meant, in the order that the RFC gives; pointers into `document`. A value that is
  // meant twice comes twice. Filters within filters take time to the power of their nesting.
  std::vector<const JsonValue*> select(const JsonValue& document) const;

 private:
  struct Query;
  explicit JsonPath(std::unique_ptr<const Query> query);
  std::unique_ptr<const Query> query_;
};

}  // namespace ashlar
