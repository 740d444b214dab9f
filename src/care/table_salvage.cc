#include "care/table_salvage.h"

#include <algorithm>

#include "base/coding.h"
#include "base/limits.h"
#include "base/try.h"
#include "care/leaf_walker.h"

namespace ashlar {
namespace {

class SalvageIterator final : public EntryIterator {
 public:
  explicit SalvageIterator(std::unique_ptr<TableLayout> layout) : layout_(std::move(layout)) {}

  bool valid() const override { return valid_; }
  const EntryView& entry() const override { return entry_; }
  void seek_first() override {
    walker_.emplace(*layout_);
    count_ = 0;
    slot_ = 0;
    load();
  }
  void seek(std::string_view key, SequenceNumber sequence) override {
    seek_first();
    while (valid_ && entry_before(entry_.key, entry_.sequence, key, sequence)) next();
  }
  void next() override {
    ++slot_;
    load();
  }
  void seek_last() override { refuse(); }
  void previous() override { refuse(); }
  const Status& status() const override { return status_; }

 private:
  void load() {
    if (slot_ >= count_) {
      valid_ = walker_->next();
      slot_ = 0;
      count_ = walker_->count();
    }
    if (valid_) entry_ = walker_->entry(slot_, &key_);
  }
  void refuse() {
    valid_ = false;
    status_ = Status::unsupported("a damaged table is read forward only");
  }

  const std::unique_ptr<TableLayout> layout_;
  std::optional<LeafWalker> walker_;
  uint32_t slot_ = 0;
  uint32_t count_ = 0;
  bool valid_ = false;
  std::string key_;
  EntryView entry_;
  Status status_;
};

// Exactly `count` range tombstones and zeros behind them, or nothing.
std::optional<std::vector<RangeTombstone>> decode_range_tombstones(std::string_view bytes,
                                                                   uint64_t count) {
  std::vector<RangeTombstone> found;
  ByteReader reader(bytes);
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    RangeTombstone tombstone;
    tombstone.from = std::string(reader.prefixed());
    tombstone.to = std::string(reader.prefixed());
    tombstone.sequence = reader.varint();
    if (!found.empty() && tombstone.from < found.back().from) return std::nullopt;
    if (!before_end(tombstone.from, tombstone.to) || tombstone.sequence > kMaximumSequence) {
      return std::nullopt;
    }
    found.push_back(std::move(tombstone));
  }
  if (!reader.ok()) return std::nullopt;
  const std::string_view rest = bytes.substr(bytes.size() - reader.left());
  if (rest.find_first_not_of('\0') != std::string_view::npos) return std::nullopt;
  return found;
}

}  // namespace

Result<std::unique_ptr<TableSalvage>> TableSalvage::open(Env& env, const std::string& path,
                                                         uint64_t number,
                                                         const TableSummary* summary) {
  ASHLAR_TRY_ASSIGN(auto layout, TableLayout::open(env, path, number));
  std::unique_ptr<TableSalvage> table(new TableSalvage(env, std::move(layout)));
  table->look_through();
  table->read_range_tombstones(summary);
  const TableLayout& found = *table->layout_;
  uint64_t expected = UINT64_MAX;
  if (found.has_header()) {
    expected = found.header().entry_count;
    table->largest_sequence_ = found.header().largest_sequence;
  } else if (summary != nullptr) {
    expected = summary->entry_count;
    table->largest_sequence_ = summary->largest_sequence;
  } else {
    table->largest_sequence_ = kMaximumSequence;
  }
  // Without a header it is not clear where the index begins; what was lost may be part of that.
  if (table->entry_count_ == expected) table->lost_.clear();
  if (summary != nullptr && table->entry_count_ < expected) table->note_lost_ends(*summary);
  table->layout_.reset();
  return table;
}

void TableSalvage::look_through() {
  LeafWalker walker(*layout_);
  std::optional<std::string> before;
  std::string key;
  uint32_t expected_page = 1;
  const auto note_gap = [&](uint32_t end, std::optional<std::string> behind) {
    if (expected_page >= end) return;
    lost_.push_back(
        {layout_->offset_of(expected_page), end - expected_page, before, std::move(behind)});
  };
  while (walker.next()) {
    const std::string first(walker.entry(0, &key).key);
    note_gap(walker.page(), first);
    if (entry_count_ == 0) smallest_key_ = first;
    for (uint32_t slot = 0; slot < walker.count(); ++slot) {
      if (walker.entry(slot, &key).sequence == 0) settled_ = true;
    }
    entry_count_ += walker.count();
    largest_key_ = key;
    before = key;
    expected_page = walker.page() + walker.span();
  }
  note_gap(layout_->data_page_count() + 1, std::nullopt);
}

// What the manifest knows of and the pages don't: a file without a header may have lost its end
// unnoticed.
void TableSalvage::note_lost_ends(const TableSummary& summary) {
  const bool ends_early = entry_count_ == 0 || largest_key_ < summary.largest_key;
  const bool noted = !lost_.empty() && !lost_.back().behind;
  if (!ends_early || noted || summary.range_tombstone_count > 0) return;
  std::optional<std::string> before;
  if (entry_count_ > 0) before = largest_key_;
  lost_.push_back({layout_->offset_of(layout_->data_page_count()), 1, std::move(before), {}});
}

// They are the last pages of the file. Without a header, the fewest last pages that hold what the
// manifest says are those.
void TableSalvage::read_range_tombstones(const TableSummary* summary) {
  const TableHeader& header = layout_->header();
  uint64_t count = 0;
  uint32_t earliest = header.first_index_page();
  uint32_t latest = header.page_count - 1;
  if (layout_->has_header()) {
    count = header.range_tombstone_count;
    earliest = latest = header.range_tombstone_page;
  } else if (summary != nullptr) {
    count = summary->range_tombstone_count;
  } else {
    range_tombstones_lost_ = true;
    return;
  }
  if (count == 0) return;
  range_tombstones_lost_ = true;
  std::string bytes;
  uint32_t read_from = header.page_count;
  for (uint32_t first = latest; first >= earliest && first > 0; --first) {
    while (read_from > first) {
      const char* const page = layout_->page(--read_from);
      if (page == nullptr) return;
      bytes.insert(0, page, kPageContentBytes);
    }
    if (auto found = decode_range_tombstones(bytes, count)) {
      range_tombstones_ = std::move(*found);
      range_tombstones_lost_ = false;
      return;
    }
  }
}

Result<std::unique_ptr<EntryIterator>> TableSalvage::new_iterator() const {
  ASHLAR_TRY_ASSIGN(auto layout, TableLayout::open(env_, path(), number()));
  return std::unique_ptr<EntryIterator>(std::make_unique<SalvageIterator>(std::move(layout)));
}

}  // namespace ashlar
