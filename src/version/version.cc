#include "version/version.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/coding.h"
#include "base/key_prefix.h"
#include "base/try.h"
#include "version/level_iterator.h"

namespace ashlar {
namespace {

// Tables that may hold a key: the runs, and the fragments and bottom of one partition. More than
// this many are looked at without prefetching.
constexpr std::size_t kPrefetchedTables = 32;

bool may_hold(const StoredTable& table, std::string_view key) {
  return table.summary.entry_count > 0 && key >= table.summary.smallest_key &&
         key <= table.summary.largest_key;
}

const StoredTable* table_of_run(const Run& run, std::string_view key) {
  if (run.tables.size() == 1) return run.tables[0].get();
  const auto found = std::partition_point(
      run.tables.begin(), run.tables.end(),
      [&](const auto& table) { return table->summary.largest_key < key; });
  return found == run.tables.end() ? nullptr : found->get();
}

// Calls `look` for each table that may hold the key, newest first, until it returns true. What a
// lookup in them waits for comes while others are looked into.
template <typename Look>
void look_in_tables(const Version& version, std::string_view key, uint64_t hash, Look&& look) {
  const Table* candidates[kPrefetchedTables];
  std::size_t count = 0;
  const auto look_at_candidates = [&] {
    for (std::size_t i = 0; i < count; ++i) {
      if (look(*candidates[i])) return true;
    }
    count = 0;
    return false;
  };
  const auto consider = [&](const StoredTable& table) {
    if (count == kPrefetchedTables && look_at_candidates()) return true;
    table.reader->prefetch(hash);
    candidates[count++] = table.reader.get();
    return false;
  };

  for (const auto& run : version.runs) {
    const StoredTable* const table = table_of_run(*run, key);
    if (table != nullptr && may_hold(*table, key) && consider(*table)) return;
  }
  if (!version.partitions.empty()) {
    const Partition& partition = *version.partitions[version.partition_of(key)];
    for (const auto& fragment : partition.fragments) {
      if (consider(*fragment)) return;
    }
    if (partition.bottom != nullptr && consider(*partition.bottom)) return;
  }
  look_at_candidates();
}

}  // namespace

uint64_t Partition::fragment_bytes() const {
  uint64_t bytes = 0;
  for (const auto& fragment : fragments) bytes += fragment->summary.file_bytes;
  return bytes;
}

void Version::complete() {
  for (const auto& run : runs) {
    auto& level = levels_.emplace_back();
    for (const auto& table : run->tables) level.push_back(table.get());
  }
  std::size_t depth = 0;
  for (const auto& partition : partitions) {
    depth = std::max(depth, partition->fragments.size());
  }
  for (std::size_t i = 0; i < depth; ++i) {
    auto& level = levels_.emplace_back();
    for (const auto& partition : partitions) {
      if (i < partition->fragments.size()) level.push_back(partition->fragments[i].get());
    }
  }
  auto& bottoms = levels_.emplace_back();
  for (const auto& partition : partitions) {
    if (partition->bottom) bottoms.push_back(partition->bottom.get());
  }
  if (partitions.size() > 1) {
    const std::string_view first = partitions[1]->lower;
    partition_prefix_ =
        first.substr(0, common_prefix_bytes(first, partitions.back()->lower, first.size()));
    for (std::size_t i = 1; i < partitions.size(); ++i) {
      const std::string_view lower = partitions[i]->lower;
      partition_heads_.push_back(order_prefix64(lower.substr(partition_prefix_.size())));
    }
  }
  std::vector<RangeTombstone> tombstones;
  for (const auto& level : levels_) {
    for (const StoredTable* table : level) {
      const auto& own = table->reader->range_tombstones().all();
      tombstones.insert(tombstones.end(), own.begin(), own.end());
      largest_sequence_ = std::max(largest_sequence_, table->summary.largest_sequence);
    }
  }
  range_tombstones_ = RangeTombstones(std::move(tombstones));
}

Result<bool> Version::get(std::string_view key, uint64_t hash, SequenceNumber visible,
                          TableLookup* lookup) const {
  Result<bool> found = false;
  look_in_tables(*this, key, hash, [&](const Table& table) {
    Result<bool> here = table.get(key, hash, visible, lookup);
    if (here.ok() && !*here) return false;
    found = std::move(here);
    return true;
  });
  return found;
}

void Version::mark_dead(std::string_view key, uint64_t hash, SequenceNumber deletion) const {
  look_in_tables(*this, key, hash, [&](const Table& table) {
    table.mark_dead(key, hash, deletion);
    return false;
  });
}

void Version::append_iterators(std::vector<std::unique_ptr<EntryIterator>>* iterators) const {
  for (const auto& level : levels_) {
    if (!level.empty()) iterators->push_back(std::make_unique<LevelIterator>(level));
  }
}

std::size_t Version::partition_of(std::string_view key) const {
  // [VER-3] The first partition begins in front of every key.
  if (!key.starts_with(partition_prefix_)) {
    return key < partition_prefix_ ? 0 : partitions.size() - 1;
  }
  const uint64_t head = order_prefix64(key.substr(partition_prefix_.size()));
  const uint64_t* const heads = partition_heads_.data();
  const std::size_t count = partition_heads_.size();
  std::size_t found = 0;
  for (std::size_t step = std::bit_floor(count); step > 0; step /= 2) {
    if (found + step <= count && heads[found + step - 1] < head) found += step;
  }
  while (found < count && heads[found] == head && partitions[found + 1]->lower <= key) ++found;
  return found;
}

std::string_view Version::upper_bound(std::size_t index) const {
  return index + 1 < partitions.size() ? std::string_view(partitions[index + 1]->lower)
                                       : std::string_view();
}

std::vector<std::shared_ptr<StoredTable>> Version::all_tables() const {
  std::vector<std::shared_ptr<StoredTable>> tables;
  for (const auto& run : runs) {
    tables.insert(tables.end(), run->tables.begin(), run->tables.end());
  }
  for (const auto& partition : partitions) {
    tables.insert(tables.end(), partition->fragments.begin(), partition->fragments.end());
    if (partition->bottom) tables.push_back(partition->bottom);
  }
  return tables;
}

}  // namespace ashlar
