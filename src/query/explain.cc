#include "query/explain.h"

#include <cmath>
#include <cstdio>
#include <utility>

#include "document/json_text.h"
#include "document/utf8.h"

namespace ashlar {
namespace {

using Kind = PlanNode::Kind;

// What a step is called, in words and in JSON.
std::string_view step_name(Kind kind) {
  switch (kind) {
    case Kind::kScan:
      return "scan";
    case Kind::kIndexScan:
      return "index scan";
    case Kind::kByKey:
      return "sort by key";
    case Kind::kIntersect:
      return "intersect";
    case Kind::kUnion:
      return "union";
    case Kind::kFetch:
      return "fetch";
    case Kind::kCovered:
      return "from index alone";
    case Kind::kFilter:
      return "filter";
    case Kind::kSort:
      return "sort";
    case Kind::kLimit:
      return "limit";
  }
  return {};
}

std::string describe_sort(const QuerySpec& spec) {
  std::string text;
  for (const SortPath& field : spec.sort) {
    text += (text.empty() ? "" : ", ") + field.path.to_string();
    if (field.descending) text += " descending";
  }
  return text;
}

std::string describe_limit(const QuerySpec& spec) {
  std::string text;
  if (spec.limit != UINT64_MAX) text = std::to_string(spec.limit);
  if (spec.skip != 0) text += (text.empty() ? "skip " : ", skip ") + std::to_string(spec.skip);
  return text;
}

std::string describe_step(const PlanNode& node, const QuerySpec& spec) {
  switch (node.kind) {
    case Kind::kScan:
      return spec.prefix.empty() ? "all keys"
                                 : "keys with prefix " + to_json(JsonValue::string(spec.prefix));
    case Kind::kIndexScan:
      return node.access->index->name() +
             (node.access->has_bounds() ? ": " + node.access->condition() : ": all of it") +
             (node.reverse ? ", backwards" : "");
    case Kind::kFilter:
      return spec.filter.to_text();
    case Kind::kSort:
      return describe_sort(spec);
    case Kind::kLimit:
      return describe_limit(spec);
    default:
      return {};
  }
}

std::string milliseconds(uint64_t time_ns) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3f ms", static_cast<double>(time_ns) / 1e6);
  return text;
}

uint64_t rounded(double number) {
  constexpr double kTooLarge = 1e18;
  return number < kTooLarge ? static_cast<uint64_t>(std::llround(number)) : UINT64_MAX;
}

void append_words(const PlanNode& node, const QuerySpec& spec, int depth, std::string* text) {
  const std::string details = describe_step(node, spec);
  const PlanNode::Actual& actual = node.actual;
  text->append(static_cast<std::size_t>(2 * depth), ' ').append(step_name(node.kind));
  if (!details.empty()) text->append(" ").append(details);
  text->append(" -- ").append(std::to_string(actual.rows)).append(" rows, ");
  text->append(std::to_string(rounded(node.estimated_rows))).append(" estimated");
  if (actual.entries != 0) {
    text->append(", ").append(std::to_string(actual.entries)).append(" entries read");
  }
  if (actual.documents != 0) {
    text->append(", ").append(std::to_string(actual.documents)).append(" documents read");
  }
  if (actual.spilled_bytes != 0) {
    text->append(", ").append(std::to_string(actual.spilled_bytes)).append(" bytes to files");
  }
  text->append(", ").append(milliseconds(actual.time_ns)).append("\n");
  for (const auto& child : node.children) append_words(*child, spec, depth + 1, text);
}

void add_number(std::string name, uint64_t number, JsonValue::Object* object) {
  object->push_back({std::move(name), JsonValue::unsigned_integer(number)});
}

JsonValue to_value(const PlanNode& node, const QuerySpec& spec) {
  JsonValue::Object object;
  object.push_back({"step", JsonValue::string(std::string(step_name(node.kind)))});
  std::string details = describe_step(node, spec);
  // Bounds may end within a character.
  if (!is_utf8(details)) details.clear();
  if (!details.empty()) object.push_back({"details", JsonValue::string(std::move(details))});
  add_number("estimated_rows", rounded(node.estimated_rows), &object);
  add_number("rows", node.actual.rows, &object);
  add_number("entries_read", node.actual.entries, &object);
  add_number("documents_read", node.actual.documents, &object);
  add_number("spilled_bytes", node.actual.spilled_bytes, &object);
  add_number("time_us", node.actual.time_ns / 1000, &object);
  JsonValue::Array children;
  for (const auto& child : node.children) children.push_back(to_value(*child, spec));
  object.push_back({"steps", JsonValue::array(std::move(children))});
  return JsonValue::object(std::move(object));
}

uint64_t documents_read(const PlanNode& node) {
  uint64_t documents = node.actual.documents;
  for (const auto& child : node.children) documents += documents_read(*child);
  return documents;
}

}  // namespace

Explanation explain_run(const QueryRun& run, uint64_t time_ns) {
  const Plan& plan = run.plan();
  Explanation explanation;
  explanation.text = "plan: " + plan.name + " -- " + std::to_string(plan.root->actual.rows) +
                     " rows, " + std::to_string(documents_read(*plan.root)) + " documents read, " +
                     milliseconds(time_ns) + " (" + milliseconds(rounded(plan.cost * 1000)) +
                     " estimated)\n";
  append_words(*plan.root, run.spec(), 1, &explanation.text);

  JsonValue::Object object;
  object.push_back({"plan", JsonValue::string(plan.name)});
  object.push_back({"index_only", JsonValue::boolean(plan.covered)});
  object.push_back({"sorts", JsonValue::boolean(plan.order == RowOrder::kSorted)});
  add_number("estimated_us", rounded(plan.cost), &object);
  add_number("time_us", time_ns / 1000, &object);
  add_number("rows", plan.root->actual.rows, &object);
  add_number("documents_read", documents_read(*plan.root), &object);
  object.push_back({"root", to_value(*plan.root, run.spec())});
  explanation.json = to_json(JsonValue::object(std::move(object)));
  return explanation;
}

}  // namespace ashlar
