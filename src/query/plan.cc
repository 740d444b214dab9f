#include "query/plan.h"

#include <algorithm>
#include <utility>

namespace ashlar {

// One value in each field, or the same place in all entries: then a document comes once.
bool IndexAccess::may_repeat() const {
  if (in_key_order) return false;
  for (std::size_t field = fixed_fields; field < many_values.size(); ++field) {
    if (many_values[field]) return true;
  }
  return false;
}

std::string IndexAccess::condition() const {
  std::string text;
  for (std::size_t field = 0; field < bounded_values.size(); ++field) {
    text += (field == 0 ? "" : ", ") + index->options().fields[field].path + " " +
            bounded_values[field].describe();
  }
  return text;
}

std::unique_ptr<PlanNode> make_plan_node(PlanNode::Kind kind, double estimated_rows,
                                         std::unique_ptr<PlanNode> child) {
  auto node = std::make_unique<PlanNode>();
  node->kind = kind;
  node->estimated_rows = estimated_rows;
  if (child != nullptr) node->children.push_back(std::move(child));
  return node;
}

}  // namespace ashlar
