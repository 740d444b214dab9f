// A table as an input describes it, written by TableBuilder, and damage to it. For targets that
// read tables.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/coding.h"
#include "base/memory_budget.h"
#include "base/try.h"
#include "base/value_pointer.h"
#include "env/sim_env.h"
#include "table/table_builder.h"
#include "table/table_format.h"

namespace ashlar {

struct FuzzEntry {
  std::string key;
  SequenceNumber sequence = 0;
  EntryKind kind = EntryKind::kSet;
  bool value_is_pointer = false;
  uint64_t expires_at_ms = 0;
  std::string value;

  EntryView view() const { return {key, sequence, kind, value_is_pointer, expires_at_ms, value}; }
  friend bool operator==(const FuzzEntry&, const FuzzEntry&) = default;
};

// Takes the description off the front of `in`; what is left of it may describe damage.
class FuzzTable {
 public:
  explicit FuzzTable(ByteReader* in) {
    const unsigned how = in->fixed<uint8_t>();
    compression_ = static_cast<Compression>(how % 4);
    keep_image_ = how / 4 % 2 != 0;
    for (unsigned left = in->fixed<uint8_t>() % kMostEntries; left > 0 && in->ok(); --left) {
      add_entries(in);
    }
    for (unsigned left = how / 8 % 4; left > 0; --left) {
      RangeTombstone tombstone;
      tombstone.from = take(in, in->fixed<uint8_t>() % 16);
      tombstone.to = tombstone.from + take(in, in->fixed<uint8_t>() % 4);
      if (tombstone.to == tombstone.from) tombstone.to.clear();
      tombstone.sequence = in->fixed<uint8_t>();
      tombstones_.push_back(tombstone);
    }
  }

  bool empty() const { return entries_.empty() && tombstones_.empty(); }
  // In order.
  std::vector<FuzzEntry> entries() const {
    std::vector<FuzzEntry> all;
    for (const auto& [place, entry] : entries_) all.push_back(entry);
    return all;
  }

  // Writes it; *image is what the builder kept in memory, empty if the description has none kept.
  Result<TableSummary> build(Env& env, const std::string& path, uint64_t number,
                             MemoryBudget* budget, HugeBuffer* image) const {
    const TableBuilderOptions options{.file_number = number,
                                      .compression = compression_,
                                      .keep_image = keep_image_,
                                      .budget = budget,
                                      .expected_bytes = kPageBytes};
    ASHLAR_TRY_ASSIGN(const auto builder, TableBuilder::create(env, path, options));
    for (const auto& [place, entry] : entries_) ASHLAR_TRY(builder->add(entry.view()));
    for (const RangeTombstone& tombstone : tombstones_) {
      ASHLAR_TRY(builder->add_range_tombstone(tombstone));
    }
    ASHLAR_TRY_ASSIGN(const TableSummary summary, builder->finish());
    *image = builder->take_image();
    return summary;
  }

 private:
  static constexpr unsigned kMostEntries = 64;
  static constexpr std::size_t kMostBytes = std::size_t{192} << 10;
  static constexpr std::size_t kMostLargeBytes = std::size_t{3} << 20;  // in values of many pages

  // What no compression makes shorter.
  static std::string noise(std::size_t bytes) {
    std::string out(bytes, '\0');
    uint32_t state = 1;
    for (char& byte : out) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    return out;
  }

  static std::string take(ByteReader* in, std::size_t bytes) {
    return std::string(in->bytes(std::min(bytes, in->left())));
  }

  // One entry, or several whose keys are numbered; their keys begin as the last one's does.
  void add_entries(ByteReader* in) {
    const unsigned how = in->fixed<uint8_t>();
    const unsigned more = in->fixed<uint8_t>();
    FuzzEntry entry;
    entry.key = last_key_.substr(0, more % 16) + take(in, more / 16);
    last_key_ = entry.key;
    entry.sequence = in->fixed<uint8_t>();
    if (how % 8 == 1) entry.kind = EntryKind::kDelete;
    entry.value_is_pointer = how % 8 == 2;
    if (how % 8 == 3) entry.expires_at_ms = 1'000'000 + how;
    const std::size_t length = entry.kind == EntryKind::kSet ? in->fixed<uint8_t>() : 0;
    if (entry.value_is_pointer) {
      entry.value = ValuePointer{35, kPageBytes, 5, how}.encode();
    } else if (how % 8 == 6) {
      entry.value = noise(length * 16);
    } else {
      entry.value.assign(length * (how % 8 == 4 ? 300 : how % 8 == 7 ? 4000 : 2), 'v');
    }
    const unsigned count = how % 8 == 5 ? 1 + how : 1;
    const std::size_t most = how % 8 == 7 ? kMostLargeBytes : kMostBytes;
    for (unsigned number = 0; number < count && bytes_ < most; ++number) {
      FuzzEntry each = entry;
      if (count > 1) each.key += std::to_string(1000 + number);
      if (each.key.empty()) each.key = "k";
      bytes_ += each.key.size() + each.value.size();
      entries_.emplace(std::pair(each.key, ~each.sequence), each);
    }
  }

  Compression compression_ = Compression::kNone;
  bool keep_image_ = false;
  std::map<std::pair<std::string, SequenceNumber>, FuzzEntry> entries_;  // in a table's order
  std::vector<RangeTombstone> tombstones_;
  std::string last_key_;
  std::size_t bytes_ = 0;
};

// Overwrites bytes as `in` says, a page and an offset in it for each piece. True if any changed.
inline bool damage_pages(ByteReader* in, std::string* file) {
  const std::string before = *file;
  const std::size_t pages = std::max<std::size_t>(file->size() / kPageBytes, 1);
  while (in->ok() && in->left() > 3) {
    const std::size_t page = in->fixed<uint8_t>() % pages;
    const std::size_t offset = page * kPageBytes + in->fixed<uint16_t>() % kPageBytes;
    const std::string_view bytes =
        in->bytes(std::min<std::size_t>(in->fixed<uint8_t>() % 16, in->left()));
    if (offset + bytes.size() <= file->size()) file->replace(offset, bytes.size(), bytes);
  }
  return *file != before;
}

}  // namespace ashlar
