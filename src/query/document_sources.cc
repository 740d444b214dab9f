// From keys to documents, and which of them match.
#include <algorithm>
#include <utility>

#include "base/key_space.h"
#include "base/try.h"
#include "index/index_upkeep.h"
#include "query/row_source.h"

namespace ashlar {
namespace {

bool is_within(const std::vector<IndexBounds>& all, std::string_view values) {
  const auto behind = std::upper_bound(
      all.begin(), all.end(), values,
      [](std::string_view place, const IndexBounds& bounds) { return place < bounds.from; });
  if (behind == all.begin()) return false;
  const IndexBounds& bounds = *std::prev(behind);
  return bounds.to.empty() || values < bounds.to;
}

class FetchSource : public RowSource {
 public:
  FetchSource(PlanNode& node, const RunContext& context)
      : access_(node.access.get()),
        reverse_(node.reverse),
        actual_(node.actual),
        moment_(context.moment),
        child_(make_source(*node.children.front(), context)) {}

  Result<bool> next(Row* row) override {
    for (;;) {
      ASHLAR_TRY_ASSIGN(const bool found, child_->next(row));
      if (!found) return false;
      const Status status = moment_.get(StoredKey(row->key), &row->text);
      if (status.is(StatusCode::kNotFound)) continue;
      ASHLAR_TRY(status);
      ++actual_.documents;
      if (access_ == nullptr || !access_->may_repeat()) return true;
      ASHLAR_TRY_ASSIGN(const bool is_first, is_first_entry(row));
      if (is_first) return true;
    }
  }

 private:
  // A document with several entries is shown at the first of them that the scan meets: which one
  // that is follows from the document, so that nothing has to be remembered.
  Result<bool> is_first_entry(Row* row) {
    if (!row->parse_all()) return false;
    DocumentEntries all;
    const StoredKey stored(row->key);
    ASHLAR_TRY(access_->index->append_entries(stored, row->document, &all));
    const std::size_t count = all.entries.size();
    for (std::size_t number = 0; number < count; ++number) {
      const auto& entry = all.entries[reverse_ ? count - 1 - number : number];
      ASHLAR_TRY_ASSIGN(const IndexEntry parts, split_entry(entry.key, entry.value));
      if (is_within(access_->bounds, parts.values)) return parts.values == row->order;
    }
    return false;
  }

  const IndexAccess* const access_;  // null: of several indexes
  const bool reverse_;
  PlanNode::Actual& actual_;
  ReadMoment& moment_;
  const std::unique_ptr<RowSource> child_;
};

class CoveredSource : public RowSource {
 public:
  CoveredSource(PlanNode& node, const RunContext& context)
      : index_(*node.access->index), child_(make_source(*node.children.front(), context)) {}

  Result<bool> next(Row* row) override {
    ASHLAR_TRY_ASSIGN(const bool found, child_->next(row));
    if (!found) return false;
    ASHLAR_TRY_ASSIGN(auto values, index_.decode_values(row->order));
    row->document = JsonValue::object();
    for (std::size_t field = 0; field < values.size(); ++field) {
      put(index_.path(field), std::move(values[field]), &row->document);
    }
    row->parsed = Row::Parsed::kAll;
    return true;
  }

 private:
  // The path has names only, and no other one leads through its end.
  static void put(const SingularPath& path, JsonValue value, JsonValue* document) {
    JsonValue* at = document;
    for (const PathStep& step : path.steps()) {
      if (!at->is_object()) *at = JsonValue::object();
      JsonValue* member = at->find(step.name);
      if (member == nullptr) {
        at->as_object().push_back({step.name, JsonValue()});
        member = &at->as_object().back().value;
      }
      at = member;
    }
    *at = std::move(value);
  }

  const Index& index_;
  const std::unique_ptr<RowSource> child_;
};

class FilterSource : public RowSource {
 public:
  FilterSource(PlanNode& node, const RunContext& context)
      : filter_(context.spec.filter),
        wanted_(context.wanted),
        is_decided_(is_decided(*node.children.front(), context.spec)),
        child_(make_source(*node.children.front(), context)) {}

  Result<bool> next(Row* row) override {
    for (;;) {
      ASHLAR_TRY_ASSIGN(const bool found, child_->next(row));
      if (!found) return false;
      if (is_decided_) return true;
      if (row->parse_parts(wanted_) && filter_.matches(row->document)) return true;
    }
  }

 private:
  // Whether all rows match: they are documents, as they have entries in an index, and the filter
  // asks for no more than these say. What else reads the documents expects them to be parsed here.
  static bool is_decided(const PlanNode& child, const QuerySpec& spec) {
    return child.kind == PlanNode::Kind::kFetch && child.access != nullptr &&
           child.access->exact && spec.read_paths.empty();
  }

  const Filter& filter_;
  const WantedParts& wanted_;
  const bool is_decided_;
  const std::unique_ptr<RowSource> child_;
};

class LimitSource : public RowSource {
 public:
  LimitSource(PlanNode& node, const RunContext& context)
      : to_skip_(context.spec.skip),
        left_(context.spec.limit),
        child_(make_source(*node.children.front(), context)) {}

  Result<bool> next(Row* row) override {
    for (; to_skip_ > 0 && left_ > 0; --to_skip_) {
      ASHLAR_TRY_ASSIGN(const bool found, child_->next(row));
      if (!found) return false;
    }
    if (left_ == 0) return false;
    --left_;
    return child_->next(row);
  }

 private:
  uint64_t to_skip_;
  uint64_t left_;
  const std::unique_ptr<RowSource> child_;
};

}  // namespace

std::unique_ptr<RowSource> make_fetch(PlanNode& node, const RunContext& context) {
  return std::make_unique<FetchSource>(node, context);
}
std::unique_ptr<RowSource> make_covered(PlanNode& node, const RunContext& context) {
  return std::make_unique<CoveredSource>(node, context);
}
std::unique_ptr<RowSource> make_filter(PlanNode& node, const RunContext& context) {
  return std::make_unique<FilterSource>(node, context);
}
std::unique_ptr<RowSource> make_limit(PlanNode& node, const RunContext& context) {
  return std::make_unique<LimitSource>(node, context);
}

}  // namespace ashlar
