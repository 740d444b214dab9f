#include "compaction/picker.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "base/limits.h"
#include "compaction/value_references.h"

namespace ashlar {
namespace {

// Fragments of this share of the bottom are merged with it: the upper limit of what overwriting can
// cost in space. An idle database is tidier.
constexpr double kFragmentShareBeforeMerge = 0.5;
constexpr double kFragmentShareWhenIdle = 0.08;
// So is a partition in which this share of the entries is known to be garbage.
constexpr double kGarbageShareBeforeMerge = 0.2;
constexpr double kGarbageShareWhenIdle = 0.04;
// An idle database distributes runs once they are this share of the partitions.
constexpr double kRunShareWhenIdle = 0.05;
// A value file is emptied when this share of it is not referenced any more.
constexpr double kValueGarbageShare = 0.4;
// Files smaller than this are not worth a merge for their garbage alone.
constexpr uint64_t kMinimumValueFileBytes = 256 << 10;
// What is brought into order at once, about: writers may come back meanwhile.
constexpr uint64_t kOrderedBytesAtOnce = uint64_t{256} << 20;

uint64_t bytes_of(const std::shared_ptr<StoredTable>& table) {
  return table ? table->summary.file_bytes : 0;
}

uint64_t run_bytes(const Version& version) {
  uint64_t bytes = 0;
  for (const auto& run : version.runs) {
    for (const auto& table : run->tables) bytes += table->summary.file_bytes;
  }
  return bytes;
}

uint64_t partition_bytes(const Version& version) {
  uint64_t bytes = 0;
  for (const auto& partition : version.partitions) {
    bytes += partition->fragment_bytes() + bytes_of(partition->bottom);
  }
  return bytes;
}

// Entries of the table that have expired, if expiries are spread evenly.
double expired_entries(const TableSummary& table, uint64_t now_ms) {
  if (table.expiring_count == 0 || now_ms <= table.earliest_expiry_ms) return 0;
  if (now_ms >= table.latest_expiry_ms) return static_cast<double>(table.expiring_count);
  const double passed = static_cast<double>(now_ms - table.earliest_expiry_ms);
  const double all = static_cast<double>(table.latest_expiry_ms - table.earliest_expiry_ms);
  return static_cast<double>(table.expiring_count) * passed / all;
}

// Entries that a merge into the bottom would drop for what they are themselves.
double garbage_entries(const TableSummary& table, const PickerState& state) {
  const bool droppable = table.largest_sequence <= state.oldest_snapshot;
  if (!droppable) return 0;
  return static_cast<double>(table.tombstone_count) + expired_entries(table, state.now_ms);
}

bool wants_settling(const Partition& partition, double incoming, const PickerState& state) {
  const double share = state.idle ? kFragmentShareWhenIdle : kFragmentShareBeforeMerge;
  const double fragments = static_cast<double>(partition.fragment_bytes()) + incoming;
  if (fragments > share * static_cast<double>(bytes_of(partition.bottom))) return true;
  if (partition.fragments.size() >= kFragmentsBeforeMerge) return true;
  double garbage = 0;
  double entries = 0;
  const auto add = [&](const std::shared_ptr<StoredTable>& table) {
    garbage += garbage_entries(table->summary, state);
    entries += static_cast<double>(table->summary.entry_count);
  };
  for (const auto& fragment : partition.fragments) add(fragment);
  if (partition.bottom) add(partition.bottom);
  // A range tombstone may have emptied everything below it.
  const bool range_deleted = std::any_of(
      partition.fragments.begin(), partition.fragments.end(), [&](const auto& fragment) {
        return fragment->summary.range_tombstone_count > 0 &&
               fragment->summary.largest_sequence <= state.oldest_snapshot;
      });
  const double garbage_share = state.idle ? kGarbageShareWhenIdle : kGarbageShareBeforeMerge;
  return range_deleted || garbage > garbage_share * entries;
}

bool has_something_to_settle(const Partition& partition, const PickerState& state) {
  if (!partition.fragments.empty()) return true;
  return partition.bottom && garbage_entries(partition.bottom->summary, state) > 0;
}

bool reaches_into(const Run& run, std::string_view lower, std::string_view upper) {
  return std::any_of(run.tables.begin(), run.tables.end(), [&](const auto& table) {
    return before_end(table->summary.smallest_key, upper) &&
           (table->summary.unbounded || table->summary.largest_key >= lower);
  });
}

MergePlan plan_distribution(std::shared_ptr<const Version> version, const PickerState& state) {
  MergePlan plan;
  plan.runs = version->runs;
  plan.reason = "distribute " + std::to_string(plan.runs.size()) + " runs";
  std::vector<std::size_t> reached;
  for (std::size_t i = 0; i < version->partitions.size(); ++i) {
    const std::string_view lower = version->partitions[i]->lower;
    const std::string_view upper = version->upper_bound(i);
    if (std::any_of(plan.runs.begin(), plan.runs.end(),
                    [&](const auto& run) { return reaches_into(*run, lower, upper); })) {
      reached.push_back(i);
    }
  }
  const double incoming =
      reached.empty() ? 0
                      : static_cast<double>(run_bytes(*version)) / static_cast<double>(reached.size());
  for (const std::size_t i : reached) {
    plan.targets.push_back({i, wants_settling(*version->partitions[i], incoming, state)});
  }
  plan.base = std::move(version);
  return plan;
}

std::optional<MergePlan> plan_settling(const std::shared_ptr<const Version>& version,
                                       const PickerState& state) {
  std::size_t chosen = SIZE_MAX;
  uint64_t most = 0;
  for (std::size_t i = 0; i < version->partitions.size(); ++i) {
    const Partition& partition = *version->partitions[i];
    if (!has_something_to_settle(partition, state) || !wants_settling(partition, 0, state)) {
      continue;
    }
    const uint64_t bytes = partition.fragment_bytes() + 1;
    if (bytes > most) {
      most = bytes;
      chosen = i;
    }
  }
  if (chosen == SIZE_MAX) return std::nullopt;
  MergePlan plan;
  plan.base = version;
  plan.targets.push_back({chosen, true});
  plan.reason = "settle partition " + std::to_string(version->partitions[chosen]->number);
  return plan;
}

std::set<uint64_t> garbage_value_files(const Version& version) {
  std::set<uint64_t> files;
  if (version.value_files.empty()) return files;
  const auto live = referenced_bytes(version);
  for (const auto& [number, file] : version.value_files) {
    const auto found = live.find(number);
    if (found == live.end() || file->summary.file_bytes < kMinimumValueFileBytes) continue;
    const auto total = static_cast<double>(file->summary.value_bytes);
    if (total - static_cast<double>(found->second) > kValueGarbageShare * total) {
      files.insert(number);
    }
  }
  return files;
}

bool points_into(const StoredTable& table, const std::set<uint64_t>& files) {
  return std::any_of(
      table.summary.value_references.begin(), table.summary.value_references.end(),
      [&](const ValueReference& reference) { return files.contains(reference.file_number); });
}

// Settles one partition that points into a value file full of garbage.
std::optional<MergePlan> plan_value_collection(const std::shared_ptr<const Version>& version) {
  const std::set<uint64_t> files = garbage_value_files(*version);
  if (files.empty()) return std::nullopt;
  for (std::size_t i = 0; i < version->partitions.size(); ++i) {
    const Partition& partition = *version->partitions[i];
    const bool concerned =
        (partition.bottom && points_into(*partition.bottom, files)) ||
        std::any_of(partition.fragments.begin(), partition.fragments.end(),
                    [&](const auto& fragment) { return points_into(*fragment, files); });
    if (!concerned) continue;
    MergePlan plan;
    plan.base = version;
    plan.targets.push_back({i, true});
    plan.relocated_value_files = files;
    plan.reason = "collect garbage of value files";
    return plan;
  }
  return std::nullopt;
}

// The value files, of those that the partition points into, whose values lie in the order of their
// commits; no more than are worth kOrderedBytesAtOnce to it.
std::set<uint64_t> unordered_value_files(const Version& version, const Partition& partition) {
  std::set<uint64_t> files;
  uint64_t bytes = 0;
  const auto add = [&](const StoredTable& table) {
    for (const ValueReference& reference : table.summary.value_references) {
      const auto file = version.value_files.find(reference.file_number);
      if (file == version.value_files.end() || file->second->summary.in_key_order) continue;
      if (bytes >= kOrderedBytesAtOnce && !files.contains(reference.file_number)) continue;
      files.insert(reference.file_number);
      bytes += reference.bytes;
    }
  };
  for (const auto& fragment : partition.fragments) add(*fragment);
  if (partition.bottom) add(*partition.bottom);
  return files;
}

// A range is more than twice as fast where values lie in the order of their keys: one partition is
// settled, with its values that don't.
std::optional<MergePlan> plan_value_order(const std::shared_ptr<const Version>& version) {
  if (std::none_of(version->value_files.begin(), version->value_files.end(),
                   [](const auto& each) { return !each.second->summary.in_key_order; })) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < version->partitions.size(); ++i) {
    std::set<uint64_t> files = unordered_value_files(*version, *version->partitions[i]);
    if (files.empty()) continue;
    MergePlan plan;
    plan.base = version;
    plan.targets.push_back({i, true});
    plan.relocated_value_files = std::move(files);
    plan.optional = true;
    plan.reason = "order values of partition " + std::to_string(version->partitions[i]->number);
    return plan;
  }
  return std::nullopt;
}

bool run_is_garbage(const Run& run, const PickerState& state) {
  return std::any_of(run.tables.begin(), run.tables.end(), [&](const auto& table) {
    return table->summary.range_tombstone_count > 0 ||
           garbage_entries(table->summary, state) >
               kGarbageShareBeforeMerge * static_cast<double>(table->summary.entry_count);
  });
}

bool idle_distribution_pays(const Version& version, const PickerState& state) {
  if (version.runs.empty()) return false;
  const auto runs = static_cast<double>(run_bytes(version));
  return version.runs.size() > 1 ||
         runs > kRunShareWhenIdle * static_cast<double>(partition_bytes(version)) ||
         run_is_garbage(*version.runs.front(), state);
}

}  // namespace

std::optional<MergePlan> pick_merge(std::shared_ptr<const Version> version,
                                    const PickerState& state) {
  if (std::ssize(version->runs) >= state.runs_before_distribution ||
      (state.scanned && version->runs.size() > 1) ||
      (state.idle && idle_distribution_pays(*version, state))) {
    return plan_distribution(std::move(version), state);
  }
  if (auto plan = plan_settling(version, state)) return plan;
  if (auto plan = plan_value_collection(version)) return plan;
  return state.may_order_values ? plan_value_order(version) : std::nullopt;
}

uint64_t next_expiry_ms(const Version& version) {
  uint64_t next = 0;
  for (const auto& table : version.all_tables()) {
    const TableSummary& summary = table->summary;
    if (summary.expiring_count == 0) continue;
    next = next == 0 ? summary.latest_expiry_ms : std::min(next, summary.latest_expiry_ms);
  }
  return next;
}

std::optional<MergePlan> plan_full_merge(std::shared_ptr<const Version> version,
                                         const PickerState& state) {
  MergePlan plan;
  plan.runs = version->runs;
  plan.relocated_value_files = garbage_value_files(*version);
  plan.reason = "full merge";
  bool useful = !plan.runs.empty() || !plan.relocated_value_files.empty();
  for (std::size_t i = 0; i < version->partitions.size(); ++i) {
    plan.targets.push_back({i, true});
    useful = useful || has_something_to_settle(*version->partitions[i], state);
  }
  if (!useful) return std::nullopt;
  plan.base = std::move(version);
  return plan;
}

}  // namespace ashlar
