#include "support/query_model.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>

namespace ashlar {
namespace {

using Kind = ModelFilter::Kind;
using MaybeValue = std::optional<ModelJson>;  // nothing: missing

int rank(const ModelJson& value) {
  if (value.is_null()) return 0;
  if (value.is_boolean()) return 1;
  if (value.is_number()) return 2;
  if (value.is_string()) return 3;
  return value.is_array() ? 4 : 5;
}

std::vector<std::string> names_of(const std::string& field) {
  std::vector<std::string> names;
  std::istringstream in(field);
  for (std::string name; std::getline(in, name, '.');) names.push_back(name);
  return names;
}

// Values at the end of a path. What stands in an array is looked at if it is an object.
void collect(const ModelJson& value, const std::vector<std::string>& names, std::size_t at,
             std::vector<MaybeValue>* found) {
  if (at == names.size()) {
    found->push_back(value);
  } else if (value.is_array()) {
    for (const ModelJson& element : value) {
      if (element.is_object()) collect(element, names, at, found);
    }
  } else if (value.is_object() && value.contains(names[at])) {
    collect(value[names[at]], names, at + 1, found);
  } else {
    found->push_back(std::nullopt);
  }
}

std::vector<MaybeValue> values_at(const ModelJson& document, const std::string& field) {
  std::vector<MaybeValue> found;
  collect(document, names_of(field), 0, &found);
  if (found.empty()) found.push_back(std::nullopt);
  return found;
}

// With the elements of arrays, unless `field` is the element itself.
std::vector<MaybeValue> compared(const ModelJson& document, const std::string& field) {
  std::vector<MaybeValue> all;
  for (const MaybeValue& value : values_at(document, field)) {
    all.push_back(value);
    if (!field.empty() && value && value->is_array()) {
      for (const ModelJson& element : *value) all.emplace_back(element);
    }
  }
  return all;
}

template <typename Predicate>
bool any_compared(const ModelFilter& filter, const ModelJson& document, Predicate predicate) {
  const auto all = compared(document, filter.field);
  return std::any_of(all.begin(), all.end(), [&](const MaybeValue& value) {
    return predicate(value.value_or(ModelJson()));
  });
}

bool any_equals(const ModelFilter& filter, const ModelJson& document, const ModelJson& operand) {
  return any_compared(filter, document, [&](const ModelJson& value) {
    return rank(value) == rank(operand) && compare_model(value, operand) == 0;
  });
}

template <typename Predicate>
bool any_ordered(const ModelFilter& filter, const ModelJson& document, Predicate holds) {
  return any_compared(filter, document, [&](const ModelJson& value) {
    return rank(value) == rank(filter.operand) && holds(compare_model(value, filter.operand));
  });
}

bool has_value(const ModelFilter& filter, const ModelJson& document) {
  const auto all = values_at(document, filter.field);
  return std::any_of(all.begin(), all.end(), [](const MaybeValue& value) { return !!value; });
}

bool any_element(const ModelFilter& filter, const ModelJson& document) {
  for (const MaybeValue& value : values_at(document, filter.field)) {
    if (!value || !value->is_array()) continue;
    for (const ModelJson& element : *value) {
      // The paths of the child start at objects alone.
      if (filter.kind == Kind::kAnyObject && element.is_array()) {
        if (filter.children.front().matches(ModelJson::object())) return true;
      } else if (filter.children.front().matches(element)) {
        return true;
      }
    }
  }
  return false;
}

std::string list_text(const ModelJson& list) {
  std::string text = "(";
  for (const ModelJson& value : list) text += (text.size() > 1 ? ", " : "") + value.dump();
  return text + ")";
}

std::string joined(const std::vector<ModelFilter>& children, const char* word) {
  std::string text = "(";
  for (const ModelFilter& child : children) {
    if (text.size() > 1) text += std::string(" ") + word + " ";
    text += child.to_text();
  }
  return text + ")";
}

ModelJson spell(const ModelFilter& filter);

ModelJson spell_list(const std::vector<ModelFilter>& children) {
  ModelJson list = ModelJson::array();
  for (const ModelFilter& child : children) list.push_back(spell(child));
  return list;
}

ModelJson spell(const ModelFilter& filter) {
  const std::string field = filter.field.empty() ? "$" : filter.field;
  const auto condition = [&](const char* op, const ModelJson& operand) {
    return ModelJson{{field, {{op, operand}}}};
  };
  switch (filter.kind) {
    case Kind::kEqual:
      return condition("$eq", filter.operand);
    case Kind::kNotEqual:
      return condition("$ne", filter.operand);
    case Kind::kLess:
      return condition("$lt", filter.operand);
    case Kind::kLessEqual:
      return condition("$lte", filter.operand);
    case Kind::kGreater:
      return condition("$gt", filter.operand);
    case Kind::kGreaterEqual:
      return condition("$gte", filter.operand);
    case Kind::kIn:
      return condition("$in", filter.operand);
    case Kind::kNotIn:
      return condition("$nin", filter.operand);
    case Kind::kAll:
      return condition("$all", filter.operand);
    case Kind::kExists:
      return condition("$exists", true);
    case Kind::kMissing:
      return condition("$exists", false);
    case Kind::kType:
      return condition("$type", filter.operand);
    case Kind::kPrefix:
      return condition("$regex", "^" + filter.operand.get<std::string>());
    case Kind::kSize:
      return condition("$size", filter.operand);
    case Kind::kAnyValue:
    case Kind::kAnyObject:
      return condition("$elemMatch", spell(filter.children.front()));
    case Kind::kAnd:
      return {{"$and", spell_list(filter.children)}};
    case Kind::kOr:
      return {{"$or", spell_list(filter.children)}};
    case Kind::kNot:
      return {{"$nor", spell_list(filter.children)}};
  }
  return {};
}

// --- At random ---------------------------------------------------------------------------------

const std::vector<std::string> kFields{"a", "b", "tags", "c.d", "s"};

ModelJson random_scalar(Random* random) {
  switch (random->below(8)) {
    case 0:
      return nullptr;
    case 1:
      return random->one_in(2);
    case 2:
      return static_cast<double>(random->below(10)) / 2;
    case 3:
    case 4:
      return std::string(1, static_cast<char>('p' + random->below(5))) +
             (random->one_in(2) ? "x" : "");
    default:
      return random->below(10);
  }
}

ModelJson random_list(Random* random, uint64_t most) {
  ModelJson list = ModelJson::array();
  for (uint64_t left = random->below(most + 1); left > 0; --left) {
    list.push_back(random_scalar(random));
  }
  return list;
}

ModelJson random_value(Random* random) {
  if (random->one_in(8)) return random_list(random, 3);
  if (random->one_in(15)) return {{"x", random_scalar(random)}};
  return random_scalar(random);
}

ModelFilter random_condition(Random* random, const std::string& field, bool in_element) {
  ModelFilter filter;
  filter.field = field;
  filter.kind = static_cast<Kind>(random->below(in_element ? 9 : 16));
  filter.operand = random_value(random);
  switch (filter.kind) {
    case Kind::kIn:
    case Kind::kNotIn:
    case Kind::kAll:
      filter.operand = random_list(random, 3);
      break;
    case Kind::kType: {
      const char* const types[] = {"null",   "bool",  "number", "integer",
                                   "string", "array", "object"};
      filter.operand = types[random->below(7)];
      break;
    }
    case Kind::kPrefix:
      filter.operand = std::string(1, static_cast<char>('p' + random->below(5)));
      break;
    case Kind::kSize:
      filter.operand = random->below(3);
      break;
    case Kind::kAnyValue:
      filter.children = {random_condition(random, "", true)};
      if (random->one_in(2)) {
        ModelFilter both;
        both.kind = random->one_in(2) ? Kind::kAnd : Kind::kNot;
        both.children = {filter.children.front()};
        if (both.kind == Kind::kAnd) both.children.push_back(random_condition(random, "", true));
        filter.children = {both};
      }
      break;
    case Kind::kAnyObject:
      filter.field = "c";
      filter.children = {random_condition(random, "d", true)};
      break;
    default:
      break;
  }
  return filter;
}

}  // namespace

int compare_model(const ModelJson& a, const ModelJson& b) {
  if (rank(a) != rank(b)) return rank(a) < rank(b) ? -1 : 1;
  return a < b ? -1 : (b < a ? 1 : 0);
}

bool ModelFilter::matches(const ModelJson& document) const {
  const auto child_matches = [&](const ModelFilter& child) { return child.matches(document); };
  const auto equals = [&](const ModelJson& value) { return any_equals(*this, document, value); };
  switch (kind) {
    case Kind::kEqual:
      return equals(operand);
    case Kind::kNotEqual:
      return !equals(operand);
    case Kind::kLess:
      return any_ordered(*this, document, [](int order) { return order < 0; });
    case Kind::kLessEqual:
      return any_ordered(*this, document, [](int order) { return order <= 0; });
    case Kind::kGreater:
      return any_ordered(*this, document, [](int order) { return order > 0; });
    case Kind::kGreaterEqual:
      return any_ordered(*this, document, [](int order) { return order >= 0; });
    case Kind::kIn:
      return std::any_of(operand.begin(), operand.end(), equals);
    case Kind::kNotIn:
      return std::none_of(operand.begin(), operand.end(), equals);
    case Kind::kAll:
      return !operand.empty() && std::all_of(operand.begin(), operand.end(), equals);
    case Kind::kExists:
      return has_value(*this, document);
    case Kind::kMissing:
      return !has_value(*this, document);
    case Kind::kType: {
      const auto all = compared(document, field);
      return std::any_of(all.begin(), all.end(), [&](const MaybeValue& value) {
        if (!value) return false;
        if (operand == "integer") {
          return value->is_number() && value->get<double>() == std::floor(value->get<double>());
        }
        const char* const names[] = {"null", "bool", "number", "string", "array", "object"};
        return operand == names[rank(*value)];
      });
    }
    case Kind::kPrefix:
      return any_compared(*this, document, [&](const ModelJson& value) {
        return value.is_string() &&
               value.get<std::string>().starts_with(operand.get<std::string>());
      });
    case Kind::kSize: {
      const auto all = values_at(document, field);
      return std::any_of(all.begin(), all.end(), [&](const MaybeValue& value) {
        return value && value->is_array() && value->size() == operand.get<std::size_t>();
      });
    }
    case Kind::kAnyValue:
    case Kind::kAnyObject:
      return any_element(*this, document);
    case Kind::kAnd:
      return std::all_of(children.begin(), children.end(), child_matches);
    case Kind::kOr:
      return std::any_of(children.begin(), children.end(), child_matches);
    case Kind::kNot:
      return std::none_of(children.begin(), children.end(), child_matches);
  }
  return false;
}

std::string ModelFilter::to_text() const {
  const std::string path = field.empty() ? "$" : field;
  switch (kind) {
    case Kind::kEqual:
      return path + " = " + operand.dump();
    case Kind::kNotEqual:
      return path + " != " + operand.dump();
    case Kind::kLess:
      return path + " < " + operand.dump();
    case Kind::kLessEqual:
      return path + " <= " + operand.dump();
    case Kind::kGreater:
      return path + " > " + operand.dump();
    case Kind::kGreaterEqual:
      return path + " >= " + operand.dump();
    case Kind::kIn:
      return path + " in " + list_text(operand);
    case Kind::kNotIn:
      return path + " not in " + list_text(operand);
    case Kind::kAll:
      return path + " contains all " + list_text(operand);
    case Kind::kExists:
      return path + " exists";
    case Kind::kMissing:
      return path + " is missing";
    case Kind::kType:
      return path + " is " + operand.get<std::string>();
    case Kind::kPrefix:
      return path + " starts with " + operand.dump();
    case Kind::kSize:
      return "size(" + path + ") = " + operand.dump();
    case Kind::kAnyValue:
    case Kind::kAnyObject:
      return "any " + path + " (" + children.front().to_text() + ")";
    case Kind::kAnd:
      return joined(children, "and");
    case Kind::kOr:
      return joined(children, "or");
    case Kind::kNot:
      return "not " + joined(children, "or");
  }
  return {};
}

std::string ModelFilter::to_json() const {
  return spell(*this).dump();
}

ModelFilter random_filter(Random* random, int depth) {
  if (depth == 0 || random->one_in(3)) {
    return random_condition(random, kFields[random->below(kFields.size())], false);
  }
  ModelFilter filter;
  filter.kind = random->one_in(5) ? Kind::kNot : (random->one_in(3) ? Kind::kOr : Kind::kAnd);
  for (uint64_t left = random->between(1, 3); left > 0; --left) {
    filter.children.push_back(random_filter(random, depth - 1));
  }
  return filter;
}

ModelJson random_document(Random* random) {
  if (random->one_in(30)) return random_value(random);
  ModelJson document = ModelJson::object();
  if (!random->one_in(6)) document["a"] = random_value(random);
  if (!random->one_in(6)) document["b"] = random_scalar(random);
  if (!random->one_in(3)) document["tags"] = random_list(random, 4);
  if (random->one_in(5)) document["s"] = random_scalar(random);
  if (random->one_in(3)) return document;
  if (random->one_in(2)) {
    document["c"] = {{"d", random_value(random)}};
    return document;
  }
  document["c"] = ModelJson::array();
  for (uint64_t left = random->below(3); left > 0; --left) {
    ModelJson element = {{"d", random_value(random)}};
    if (random->one_in(4)) element = random_scalar(random);
    if (random->one_in(5)) element = ModelJson::object();
    document["c"].push_back(element);
  }
  return document;
}

std::vector<ModelJson> model_single_values(const ModelJson& document, const std::string& field) {
  std::vector<ModelJson> all;
  for (const MaybeValue& value : values_at(document, field)) {
    if (!value || !value->is_array()) {
      all.push_back(value.value_or(nullptr));
      continue;
    }
    all.insert(all.end(), value->begin(), value->end());
  }
  return all;
}

ModelJson model_sort_value(const ModelJson& document, const std::string& field, bool descending) {
  std::vector<ModelJson> all;
  for (const MaybeValue& value : compared(document, field)) all.push_back(value.value_or(nullptr));
  const auto is_less = [](const ModelJson& a, const ModelJson& b) {
    return compare_model(a, b) < 0;
  };
  return descending ? *std::max_element(all.begin(), all.end(), is_less)
                    : *std::min_element(all.begin(), all.end(), is_less);
}

}  // namespace ashlar
