// Rows as sets of keys: sorting, intersection, union.
#include <algorithm>
#include <utility>
#include <vector>

#include "base/try.h"
#include "query/external_sorter.h"
#include "query/row_source.h"

namespace ashlar {
namespace {

void make_key_row(Row* row) {
  row->order.clear();
  row->text.clear();
  row->parsed = Row::Parsed::kNothing;
}

class ByKeySource : public RowSource {
 public:
  ByKeySource(PlanNode& node, const RunContext& context)
      : actual_(node.actual),
        child_(make_source(*node.children.front(), context)),
        sorter_(context.moment.engine(), {.unique = true}) {}

  Result<bool> next(Row* row) override {
    if (!is_sorted_) {
      ASHLAR_TRY(sort());
    } else {
      ASHLAR_TRY(sorter_.next());
    }
    if (!sorter_.valid()) return false;
    make_key_row(row);
    row->key = std::move(sorter_.record().key);
    return true;
  }

 private:
  Status sort() {
    Row row;
    for (;;) {
      ASHLAR_TRY_ASSIGN(const bool found, child_->next(&row));
      if (!found) break;
      SortRecord record;
      record.key = std::move(row.key);
      ASHLAR_TRY(sorter_.add(std::move(record)));
    }
    is_sorted_ = true;
    ASHLAR_TRY(sorter_.finish());
    actual_.spilled_bytes = sorter_.spilled_bytes();
    return {};
  }

  PlanNode::Actual& actual_;
  const std::unique_ptr<RowSource> child_;
  ExternalSorter sorter_;
  bool is_sorted_ = false;
};

// Children side by side, each at its next key.
class MergedSource : public RowSource {
 public:
  MergedSource(PlanNode& node, const RunContext& context) {
    for (const auto& child : node.children) {
      inputs_.push_back({make_source(*child, context), {}, false});
    }
    if (context.order == RowOrder::kByKey && context.spec.after) after_ = context.spec.after->key;
  }

  Result<bool> next(Row* row) override {
    for (;;) {
      ASHLAR_TRY_ASSIGN(const bool found, find(row));
      if (!found) return false;
      if (after_.empty() || after_ < row->key) return true;
    }
  }

 protected:
  struct Input {
    std::unique_ptr<RowSource> source;
    Row row;
    bool has_ended = false;
  };

  virtual Result<bool> find(Row* row) = 0;

  static Status advance(Input* input) {
    ASHLAR_TRY_ASSIGN(const bool found, input->source->next(&input->row));
    input->has_ended = !found;
    return {};
  }
  Status begin() {
    if (std::exchange(has_begun_, true)) return {};
    for (Input& input : inputs_) ASHLAR_TRY(advance(&input));
    return {};
  }

  std::vector<Input> inputs_;

 private:
  std::string after_;
  bool has_begun_ = false;
};

class IntersectionSource : public MergedSource {
 public:
  using MergedSource::MergedSource;

 private:
  Result<bool> find(Row* row) override {
    ASHLAR_TRY(begin());
    for (;;) {
      const std::string* largest = nullptr;
      for (const Input& input : inputs_) {
        if (input.has_ended) return false;
        if (largest == nullptr || *largest < input.row.key) largest = &input.row.key;
      }
      const std::string target = *largest;
      bool is_common = true;
      for (Input& input : inputs_) {
        while (!input.has_ended && input.row.key < target) ASHLAR_TRY(advance(&input));
        if (input.has_ended) return false;
        is_common = is_common && input.row.key == target;
      }
      if (!is_common) continue;
      make_key_row(row);
      row->key = target;
      for (Input& input : inputs_) ASHLAR_TRY(advance(&input));
      return true;
    }
  }
};

class UnionSource : public MergedSource {
 public:
  using MergedSource::MergedSource;

 private:
  Result<bool> find(Row* row) override {
    ASHLAR_TRY(begin());
    const Input* least = nullptr;
    for (const Input& input : inputs_) {
      if (input.has_ended) continue;
      if (least == nullptr || input.row.key < least->row.key) least = &input;
    }
    if (least == nullptr) return false;
    make_key_row(row);
    row->key = least->row.key;
    for (Input& input : inputs_) {
      if (!input.has_ended && input.row.key == row->key) ASHLAR_TRY(advance(&input));
    }
    return true;
  }
};

}  // namespace

std::unique_ptr<RowSource> make_by_key(PlanNode& node, const RunContext& context) {
  return std::make_unique<ByKeySource>(node, context);
}
std::unique_ptr<RowSource> make_intersection(PlanNode& node, const RunContext& context) {
  return std::make_unique<IntersectionSource>(node, context);
}
std::unique_ptr<RowSource> make_union(PlanNode& node, const RunContext& context) {
  return std::make_unique<UnionSource>(node, context);
}

}  // namespace ashlar
