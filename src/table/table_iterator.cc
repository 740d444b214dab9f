#include "table/table_iterator.h"

#include <algorithm>
#include <utility>

#include "base/entry_batch.h"

namespace ashlar {

namespace {

void copy_key(char* to, std::string_view prefix, std::string_view suffix) {
  copy_key_bytes(to, prefix.data(), prefix.size());
  copy_key_bytes(to + prefix.size(), suffix.data(), suffix.size());
}

}  // namespace

void TableIterator::arrive(Status status) {
  status_ = std::move(status);
  if (cursor_.valid()) take_record();
}

bool TableIterator::seek_step(int step, std::string_view key, SequenceNumber sequence) {
  if (step < 2) {
    status_ = step == 0 ? cursor_.seek_leaf(key, sequence) : cursor_.seek_slots(key, sequence);
    return !status_.ok();
  }
  arrive(cursor_.seek_record(key, sequence));
  return true;
}

std::size_t TableIterator::take_batch(EntryBatch* batch, std::size_t most) {
  if (cursor_.wide()) return 0;
  const std::string_view prefix = cursor_.prefix();
  const char* const page = cursor_.leaf().page();
  const char* const offsets = cursor_.leaf().offsets();
  const uint32_t first = cursor_.slot();
  most = std::min({most, EntryBatch::kCapacity, std::size_t{cursor_.count() - first}});
  batch->newest = 0;
  batch->plain = true;
  uint32_t taken = 0;
  for (; taken < most; ++taken) {
    cursor_.prefetch_behind(first + taken);
    const char* const bytes = page + load<uint16_t>(offsets + 2 * (first + taken));
    EntryView* const entry = &batch->entries[taken];
    char* const key = batch->keys[taken].data();
    std::string_view suffix;
    std::string_view value;
    if (decode_plain_record(bytes, &suffix, &value)) [[likely]] {
      const std::size_t key_bytes = prefix.size() + suffix.size();
      if (key_bytes > EntryBatch::kKeyBytes) break;
      copy_key(key, prefix, suffix);
      std::construct_at(entry, EntryView{{key, key_bytes}, 0, EntryKind::kSet, false, 0, value});
      continue;
    }
    Record record;
    decode_trusted_record(bytes, &record);
    const std::size_t key_bytes = prefix.size() + record.suffix.size();
    if (key_bytes > EntryBatch::kKeyBytes) break;
    copy_key(key, prefix, record.suffix);
    std::construct_at(entry, record.entry({key, key_bytes}));
    batch->newest = std::max(batch->newest, record.sequence);
    batch->plain = batch->plain && entry->is_plain();
  }
  if (taken == 0) return 0;
  cursor_.skip(taken - 1);
  entry_ = batch->entries[taken - 1];
  return taken;
}

void TableIterator::pass_dead(const DeadMarks* marks, std::size_t most, std::string_view end) {
  for (std::size_t looked = 0; cursor_.valid() && looked < most; ++looked) {
    const uint32_t page = cursor_.page();
    if (cursor_.slot() == 0 && !end.empty() && cursor_key() >= end) return;
    const uint32_t live_page = marks == nullptr ? page : marks->next_live_page(page);
    if (live_page > page) {
      status_ = cursor_.seek_page(live_page);
      continue;
    }
    const bool is_marked = marks != nullptr && marks->is_marked(page, cursor_.slot());
    if (cursor_.record().kind == EntryKind::kSet && !is_marked) return;
    status_ = cursor_.next();
  }
}

bool TableIterator::find_live(SequenceNumber visible, std::size_t most, std::string* nearest) {
  if (!valid()) return false;
  const std::string from(entry_.key);
  const bool usable = marks_ != nullptr && marks_->newest() <= visible;
  pass_dead(usable ? marks_ : nullptr, most, *nearest);
  if (!status_.ok()) return false;
  // [DEAD-1] Somebody may have gone on deleting.
  if (usable && marks_->newest() > visible) {
    lower(nearest, from);
    return true;
  }
  if (!cursor_.valid()) return false;
  lower(nearest, cursor_key());
  return true;
}

void TableIterator::begin_key(KeyBuffer* key, std::size_t bytes) const {
  if (bytes > key->capacity) {
    key->large.resize(bytes);
    key->bytes = key->large.data();
    key->capacity = bytes;
  }
  cursor_.prefix().copy(key->bytes, bytes);
  key->page = cursor_.page();
}

}  // namespace ashlar
