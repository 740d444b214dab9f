#include "care/leaf_walker.h"

namespace ashlar {

bool LeafWalker::next() {
  for (uint32_t page = page_ + span_; page <= layout_.data_page_count(); ++page) {
    if (take(page)) return true;
  }
  page_ = layout_.data_page_count() + 1;
  span_ = 0;
  return false;
}

bool LeafWalker::take(uint32_t page) {
  const char* const bytes = layout_.page(page);
  if (bytes == nullptr) return false;
  const LeafView view(bytes);
  if (!view.is_leaf() || view.span() - 1 > layout_.data_page_count() - page) return false;
  if (find_order_problem(view) != nullptr) return false;
  const uint32_t span = view.span();
  const uint32_t count = view.count();
  bytes_.assign(bytes, kPageBytes);
  if (span > 1 && !assemble(page)) return false;
  const uint32_t old_count = count_;
  const uint32_t old_span = span_;
  span_ = span;
  count_ = count;
  std::string key;
  const EntryView first = entry(0, &key);
  if (any_ && !entry_before(last_key_, last_sequence_, first.key, first.sequence)) {
    span_ = old_span;
    count_ = old_count;
    return false;
  }
  any_ = true;
  page_ = page;
  const EntryView last = entry(count_ - 1, &last_key_);
  last_sequence_ = last.sequence;
  return true;
}

// The record of a wide leaf, out of all of its pages; bytes_ holds the first.
bool LeafWalker::assemble(uint32_t page) {
  wide_.clear();
  if (!wide_.append(bytes_.data(), 0)) return false;
  const uint32_t span = LeafView(bytes_.data()).span();
  for (uint32_t i = 1; i < span; ++i) {
    const char* const bytes = layout_.page(page + i);
    if (bytes == nullptr || !wide_.append(bytes, i)) return false;
  }
  return wide_.decode(&record_);
}

EntryView LeafWalker::entry(uint32_t slot, std::string* key) const {
  const LeafView view(bytes_.data());
  const Record record = span_ > 1 ? record_ : view.record(slot);
  key->assign(span_ > 1 ? std::string_view() : view.prefix());
  key->append(record.suffix);
  return record.entry(*key);
}

}  // namespace ashlar
