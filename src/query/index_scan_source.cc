// The keys in a part of an index, in the order of its entries.
#include <algorithm>

#include "base/key_space.h"
#include "base/try.h"
#include "query/row_source.h"

namespace ashlar {
namespace {

class IndexScanSource : public RowSource {
 public:
  IndexScanSource(PlanNode& node, const RunContext& context)
      : access_(*node.access),
        reverse_(node.reverse),
        skips_values_(node.skips_values),
        actual_(node.actual),
        spec_(context.spec),
        reader_(access_.index, context.moment),
        bounds_(access_.bounds) {
    if (reverse_) std::reverse(bounds_.begin(), bounds_.end());
    if (context.order == RowOrder::kByIndex && spec_.after) go_on();
  }

  Result<bool> next(Row* row) override {
    for (;;) {
      ASHLAR_TRY_ASSIGN(const bool found, move());
      if (!found) return false;
      ++actual_.entries;
      const IndexEntry& entry = cursor_->entry();
      const std::string_view key = user_key(entry.key);
      if (!key.starts_with(spec_.prefix)) continue;
      if (goes_on_ && entry.values == spec_.after->order && key == spec_.after->key) continue;
      row->key.assign(key);
      row->order.assign(entry.values);
      row->text.clear();
      row->parsed = Row::Parsed::kNothing;
      return true;
    }
  }

 private:
  // Cuts off what lies before the place to go on at. The entry of a unique index there lies before
  // the place, because its key ends with its values; the loop above passes over it.
  void go_on() {
    goes_on_ = true;
    const std::string place = spec_.after->order + std::string(StoredKey(spec_.after->key).view());
    for (IndexBounds& bounds : bounds_) {
      if (reverse_) {
        if (bounds.to.empty() || place < bounds.to) bounds.to = std::max(place, bounds.from);
      } else if (bounds.from < place) {
        const bool is_passed = !bounds.to.empty() && bounds.to <= place;
        bounds.from = is_passed ? bounds.to : place;
      }
    }
  }

  Result<bool> move() {
    if (cursor_ != nullptr) ASHLAR_TRY(pass_entry());
    while (cursor_ == nullptr || !cursor_->valid()) {
      if (cursor_ != nullptr) ASHLAR_TRY(cursor_->status());
      if (next_bounds_ == bounds_.size()) return false;
      const IndexBounds& bounds = bounds_[next_bounds_++];
      // Without an end, from and to are both empty for a whole index alone.
      if (!bounds.to.empty() && bounds.to <= bounds.from) continue;
      cursor_ = reader_.entries(bounds, reverse_, skips_values_ ? 1 : UINT64_MAX);
    }
    return true;
  }

  Status pass_entry() {
    if (!skips_values_) {
      cursor_->next();
      return {};
    }
    // The bounds are the whole index: values are skipped where there is no condition and no order.
    ASHLAR_TRY_ASSIGN(std::string place, reader_.behind_first_value(cursor_->entry().values));
    cursor_ = reader_.entries({std::move(place), {}}, false, 1);
    return {};
  }

  const IndexAccess& access_;
  const bool reverse_;
  const bool skips_values_;
  PlanNode::Actual& actual_;
  const QuerySpec& spec_;
  IndexReader reader_;
  std::vector<IndexBounds> bounds_;
  std::size_t next_bounds_ = 0;
  std::unique_ptr<IndexCursor> cursor_;
  bool goes_on_ = false;
};

// Entries that were read when the query was planned.
class KnownEntriesSource : public RowSource {
 public:
  KnownEntriesSource(PlanNode& node, const RunContext& context)
      : entries_(*node.access->known_entries),
        reverse_(node.reverse),
        actual_(node.actual),
        spec_(context.spec) {}

  Result<bool> next(Row* row) override {
    while (read_ < entries_.size()) {
      const auto& entry = entries_[reverse_ ? entries_.size() - 1 - read_ : read_];
      ++read_;
      ++actual_.entries;
      const std::string_view key = user_key(entry.key);
      if (!key.starts_with(spec_.prefix)) continue;
      row->key.assign(key);
      row->order.assign(entry.values);
      row->text.clear();
      row->parsed = Row::Parsed::kNothing;
      return true;
    }
    return false;
  }

 private:
  const std::vector<IndexAccess::KnownEntry>& entries_;
  const bool reverse_;
  PlanNode::Actual& actual_;
  const QuerySpec& spec_;
  std::size_t read_ = 0;
};

}  // namespace

std::unique_ptr<RowSource> make_index_scan(PlanNode& node, const RunContext& context) {
  // What a token goes on behind is left to the scan.
  const bool goes_on = context.order == RowOrder::kByIndex && context.spec.after;
  if (node.access->known_entries && !goes_on) {
    return std::make_unique<KnownEntriesSource>(node, context);
  }
  return std::make_unique<IndexScanSource>(node, context);
}

}  // namespace ashlar
