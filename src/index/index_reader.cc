#include "index/index_reader.h"

#include <algorithm>
#include <utility>

#include "base/key_prefix.h"
#include "base/try.h"
#include "document/json_order.h"

namespace ashlar {
namespace {

// Values that are looked at, one behind the other, to learn how many entries share one.
constexpr int kSampledValues = 4;

// The front of `values` that the first `fields` fields take.
Result<std::string_view> front_of(const Index& index, std::string_view values, std::size_t fields) {
  std::string_view rest = values;
  for (std::size_t field = 0; field < fields; ++field) {
    ASHLAR_TRY(pass_order_key(&rest, index.descending(field)));
  }
  return values.substr(0, values.size() - rest.size());
}

}  // namespace

void IndexCursor::load() {
  valid_ = false;
  if (!entries_->valid()) return;
  const Entry entry = entries_->entry();
  auto split = split_entry(entry.key, entry.value);
  if (!split.ok()) {
    status_ = std::move(split).status();
    return;
  }
  entry_ = *split;
  valid_ = true;
}

CursorBounds IndexReader::stored(const IndexBounds& bounds, bool reverse) const {
  CursorBounds stored;
  stored.from = index_->entries_begin() + bounds.from;
  stored.to = bounds.to.empty() ? index_->entries_end() : index_->entries_begin() + bounds.to;
  stored.reverse = reverse;
  return stored;
}

std::unique_ptr<IndexCursor> IndexReader::entries(const IndexBounds& bounds, bool reverse,
                                                  uint64_t limit) {
  CursorBounds range = stored(bounds, reverse);
  range.limit = limit;
  return std::make_unique<IndexCursor>(moment_.new_cursor(std::move(range)));
}

Result<std::string> IndexReader::behind_first_value(std::string_view values) const {
  ASHLAR_TRY_ASSIGN(const std::string_view front, front_of(*index_, values, 1));
  return end_of_prefix(front);
}

Result<bool> IndexReader::has_trait(IndexTrait trait, std::size_t field) {
  std::string value;
  const Status status = moment_.get(trait_key(index_->id(), trait, field), &value);
  if (status.is(StatusCode::kNotFound)) return false;
  ASHLAR_TRY(status);
  return true;
}

Result<uint64_t> IndexReader::estimate(const IndexBounds& bounds) const {
  const CursorBounds range = stored(bounds, false);
  return moment_.engine().estimate_entries(range.from, range.to);
}

// Steps from value to value: those of one value are passed over by a new cursor behind them.
Result<double> IndexReader::entries_per_value(std::size_t fields) const {
  ASHLAR_TRY_ASSIGN(const uint64_t all, estimate({}));
  std::string from = index_->entries_begin();
  uint64_t passed = 0;
  int values = 0;
  for (; values < kSampledValues; ++values) {
    const auto cursor = moment_.engine().new_cursor(
        {.from = from, .to = index_->entries_end(), .limit = 1}, nullptr);
    ASHLAR_TRY(cursor->status());
    if (!cursor->valid()) break;
    const Entry entry = cursor->entry();
    ASHLAR_TRY_ASSIGN(const IndexEntry split, split_entry(entry.key, entry.value));
    ASHLAR_TRY_ASSIGN(const std::string_view front, front_of(*index_, split.values, fields));
    const std::string first = index_->entries_begin() + std::string(front);
    from = end_of_prefix(first);
    ASHLAR_TRY_ASSIGN(const uint64_t sharing, moment_.engine().estimate_entries(first, from));
    passed += std::max<uint64_t>(sharing, 1);
    if (from.empty()) break;
  }
  if (values == 0) return 1.0;
  const double sampled = static_cast<double>(passed) / values;
  return std::clamp(sampled, 1.0, std::max(1.0, static_cast<double>(all)));
}

}  // namespace ashlar
