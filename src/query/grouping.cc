#include "query/grouping.h"

#include <set>
#include <utility>

#include "base/coding.h"
#include "base/try.h"
#include "document/json_order.h"
#include "document/json_text.h"
#include "filter/path_values.h"
#include "query/query_spec.h"

namespace ashlar {
namespace {

constexpr std::size_t kMaximumFields = 100;

// The value at a path; of several, all of them as an array; null for none.
JsonValue value_at(const JsonValue& document, const SingularPath& path) {
  JsonValue::Array found;
  visit_path_values(document, path, [&](const JsonValue* value) {
    if (value != nullptr) found.push_back(*value);
    return false;
  });
  if (found.empty()) return {};
  return found.size() == 1 ? std::move(found.front()) : JsonValue::array(std::move(found));
}

}  // namespace

Result<GroupingSpec> GroupingSpec::make(const Grouping& grouping) {
  GroupingSpec spec;
  if (grouping.by.size() + grouping.values.size() > kMaximumFields) {
    return Status::invalid_argument("a grouping of more than " + std::to_string(kMaximumFields) +
                                    " members");
  }
  std::set<std::string> names;
  for (const std::string& field : grouping.by) {
    ASHLAR_TRY_ASSIGN(SingularPath path, parse_field(field));
    spec.by.push_back({std::move(path), field});
    names.insert(field);
  }
  for (const Aggregate& aggregate : grouping.values) {
    ASHLAR_TRY_ASSIGN(spec.values.emplace_back(), AggregateSpec::make(aggregate));
    names.insert(spec.values.back().name);
  }
  if (names.size() != spec.by.size() + spec.values.size()) {
    return Status::invalid_argument("two members of a group have the same name");
  }
  return spec;
}

std::vector<SingularPath> GroupingSpec::paths() const {
  std::vector<SingularPath> paths;
  for (const Field& field : by) paths.push_back(field.path);
  for (const AggregateSpec& value : values) {
    if (value.kind != Aggregate::Kind::kCount) paths.push_back(value.path);
  }
  return paths;
}

Status Grouper::add(const JsonValue& document) {
  JsonValue::Array values;
  for (const GroupingSpec::Field& field : spec_.by) {
    values.push_back(value_at(document, field.path));
  }
  return add_to(values, document);
}

Status Grouper::add_each_value(const JsonValue& document) {
  Status status;
  const auto add_one = [&](const JsonValue& value) {
    status = add_to({value}, document);
    return !status.ok();
  };
  visit_path_values(document, spec_.by.front().path, [&](const JsonValue* value) {
    if (value == nullptr) return add_one(JsonValue());
    if (!value->is_array()) return add_one(*value);
    for (const JsonValue& element : value->as_array()) {
      if (add_one(element)) return true;
    }
    return false;
  });
  return status;
}

Status Grouper::add_to(const JsonValue::Array& values, const JsonValue& document) {
  is_empty_ = false;
  std::string order;
  for (const JsonValue& value : values) append_order_key(value, false, &order);
  auto [at, is_new] = groups_.try_emplace(std::move(order));
  Group& group = at->second;
  if (is_new) {
    group.values = to_json(JsonValue::array(values));
    group.states.resize(spec_.values.size());
    bytes_ += 128 + at->first.size() + group.values.size();
  }
  for (std::size_t number = 0; number < spec_.values.size(); ++number) {
    AggregateState& state = group.states[number];
    bytes_ -= is_new ? 0 : state.bytes();
    state.add(spec_.values[number], document);
    bytes_ += state.bytes();
  }
  return bytes_ < ExternalSorter::kLeastBytes ? Status() : spill();
}

// What is known so far goes to the sorter, where parts of one group meet.
Status Grouper::spill() {
  for (auto& [order, group] : groups_) {
    SortRecord record;
    record.order = order;
    append_prefixed(&record.payload, group.values);
    for (const AggregateState& state : group.states) state.encode(&record.payload);
    ASHLAR_TRY(sorter_.add(std::move(record)));
  }
  groups_.clear();
  bytes_ = 0;
  return {};
}

Status Grouper::finish() {
  // One group of no documents, if there is nothing to group by.
  if (is_empty_ && spec_.by.empty()) {
    groups_[""] = {"[]", std::vector<AggregateState>(spec_.values.size())};
  }
  ASHLAR_TRY(spill());
  return sorter_.finish();
}

Result<bool> Grouper::next(JsonValue::Array* values, std::vector<AggregateState>* states) {
  if (!sorter_.valid()) return false;
  const std::string order = sorter_.record().order;
  states->assign(spec_.values.size(), {});
  bool is_first = true;
  while (sorter_.valid() && sorter_.record().order == order) {
    ByteReader reader(sorter_.record().payload);
    const std::string_view text = reader.prefixed();
    std::string_view rest(reader.at(), reader.left());
    if (is_first) {
      ASHLAR_TRY_ASSIGN(JsonValue parsed, parse_json(text));
      if (!parsed.is_array()) return Status::corruption("a temporary file holds no group");
      *values = std::move(parsed.as_array());
      is_first = false;
    }
    for (std::size_t number = 0; number < spec_.values.size(); ++number) {
      ASHLAR_TRY_ASSIGN(const AggregateState state, AggregateState::decode(&rest));
      (*states)[number].merge(spec_.values[number], state);
    }
    ASHLAR_TRY(sorter_.next());
  }
  return true;
}

JsonValue Grouper::to_object(JsonValue::Array values,
                             const std::vector<AggregateState>& states) const {
  JsonValue::Object members;
  for (std::size_t number = 0; number < spec_.by.size(); ++number) {
    members.push_back({spec_.by[number].name, std::move(values[number])});
  }
  for (std::size_t number = 0; number < spec_.values.size(); ++number) {
    members.push_back({spec_.values[number].name, states[number].result(spec_.values[number])});
  }
  return JsonValue::object(std::move(members));
}

}  // namespace ashlar
