#include "table/table_cursor.h"

#include <string>

#include "base/coding.h"
#include "base/try.h"

namespace ashlar {

bool TableCursor::key_is(std::string_view key) const {
  return key.size() == prefix_.size() + record_.suffix.size() && key.starts_with(prefix_) &&
         key.ends_with(record_.suffix);
}

Status TableCursor::fail(uint32_t page, std::string_view what) {
  page_ = 0;
  return damaged(file_.path(), file_.file_offset(page),
                 "page " + std::to_string(page) + ": " + std::string(what));
}

Status TableCursor::enter_leaf(uint32_t page) {
  page_ = 0;
  Result<const char*> bytes = data_.page(page);
  ASHLAR_TRY(bytes.status());
  leaf_ = LeafView(*bytes);
  if (!leaf_.is_leaf()) return fail(page, "no leaf begins here");
  span_ = leaf_.span();
  if (span_ - 1 > file_.header().data_page_count - page) {
    return fail(page, "the leaf reaches beyond the data pages");
  }
  count_ = leaf_.count();
  page_ = page;
  prefix_ = leaf_.prefix();
  return span_ > 1 ? assemble_wide() : Status();
}

Status TableCursor::assemble_wide() {
  const uint32_t page = page_;
  page_ = 0;
  wide_.clear();
  for (uint32_t i = 0; i < span_; ++i) {
    Result<const char*> bytes = data_.page(page + i);
    ASHLAR_TRY(bytes.status());
    if (!wide_.append(*bytes, i)) return fail(page + i, "does not continue its leaf");
  }
  if (!wide_.decode(&record_)) return fail(page, "the leaf's record is not whole");
  prefix_ = {};
  page_ = page;
  return {};
}

Status TableCursor::enter_leaf_around(uint32_t page) {
  page_ = 0;
  Result<const char*> bytes = data_.page(page);
  ASHLAR_TRY(bytes.status());
  const LeafView view(*bytes);
  if (view.is_leaf()) return enter_leaf(page);
  const uint32_t before = view.span();
  if (before >= page) return fail(page, "continues a leaf that is not there");
  ASHLAR_TRY(enter_leaf(page - before));
  return before < span_ ? Status() : fail(page, "does not belong to the leaf before it");
}

void TableCursor::load_slot(uint32_t slot) {
  slot_ = slot;
  if (span_ == 1) record_ = leaf_.record(slot);
}

bool TableCursor::before(std::string_view key, SequenceNumber sequence) const {
  int order = prefix_.compare(key.substr(0, prefix_.size()));
  if (order == 0) order = record_.suffix.compare(key.substr(prefix_.size()));
  return order != 0 ? order < 0 : record_.sequence > sequence;
}

Result<uint32_t> TableCursor::search_fences(uint64_t wanted, bool beyond) {
  uint32_t low = 0;
  uint32_t high = file_.header().data_page_count;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    Result<const char*> page = index_.page(file_.header().fence_page + middle / kFencesPerPage);
    ASHLAR_TRY(page.status());
    const auto fence = load<uint64_t>(*page + middle % kFencesPerPage * sizeof(uint64_t));
    if (fence < wanted || (beyond && fence == wanted)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low + 1;
}

Result<uint32_t> TableCursor::search_leaves(std::string_view key, SequenceNumber sequence) {
  const std::string& common = file_.header().prefix;
  const int order = key.substr(0, common.size()).compare(common);
  if (order != 0) return order < 0 ? 1 : file_.header().data_page_count + 1;
  const uint64_t wanted = order_prefix64(key.substr(common.size()));
  ASHLAR_TRY_ASSIGN(uint32_t low, search_fences(wanted, false));
  ASHLAR_TRY_ASSIGN(uint32_t high, search_fences(wanted, true));
  // Both are where leaves begin, as a continued page repeats its leaf's fence.
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    ASHLAR_TRY(enter_leaf_around(middle));
    if (page_ < low) return fail(middle, "its fence is not its leaf's");
    load_slot(0);
    if (before(key, sequence)) {
      low = page_ + span_;
    } else {
      high = page_;
    }
  }
  return low;
}

Status TableCursor::seek_first() {
  page_ = 0;
  if (file_.header().data_page_count == 0) return {};
  ASHLAR_TRY(enter_leaf(1));
  load_slot(0);
  return {};
}

Status TableCursor::seek_last() {
  page_ = 0;
  if (file_.header().data_page_count == 0) return {};
  ASHLAR_TRY(enter_leaf_around(file_.header().data_page_count));
  load_slot(count_ - 1);
  return {};
}

Status TableCursor::seek(std::string_view key, SequenceNumber sequence) {
  if (file_.header().data_page_count == 0) return {};
  Result<uint32_t> found = search_leaves(key, sequence);
  page_ = 0;
  ASHLAR_TRY(found.status());
  // The wanted entry is in the leaf before the found one, or the found one's first.
  if (*found == 1) return seek_first();
  ASHLAR_TRY(enter_leaf_around(*found - 1));
  if (span_ == 1) {
    const uint32_t slot = leaf_.lower_bound(key, sequence);
    if (slot < count_) {
      load_slot(slot);
      return {};
    }
  } else if (!before(key, sequence)) {
    load_slot(0);
    return {};
  }
  slot_ = count_ - 1;
  return next();
}

Status TableCursor::next() {
  if (slot_ + 1 < count_) [[likely]] {
    load_slot(slot_ + 1);
    return {};
  }
  const uint32_t behind = page_ + span_;
  page_ = 0;
  if (behind > file_.header().data_page_count) return {};
  ASHLAR_TRY(enter_leaf(behind));
  load_slot(0);
  return {};
}

Status TableCursor::previous() {
  if (slot_ > 0) {
    load_slot(slot_ - 1);
    return {};
  }
  const uint32_t page = page_;
  page_ = 0;
  if (page == 1) return {};
  ASHLAR_TRY(enter_leaf_around(page - 1));
  if (page_ + span_ != page) return fail(page - 1, "the leaf does not end here");
  load_slot(count_ - 1);
  return {};
}

}  // namespace ashlar
