#include "query/planner.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/key_prefix.h"
#include "base/key_space.h"
#include "base/try.h"
#include "query/cost.h"
#include "query/index_access.h"

namespace ashlar {
namespace {

using Kind = PlanNode::Kind;
using Indexes = std::vector<std::shared_ptr<const Index>>;
using AccessPtr = std::shared_ptr<const IndexAccess>;

// Indexes considered for intersections: those with the fewest entries.
constexpr std::size_t kIntersectedIndexes = 4;
// An index that leaves no more is taken unseen, and one whose few entries are known.
constexpr double kFewEntries = 4;

class Planner {
 public:
  Planner(const QuerySpec& spec, const Indexes& indexes, ReadMoment& moment)
      : spec_(spec), indexes_(indexes), moment_(moment) {}

  Result<Plan> choose() {
    ASHLAR_TRY(prepare());
    for (const AccessPtr& access : accesses_) ASHLAR_TRY(add_index_scan(access));
    if (!finds_few_) {
      add_scan();
      add_intersections();
      ASHLAR_TRY(add_union());
    }
    return cheapest();
  }

 private:
  // --- What is known ---
  Status prepare() {
    for (const auto& index : indexes_) {
      if (!is_usable(*index, spec_.prefix, spec_.filter.root())) continue;
      if (forced().empty() && !may_help(*index, spec_)) continue;
      ASHLAR_TRY_ASSIGN(IndexAccess access,
                        make_index_access(index, spec_.filter.root(), moment_));
      accesses_.push_back(std::make_shared<const IndexAccess>(std::move(access)));
    }
    finds_few_ = forced().empty() && !spec_.after &&
                 std::any_of(accesses_.begin(), accesses_.end(), [](const AccessPtr& access) {
                   return access->has_bounds() &&
                          (access->known_entries || access->entries <= kFewEntries);
                 });
    ASHLAR_TRY(finds_few_ ? Status() : count_documents());
    documents_ = std::max(documents_, 1.0);
    results_ = finds_few_ ? UINT32_MAX : documents_ * selectivity(spec_.filter.root());
    for (const AccessPtr& access : accesses_) results_ = std::min(results_, access->entries);
    return {};
  }

  Status count_documents() {
    const StoredRanges ranges = stored_ranges(spec_.prefix, end_of_prefix(spec_.prefix));
    if (ranges.has_below) ASHLAR_TRY(add_estimate(ranges.below));
    if (ranges.has_behind) ASHLAR_TRY(add_estimate(ranges.behind));
    return {};
  }

  Status add_estimate(const StoredRange& range) {
    ASHLAR_TRY_ASSIGN(const uint64_t entries,
                      moment_.engine().estimate_entries(range.from, range.to));
    documents_ += static_cast<double>(entries);
    return {};
  }

  static double selectivity(const FilterNode& filter) {
    switch (filter.op) {
      case FilterOperator::kTrue:
        return 1;
      case FilterOperator::kAnd: {
        double all = 1;
        for (const auto& child : filter.children) all *= selectivity(*child);
        return all;
      }
      case FilterOperator::kOr: {
        double none = 1;
        for (const auto& child : filter.children) none *= 1 - selectivity(*child);
        return 1 - none;
      }
      case FilterOperator::kNot:
        return 1 - selectivity(*filter.children.front());
      default:
        return kUnknownSelectivity;
    }
  }

  double wanted() const {
    return static_cast<double>(spec_.limit) + static_cast<double>(spec_.skip);
  }

  // --- Candidates ---
  // Puts filter, sort and limit on top of a source that costs `cost` for all its rows. `order`: in
  // which the source has them, if it serves; else they are sorted.
  void add(std::string name, std::unique_ptr<PlanNode> source, double cost, double start,
           std::optional<RowOrder> order, bool covered) {
    Plan plan;
    plan.name = std::move(name);
    plan.covered = covered;
    plan.root = make_plan_node(Kind::kFilter, results_, std::move(source));
    plan.order = order.value_or(RowOrder::kSorted);
    if (!order) {
      plan.root = make_plan_node(Kind::kSort, std::min(results_, wanted()), std::move(plan.root));
      cost += sort_cost(results_);
    } else if (wanted() < results_) {
      cost *= wanted() / results_;  // it ends early
    }
    if (spec_.limit != UINT64_MAX || spec_.skip != 0) {
      const double rows = std::min(results_, static_cast<double>(spec_.limit));
      plan.root = make_plan_node(Kind::kLimit, rows, std::move(plan.root));
    }
    plan.cost = start + cost;
    plans_.push_back(std::move(plan));
  }

  std::optional<RowOrder> order_by_key() const {
    return spec_.sort.empty() ? std::optional(RowOrder::kByKey) : std::nullopt;
  }

  void add_scan() {
    add("scan", make_plan_node(Kind::kScan, documents_), documents_ * kScanCost, kStartCost,
        order_by_key(), false);
  }

  static std::unique_ptr<PlanNode> make_index_scan_node(AccessPtr access, bool reverse = false) {
    auto node = make_plan_node(Kind::kIndexScan, access->entries);
    node->access = std::move(access);
    node->reverse = reverse;
    return node;
  }

  static double start_cost(const IndexAccess& access) {
    return kStartCost * static_cast<double>(std::max<std::size_t>(access.bounds.size(), 1));
  }

  // One entry for each value of the first field; nothing else has to be looked at.
  void add_value_scan(const AccessPtr& access, double values) {
    Plan plan;
    plan.name = "index " + access->index->name();
    plan.root = make_plan_node(Kind::kIndexScan, values);
    plan.root->access = access;
    plan.root->skips_values = true;
    plan.cost = start_cost(*access) + values * kStartCost;
    plan.order = RowOrder::kByIndex;
    plan.covered = true;
    plans_.push_back(std::move(plan));
  }

  Status add_index_scan(const AccessPtr& access) {
    const bool covered = ashlar::covers(*access, spec_);
    const auto order = order_of(*access, spec_.sort);
    const bool reverse = order.value_or(false);
    auto source = make_plan_node(covered ? Kind::kCovered : Kind::kFetch, access->entries,
                                 make_index_scan_node(access, reverse));
    source->access = access;
    source->reverse = reverse;
    const double cost = access->entries * (kEntryCost + (covered ? 0 : kFetchCost));
    if (covered && may_skip_values(*access, spec_)) {
      ASHLAR_TRY_ASSIGN(const double sharing,
                        IndexReader(access->index, moment_).entries_per_value(1));
      add_value_scan(access, access->entries / sharing);
    }
    add("index " + access->index->name(), std::move(source), cost, start_cost(*access),
        order ? std::optional(RowOrder::kByIndex) : std::nullopt, covered);
    return {};
  }

  static std::unique_ptr<PlanNode> make_key_set(const AccessPtr& access) {
    auto scan = make_index_scan_node(access);
    if (access->in_key_order) return scan;
    return make_plan_node(Kind::kByKey, access->entries, std::move(scan));
  }

  static double key_set_cost(const IndexAccess& access) {
    return start_cost(access) + access.entries * kEntryCost +
           (access.in_key_order ? 0 : sort_cost(access.entries));
  }

  void add_key_plan(std::string name, Kind kind, const std::vector<AccessPtr>& parts,
                    double rows) {
    auto merged = make_plan_node(kind, rows);
    double start = 0;
    for (const AccessPtr& part : parts) {
      merged->children.push_back(make_key_set(part));
      start += key_set_cost(*part);
    }
    auto fetch = make_plan_node(Kind::kFetch, rows, std::move(merged));
    add(std::move(name), std::move(fetch), rows * kFetchCost, start, order_by_key(), false);
  }

  void add_intersection(const std::vector<AccessPtr>& parts) {
    std::vector<std::string> names;
    double rows = documents_;
    for (const AccessPtr& part : parts) {
      names.push_back(part->index->name());
      rows *= std::min(1.0, part->entries / documents_);
    }
    add_key_plan(intersection_name(std::move(names)), Kind::kIntersect, parts, rows);
  }

  // Names in order, or as the caller has them.
  std::string intersection_name(std::vector<std::string> names) const {
    std::sort(names.begin(), names.end());
    std::string first;
    do {
      std::string name = "intersect";
      for (const std::string& part : names) name += " " + part;
      if (name == forced()) return name;
      if (first.empty()) first = std::move(name);
    } while (std::next_permutation(names.begin(), names.end()));
    return first;
  }

  void add_intersections() {
    std::vector<AccessPtr> parts;
    for (const AccessPtr& access : accesses_) {
      if (access->has_bounds()) parts.push_back(access);
    }
    if (!forced().starts_with("intersect ")) {
      std::sort(parts.begin(), parts.end(),
                [](const AccessPtr& a, const AccessPtr& b) { return a->entries < b->entries; });
      parts.resize(std::min(parts.size(), kIntersectedIndexes));
    } else {
      std::erase_if(parts, [this](const AccessPtr& part) {
        return (forced() + " ").find(" " + part->index->name() + " ") == std::string::npos;
      });
    }
    for (std::size_t a = 0; a < parts.size(); ++a) {
      for (std::size_t b = a + 1; b < parts.size(); ++b) {
        add_intersection({parts[a], parts[b]});
        for (std::size_t c = b + 1; c < parts.size(); ++c) {
          add_intersection({parts[a], parts[b], parts[c]});
        }
      }
    }
  }

  // The first `or` of a conjunction each of whose branches has an index.
  Status add_union() {
    const FilterNode& root = spec_.filter.root();
    if (root.op == FilterOperator::kOr) return add_union_of(root, {});
    if (root.op != FilterOperator::kAnd) return {};
    for (std::size_t at = 0; at < root.children.size(); ++at) {
      if (root.children[at]->op != FilterOperator::kOr) continue;
      std::vector<FilterNodePtr> others = root.children;
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(at));
      return add_union_of(*root.children[at], others);
    }
    return {};
  }

  Status add_union_of(const FilterNode& alternatives, const std::vector<FilterNodePtr>& others) {
    constexpr std::size_t kMaximumBranches = 100;
    if (alternatives.children.size() > kMaximumBranches) return {};
    std::vector<AccessPtr> parts;
    double rows = 0;
    for (const FilterNodePtr& alternative : alternatives.children) {
      std::vector<FilterNodePtr> all = others;
      all.push_back(alternative);
      ASHLAR_TRY_ASSIGN(auto access, best_bounded(*make_and(std::move(all))));
      if (!access) return {};
      rows += access->entries;
      parts.push_back(std::make_shared<const IndexAccess>(std::move(*access)));
    }
    add_key_plan("union", Kind::kUnion, parts, std::min(rows, documents_));
    return {};
  }

  Result<std::optional<IndexAccess>> best_bounded(const FilterNode& filter) {
    std::optional<IndexAccess> best;
    for (const auto& index : indexes_) {
      if (!is_usable(*index, spec_.prefix, filter)) continue;
      ASHLAR_TRY_ASSIGN(IndexAccess access, make_index_access(index, filter, moment_));
      if (access.has_bounds() && (!best || access.entries < best->entries)) {
        best = std::move(access);
      }
    }
    return best;
  }

  // --- Choice ---
  // An order that a token goes on in, or a plan that the caller wants.
  const std::string& forced() const {
    return spec_.after && !spec_.after->plan.empty() ? spec_.after->plan : spec_.forced_plan;
  }

  bool may_be_chosen(const Plan& plan) const {
    if (!forced().empty() && plan.name != forced()) return false;
    if (!spec_.after) return true;
    if (!spec_.after->plan.empty()) return plan.order == RowOrder::kByIndex;
    return plan.order == order_by_key().value_or(RowOrder::kSorted);
  }

  Result<Plan> cheapest() {
    // A token of a plan that sorts is good for every plan that does, not for an index's order.
    if (spec_.after && spec_.after->plan.empty() && !spec_.sort.empty()) {
      for (const AccessPtr& access : accesses_) add_sorted_scan(access);
    }
    Plan* best = nullptr;
    for (Plan& plan : plans_) {
      if (may_be_chosen(plan) && (best == nullptr || plan.cost < best->cost)) best = &plan;
    }
    if (best == nullptr) {
      return Status::invalid_argument("the plan \"" + forced() +
                                      "\" cannot be used for this query");
    }
    return std::move(*best);
  }

  void add_sorted_scan(const AccessPtr& access) {
    if (!order_of(*access, spec_.sort)) return;
    auto source = make_plan_node(Kind::kFetch, access->entries, make_index_scan_node(access));
    source->access = access;
    add("index " + access->index->name(), std::move(source),
        access->entries * (kEntryCost + kFetchCost), start_cost(*access), std::nullopt, false);
  }

  const QuerySpec& spec_;
  const Indexes& indexes_;
  ReadMoment& moment_;
  std::vector<AccessPtr> accesses_;
  // An index leaves so few that looking for anything better takes longer than reading them.
  bool finds_few_ = false;
  double documents_ = 0;  // with the prefix, estimated; not known if few are found
  double results_ = 0;    // estimated
  std::vector<Plan> plans_;
};

}  // namespace

Result<Plan> make_plan(const QuerySpec& spec, const Indexes& indexes, ReadMoment& moment) {
  return Planner(spec, indexes, moment).choose();
}

}  // namespace ashlar
