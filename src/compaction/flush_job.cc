#include "compaction/flush_job.h"

#include <optional>
#include <utility>

#include "base/try.h"
#include "compaction/output_writer.h"
#include "compaction/retention.h"
#include "compaction/value_references.h"
#include "compaction/values_in_log.h"

namespace ashlar {
namespace {

constexpr std::size_t kEntriesBetweenStopChecks = 4096;
constexpr std::size_t kRangeTombstoneTag = SIZE_MAX;

// Where in the tree a memtable can settle without a merge.
struct Settlement {
  std::optional<uint64_t> into_partition;  // an existing one, without tables or behind whose end
  std::string upper;                       // keys must stay below; empty: no end
  bool new_partition = false;              // one that starts at the memtable's first key
  std::optional<PartitionStart> split_behind;  // the partition's table moves here
  std::shared_ptr<StoredTable> moved;
};

bool overlaps(const StoredTable& table, std::string_view smallest, std::string_view largest) {
  return table.summary.unbounded ||
         (smallest <= table.summary.largest_key && largest >= table.summary.smallest_key);
}

// The memtable's first and last key; nothing if it has range tombstones or no entries.
std::optional<std::pair<std::string, std::string>> key_bounds(const Memtable& memtable,
                                                              EntryIterator* entries) {
  if (memtable.entry_count() == 0 || !memtable.range_tombstones().empty()) return std::nullopt;
  entries->seek_last();
  std::string largest(entries->entry().key);
  entries->seek_first();
  return std::make_pair(std::string(entries->entry().key), std::move(largest));
}

std::optional<Settlement> find_settlement(const Version& version, std::string_view smallest,
                                          std::string_view largest) {
  for (const auto& run : version.runs) {
    for (const auto& table : run->tables) {
      if (overlaps(*table, smallest, largest)) return std::nullopt;
    }
  }
  Settlement settlement;
  if (version.partitions.empty()) {
    settlement.new_partition = true;
    return settlement;
  }
  const std::size_t index = version.partition_of(smallest);
  if (index != version.partition_of(largest)) return std::nullopt;
  const Partition& partition = *version.partitions[index];
  if (!partition.fragments.empty()) return std::nullopt;
  if (!partition.bottom) {
    settlement.into_partition = partition.number;
    return settlement;
  }
  if (overlaps(*partition.bottom, smallest, largest)) return std::nullopt;
  if (largest > partition.bottom->summary.largest_key) {
    settlement.new_partition = true;
    return settlement;
  }
  settlement.into_partition = partition.number;
  settlement.split_behind = PartitionStart{0, partition.bottom->summary.smallest_key};
  settlement.moved = partition.bottom;
  return settlement;
}

Status write_entries(const JobContext& context, EntryIterator* entries, bool settle,
                     Retention* retention, const ValuesInLog& values, OutputWriter* writer,
                     std::vector<std::string>* first_keys, JobReport* report) {
  const Compression compression = settle ? context.compression : Compression::kNone;
  std::string last_key;
  for (; entries->valid(); entries->next()) {
    if (++report->entries_read % kEntriesBetweenStopChecks == 0 && context.stopping.load()) {
      return Status::aborted("flush stopped: the database is closing");
    }
    EntryView entry = entries->entry();
    if (!retention->keep(&entry, settle)) continue;
    // [VER-2] All versions of a key go to one table.
    if (!writer->table_open() || (writer->wants_cut() && entry.key != last_key)) {
      ASHLAR_TRY(writer->end_table());
      ASHLAR_TRY(writer->begin_table(first_keys->size(), compression));
      first_keys->emplace_back(entry.key);
    }
    const std::optional<ValuePointer> pointer = values.find(entry);
    ASHLAR_TRY(pointer ? writer->add_pointed(entry, *pointer) : writer->add(entry));
    last_key.assign(entry.key);
    ++report->entries_written;
  }
  return entries->status();
}

// Range tombstones get a run of their own, so that the tables of the entries' run stay disjoint
// [VER-2].
Status write_range_tombstones(const Retention& retention, OutputWriter* writer) {
  ASHLAR_TRY(writer->end_table());
  ASHLAR_TRY(writer->begin_table(kRangeTombstoneTag, Compression::kNone));
  for (const RangeTombstone& tombstone : retention.tombstones_within({}, {}, false)) {
    ASHLAR_TRY(writer->add_range_tombstone(tombstone));
  }
  return {};
}

void place_runs(const JobContext& context, const OutputWriter& writer, VersionEdit* edit) {
  const uint64_t entries = context.versions.new_file_number();
  const uint64_t tombstones = context.versions.new_file_number();
  for (const OutputWriter::Output& output : writer.outputs()) {
    const uint64_t run = output.tag == kRangeTombstoneTag ? tombstones : entries;
    edit->added_tables.push_back({Tier::kRun, run, output.summary});
  }
}

void place_settled(const JobContext& context, const OutputWriter& writer,
                   const Settlement& settlement, const Version& version,
                   const std::vector<std::string>& first_keys, VersionEdit* edit) {
  for (std::size_t i = 0; i < writer.outputs().size(); ++i) {
    const OutputWriter::Output& output = writer.outputs()[i];
    uint64_t partition = 0;
    if (i == 0 && settlement.into_partition) {
      partition = *settlement.into_partition;
    } else {
      partition = context.versions.new_file_number();
      // [VER-3]
      const bool first_of_all = version.partitions.empty() && i == 0;
      edit->added_partitions.push_back({partition, first_of_all ? "" : first_keys[output.tag]});
    }
    edit->added_tables.push_back({Tier::kBottom, partition, output.summary});
  }
  if (settlement.split_behind) {
    const uint64_t behind = context.versions.new_file_number();
    edit->added_partitions.push_back({behind, settlement.split_behind->lower});
    edit->removed_tables.push_back(settlement.moved->summary.file_number);
    edit->added_tables.push_back({Tier::kBottom, behind, settlement.moved->summary});
  }
}

}  // namespace

Status flush_memtable(const JobContext& context, const FlushRequest& request, JobReport* report) {
  ASHLAR_TRY(request.memtable->verify_checksums());
  const auto version = context.versions.current();
  const auto entries = request.memtable->new_iterator();
  entries->seek_first();

  std::optional<Settlement> settlement;
  if (request.may_settle) {
    const auto bounds = key_bounds(*request.memtable, entries.get());
    if (bounds) settlement = find_settlement(*version, bounds->first, bounds->second);
  }
  const RangeTombstones& tombstones = request.memtable->range_tombstones();
  Retention retention(context.snapshots(), context.now_ms(), tombstones);
  OutputWriter writer(context, request.image_pages);
  ValuesInLog values(context, request.log, *request.memtable, request.log_start, &writer);
  std::vector<std::string> first_keys;
  ASHLAR_TRY(write_entries(context, entries.get(), settlement.has_value(), &retention, values,
                           &writer, &first_keys, report));
  if (!tombstones.empty()) {
    ASHLAR_TRY(write_range_tombstones(retention, &writer));
  }
  ASHLAR_TRY(writer.finish());
  report->bytes_written += writer.bytes_written();
  report->shared_segments += values.segment_count();

  VersionEdit edit;
  edit.log_start = request.log_start;
  edit.log_synced = request.log_synced;
  edit.last_sequence = request.last_sequence;
  if (settlement) {
    place_settled(context, writer, *settlement, *version, first_keys, &edit);
  } else {
    place_runs(context, writer, &edit);
  }
  // All of a segment's values may have expired, or lie below a range tombstone.
  writer.drop_unused_value_files();
  edit.added_value_files = writer.value_files();
  ASHLAR_TRY_ASSIGN(const auto opened, writer.open_outputs());
  writer.adopt();
  return context.versions.apply(std::move(edit), opened, context.publish);
}

}  // namespace ashlar
