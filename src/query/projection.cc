#include "query/projection.h"

#include <optional>
#include <utility>
#include <vector>

namespace ashlar {
namespace {

// What is left of a path at some place in a document.
struct Rest {
  const std::vector<PathStep>* steps;
  std::size_t at;

  bool is_empty() const { return at == steps->size(); }
  const PathStep& front() const { return (*steps)[at]; }
  Rest behind() const { return {steps, at + 1}; }
};
using Rests = std::vector<Rest>;

bool any_ends(const Rests& rests) {
  for (const Rest& rest : rests) {
    if (rest.is_empty()) return true;
  }
  return false;
}

// The paths that go on into a member, or an element.
Rests into_member(const Rests& rests, const std::string& name) {
  Rests inner;
  for (const Rest& rest : rests) {
    if (!rest.front().is_index && rest.front().name == name) inner.push_back(rest.behind());
  }
  return inner;
}

Rests into_element(const Rests& rests, std::size_t index, std::size_t size, bool is_object) {
  Rests inner;
  for (const Rest& rest : rests) {
    const PathStep& step = rest.front();
    if (step.is_index) {
      const int64_t wanted = step.index < 0 ? step.index + static_cast<int64_t>(size) : step.index;
      if (wanted == static_cast<int64_t>(index)) inner.push_back(rest.behind());
    } else if (is_object) {
      inner.push_back(rest);
    }
  }
  return inner;
}

using Part = std::optional<JsonValue> (*)(const JsonValue& value, const Rests& rests);

// The value with `part` of each member or element; those of which nothing is left are left out.
JsonValue map_parts(const JsonValue& value, const Rests& rests, Part part) {
  if (value.is_object()) {
    JsonValue::Object members;
    for (const auto& [name, member] : value.as_object()) {
      if (auto kept = part(member, into_member(rests, name))) {
        members.push_back({name, std::move(*kept)});
      }
    }
    return JsonValue::object(std::move(members));
  }
  JsonValue::Array elements;
  const auto& all = value.as_array();
  for (std::size_t index = 0; index < all.size(); ++index) {
    const Rests inner = into_element(rests, index, all.size(), all[index].is_object());
    if (auto kept = part(all[index], inner)) elements.push_back(std::move(*kept));
  }
  return JsonValue::array(std::move(elements));
}

std::optional<JsonValue> keep(const JsonValue& value, const Rests& rests) {
  if (rests.empty()) return std::nullopt;
  if (any_ends(rests)) return value;
  if (!value.is_object() && !value.is_array()) return std::nullopt;
  return map_parts(value, rests, keep);
}

std::optional<JsonValue> leave_out(const JsonValue& value, const Rests& rests) {
  if (any_ends(rests)) return std::nullopt;
  if (rests.empty() || (!value.is_object() && !value.is_array())) return value;
  return map_parts(value, rests, leave_out);
}

}  // namespace

JsonValue project(const JsonValue& document, const Projection& projection) {
  Rests rests;
  for (const SingularPath& path : projection.paths) rests.push_back({&path.steps(), 0});
  auto part = projection.kind == Projection::Kind::kFields ? keep(document, rests)
                                                           : leave_out(document, rests);
  return part ? std::move(*part) : JsonValue::object();
}

}  // namespace ashlar
