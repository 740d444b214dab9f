#include "version/version.h"

#include <algorithm>

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
  const StoredTable* candidates[kPrefetchedTables];
  std::size_t count = 0;
  const auto look = [&](const StoredTable* table) -> Result<bool> {
    return table->reader->get(key, hash, visible, lookup);
  };
  const auto consider = [&](const StoredTable* table) -> Result<bool> {
    if (table == nullptr || !may_hold(*table, key)) return false;
    if (count < kPrefetchedTables) {
      table->reader->prefetch(hash);
      candidates[count++] = table;
      return false;
    }
    for (std::size_t i = 0; i < count; ++i) {
      auto found = look(candidates[i]);
      if (!found.ok() || *found) return found;
    }
    count = 0;
    return look(table);
  };

  for (const auto& run : runs) {
    auto found = consider(table_of_run(*run, key));
    if (!found.ok() || *found) return found;
  }
  if (!partitions.empty()) {
    const Partition& partition = *partitions[partition_of(key)];
    for (const auto& fragment : partition.fragments) {
      auto found = consider(fragment.get());
      if (!found.ok() || *found) return found;
    }
    auto found = consider(partition.bottom.get());
    if (!found.ok() || *found) return found;
  }
  for (std::size_t i = 0; i < count; ++i) {
    auto found = look(candidates[i]);
    if (!found.ok() || *found) return found;
  }
  return false;
}

void Version::append_iterators(std::vector<std::unique_ptr<EntryIterator>>* iterators) const {
  for (const auto& level : levels_) {
    if (!level.empty()) iterators->push_back(std::make_unique<LevelIterator>(level));
  }
}

std::size_t Version::partition_of(std::string_view key) const {
  const auto behind =
      std::partition_point(partitions.begin(), partitions.end(),
                           [&](const auto& partition) { return partition->lower <= key; });
  return static_cast<std::size_t>(behind - partitions.begin()) - 1;  // [VER-3]
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
