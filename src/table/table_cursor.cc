#include "table/table_cursor.h"

#include <algorithm>
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
  Result<const char*> bytes = data_page(page);
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
    Result<const char*> bytes = data_page(page + i);
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
  Result<const char*> bytes = data_page(page);
  ASHLAR_TRY(bytes.status());
  const LeafView view(*bytes);
  if (view.is_leaf()) return enter_leaf(page);
  const uint32_t before = view.span();
  if (before >= page) return fail(page, "continues a leaf that is not there");
  ASHLAR_TRY(enter_leaf(page - before));
  return before < span_ ? Status() : fail(page, "does not belong to the leaf before it");
}

bool TableCursor::before(std::string_view key, SequenceNumber sequence) const {
  int order = prefix_.compare(key.substr(0, prefix_.size()));
  if (order == 0) order = record_.suffix.compare(key.substr(prefix_.size()));
  return order != 0 ? order < 0 : record_.sequence > sequence;
}

Result<uint64_t> TableCursor::read_fence(uint32_t number) {
  Result<const char*> page = index_.page(file_.header().fence_page + number / kFencesPerPage);
  if (!page.ok()) return std::move(page).status();
  return load<uint64_t>(*page + number % kFencesPerPage * sizeof(uint64_t));
}

Result<uint32_t> TableCursor::search_fences(uint32_t low, uint64_t wanted) {
  if (fences_ != nullptr) return search_fences_in_image(low, wanted);
  uint32_t high = file_.header().data_page_count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    ASHLAR_TRY_ASSIGN(const uint64_t found, read_fence(middle));
    if (found < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// First the last page of fences that begins below `wanted`, then the place in that page; what is
// left is halved without a branch on what is found, which no processor could foresee.
uint32_t TableCursor::search_fences_in_image(uint32_t low, uint64_t wanted) const {
  const uint32_t count = file_.header().data_page_count;
  if (low >= count) return count;
  uint32_t page = low / kFencesPerPage;
  for (uint32_t left = (count - 1) / kFencesPerPage - page + 1; left > 1;) {
    const uint32_t half = left / 2;
    const uint64_t first = load<uint64_t>(fences_ + std::size_t{page + half} * kPageBytes);
    page += first < wanted ? half : 0;
    left -= half;
  }
  low = std::max(low, page * kFencesPerPage);
  const char* at =
      fences_ + std::size_t{page} * kPageBytes + (low - page * kFencesPerPage) * sizeof(uint64_t);
  const char* const begin = at;
  uint32_t left = std::min(count, (page + 1) * kFencesPerPage) - low;
  while (left > 1) {
    const uint32_t half = left / 2;
    at += load<uint64_t>(at + (half - 1) * sizeof(uint64_t)) < wanted ? half * sizeof(uint64_t) : 0;
    left -= half;
  }
  const bool behind = load<uint64_t>(at) < wanted;
  return low + static_cast<uint32_t>((at - begin) / sizeof(uint64_t)) + (behind ? 1 : 0);
}

Result<uint32_t> TableCursor::search_leaves(std::string_view key, SequenceNumber sequence) {
  const std::string& common = file_.header().prefix;
  const int order = key.substr(0, common.size()).compare(common);
  if (order != 0) return order < 0 ? 1 : file_.header().data_page_count + 1;
  const uint64_t wanted = order_prefix64(key.substr(common.size()));
  ASHLAR_TRY_ASSIGN(const uint32_t first, search_fences(0, wanted));
  uint32_t behind = first;
  if (first < file_.header().data_page_count) {
    ASHLAR_TRY_ASSIGN(const uint64_t found, fence(first));
    if (found == wanted) {
      behind = file_.header().data_page_count;
      if (wanted != UINT64_MAX) {
        ASHLAR_TRY_ASSIGN(behind, search_fences(first + 1, wanted + 1));
      }
    }
  }
  uint32_t low = first + 1;
  uint32_t high = behind + 1;
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

Status TableCursor::seek_page(uint32_t page) {
  page_ = 0;
  if (page > file_.header().data_page_count) return {};
  ASHLAR_TRY(enter_leaf_around(page));
  load_slot(0);
  return {};
}

Status TableCursor::seek(std::string_view key, SequenceNumber sequence) {
  ASHLAR_TRY(seek_leaf(key, sequence));
  ASHLAR_TRY(seek_slots(key, sequence));
  return seek_record(key, sequence);
}

Status TableCursor::seek_leaf(std::string_view key, SequenceNumber sequence) {
  page_ = 0;
  sought_ = 0;
  if (file_.header().data_page_count == 0) return {};
  Result<uint32_t> found = search_leaves(key, sequence);
  page_ = 0;
  ASHLAR_TRY(found.status());
  // The wanted entry is in the leaf before the found one, or the found one's first.
  sought_ = std::max(*found - 1, uint32_t{1});
  prefetch_top(sought_);
  return {};
}

Status TableCursor::seek_slots(std::string_view key, SequenceNumber sequence) {
  if (sought_ == 0) return {};
  ASHLAR_TRY(enter_leaf_around(sought_));
  if (span_ == 1) {
    sought_slots_ = leaf_.slots_like(key);
  } else {
    const uint32_t slot = before(key, sequence) ? 1 : 0;
    sought_slots_ = {slot, slot};
  }
  prefetch_records_from(sought_slots_.from);
  return {};
}

Status TableCursor::seek_record(std::string_view key, SequenceNumber sequence) {
  if (!valid()) return {};
  slot_ = leaf_.lower_bound_in(sought_slots_, key, sequence);
  if (slot_ < count_) {
    load_slot(slot_);
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
