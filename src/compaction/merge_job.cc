#include "compaction/merge_job.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "base/try.h"
#include "compaction/merging_iterator.h"
#include "compaction/output_writer.h"
#include "compaction/retention.h"
#include "compaction/run_scanner.h"
#include "compaction/value_references.h"

namespace ashlar {
namespace {

constexpr uint64_t kEntriesBetweenStopChecks = 4096;

// A key range of the tree to be rewritten.
struct Range {
  uint64_t partition = 0;  // 0: there is none yet
  std::string lower;
  std::string upper;  // empty: no end
  bool settle = true;
  bool follows_previous = false;           // begins where the range before it ends
  std::vector<const StoredTable*> tables;  // the partition's own, if it settles
};

std::vector<Range> ranges_of(const MergePlan& plan) {
  if (plan.base->partitions.empty()) return {Range{}};
  std::vector<Range> ranges;
  std::size_t previous = SIZE_MAX;
  for (const MergePlan::Target& target : plan.targets) {
    const Partition& partition = *plan.base->partitions[target.partition];
    Range range;
    range.partition = partition.number;
    range.lower = partition.lower;
    range.upper = plan.base->upper_bound(target.partition);
    range.settle = target.settle;
    range.follows_previous = previous != SIZE_MAX && previous + 1 == target.partition;
    if (target.settle) {
      for (const auto& fragment : partition.fragments) range.tables.push_back(fragment.get());
      if (partition.bottom) range.tables.push_back(partition.bottom.get());
    }
    previous = target.partition;
    ranges.push_back(std::move(range));
  }
  return ranges;
}

RangeTombstones tombstones_of(const MergePlan& plan, const std::vector<Range>& ranges) {
  std::vector<RangeTombstone> all;
  const auto take = [&](const StoredTable& table) {
    const auto& own = table.reader->range_tombstones().all();
    all.insert(all.end(), own.begin(), own.end());
  };
  for (const auto& run : plan.runs) {
    for (const auto& table : run->tables) take(*table);
  }
  for (const Range& range : ranges) {
    for (const StoredTable* table : range.tables) take(*table);
  }
  return RangeTombstones(std::move(all));
}

// One pass over the ranges in key order.
class Merge {
 public:
  Merge(const JobContext& context, const MergePlan& plan, JobReport* report)
      : context_(context),
        plan_(plan),
        report_(*report),
        ranges_(ranges_of(plan)),
        tombstones_(tombstones_of(plan, ranges_)),
        retention_(context.snapshots(), context.now_ms(), tombstones_),
        writer_(context, PageSize::kHuge) {}

  Status run() {
    consume_runs();
    for (const Range& range : ranges_) {
      ASHLAR_TRY(merge_range(range));
      give_up_if_empty(range);
    }
    if (writer_.table_open()) ASHLAR_TRY(end_output(upper_));
    for (const RunScanner& scanner : scanners_) {
      ASHLAR_TRY(scanner.status());
      ASHLAR_CHECK(!scanner.valid());  // [VER-3]: the ranges cover everything that runs may hold
    }
    return install();
  }

 private:
  struct Placement {
    Tier tier = Tier::kBottom;
    uint64_t partition = 0;
  };

  void consume(const StoredTable& table) {
    edit_.removed_tables.push_back(table.summary.file_number);
    report_.bytes_read += table.summary.file_bytes;
  }

  void consume_runs() {
    for (const auto& run : plan_.runs) {
      std::vector<const StoredTable*> tables;
      for (const auto& table : run->tables) {
        tables.push_back(table.get());
        consume(*table);
      }
      scanners_.emplace_back(std::move(tables), context_.buffer_bytes);
    }
  }

  // A small bottom goes on across the border to the next partition, and the two become one.
  bool extends_output(const Range& range) const {
    return writer_.table_open() && range.settle && range.follows_previous &&
           writer_.table_bytes() < context_.table_bytes / 2;
  }

  std::unique_ptr<MergingIterator> entries_of(const Range& range) {
    std::vector<std::unique_ptr<EntryIterator>> children;
    for (RunScanner& scanner : scanners_) {
      children.push_back(std::make_unique<ScanBelow>(&scanner, range.upper));
    }
    for (const StoredTable* table : range.tables) {
      children.push_back(table->reader->new_scanner(context_.buffer_bytes));
    }
    auto merged = std::make_unique<MergingIterator>(std::move(children));
    merged->seek_first();
    return merged;
  }

  Status merge_range(const Range& range) {
    for (const StoredTable* table : range.tables) consume(*table);
    if (extends_output(range)) {
      edit_.removed_partitions.push_back(range.partition);
      partition_taken_ = true;
    } else {
      if (writer_.table_open()) ASHLAR_TRY(end_output(upper_));
      partition_taken_ = false;
    }
    upper_ = range.upper;

    const auto merged = entries_of(range);
    for (; merged->valid(); merged->next()) {
      if (++report_.entries_read % kEntriesBetweenStopChecks == 0 && context_.stopping.load()) {
        return Status::aborted("merge stopped: the database is closing");
      }
      EntryView entry = merged->entry();
      if (retention_.keep(&entry, range.settle)) ASHLAR_TRY(write(range, entry));
    }
    ASHLAR_TRY(merged->status());

    // Range tombstones that have to stay need a table even where no entry does.
    if (!writer_.table_open() &&
        !retention_.tombstones_within(range.lower, range.upper, range.settle).empty()) {
      ASHLAR_TRY(begin_output(range, range.lower));
    }
    if (!range.settle && writer_.table_open()) return end_output(range.upper);
    return {};
  }

  // A partition in which nothing is left goes to the one before it.
  void give_up_if_empty(const Range& range) {
    const bool empty = range.settle && range.partition != 0 && !partition_taken_;
    if (empty && !range.lower.empty()) edit_.removed_partitions.push_back(range.partition);
  }

  Status write(const Range& range, EntryView entry) {
    if (writer_.wants_cut() && entry.key != last_key_) ASHLAR_TRY(end_output(entry.key));
    if (!writer_.table_open()) ASHLAR_TRY(begin_output(range, entry.key));
    if (entry.value_is_pointer && range.settle) ASHLAR_TRY(relocate_if_planned(&entry));
    last_key_.assign(entry.key);
    ++report_.entries_written;
    return writer_.add(entry);
  }

  Status relocate_if_planned(EntryView* entry) {
    ValuePointer pointer;
    if (!ValuePointer::decode(entry->value, &pointer)) {
      return Status::corruption("table: value pointer of a wrong length");
    }
    if (!plan_.relocated_value_files.contains(pointer.file_number)) return {};
    const auto file = plan_.base->value_files.find(pointer.file_number);
    if (file == plan_.base->value_files.end()) {
      return Status::corruption("table points to value file " +
                                std::to_string(pointer.file_number) + ", which is not there");
    }
    ASHLAR_TRY(file->second->reader->read(pointer, entry->key, &value_));
    report_.bytes_read += value_.size();
    entry->value = value_;
    entry->value_is_pointer = false;
    return {};
  }

  // The first bottom of a range takes over its partition; each further one starts a new partition.
  Status begin_output(const Range& range, std::string_view first_key) {
    Placement placement{range.settle ? Tier::kBottom : Tier::kFragment, range.partition};
    output_lower_ = range.lower;
    if (range.settle && (partition_taken_ || range.partition == 0)) {
      placement.partition = context_.versions.new_file_number();
      if (partition_taken_) output_lower_ = first_key;
      edit_.added_partitions.push_back({placement.partition, output_lower_});
    } else if (partition_taken_) {
      output_lower_ = first_key;
    }
    partition_taken_ = true;
    placements_.push_back(placement);
    return writer_.begin_table(placements_.size() - 1,
                               range.settle ? context_.compression : Compression::kNone);
  }

  Status end_output(std::string_view upper) {
    const bool bottom = placements_.back().tier == Tier::kBottom;
    for (const auto& tombstone : retention_.tombstones_within(output_lower_, upper, bottom)) {
      ASHLAR_TRY(writer_.add_range_tombstone(tombstone));
    }
    return writer_.end_table();
  }

  Status install() {
    ASHLAR_TRY(writer_.finish());
    report_.bytes_written += writer_.bytes_written();
    for (const OutputWriter::Output& output : writer_.outputs()) {
      const Placement& placement = placements_[output.tag];
      edit_.added_tables.push_back({placement.tier, placement.partition, output.summary});
    }
    edit_.added_value_files = writer_.value_files();
    // In this order: a file that is flushed between the two calls is in one of the answers.
    const std::set<uint64_t> pending = context_.pending_value_files();
    remove_unreferenced_value_files(*context_.versions.current(), pending, &edit_);
    ASHLAR_TRY_ASSIGN(const auto opened, writer_.open_outputs());
    writer_.adopt();
    return context_.versions.apply(std::move(edit_), opened, context_.publish);
  }

  const JobContext& context_;
  const MergePlan& plan_;
  JobReport& report_;
  const std::vector<Range> ranges_;
  const RangeTombstones tombstones_;
  Retention retention_;
  OutputWriter writer_;
  std::deque<RunScanner> scanners_;

  VersionEdit edit_;
  std::vector<Placement> placements_;  // by the writer's tag; the last one is the open table's
  std::string output_lower_;           // the open table covers keys from here on
  std::string upper_;                  // where the current range ends
  bool partition_taken_ = false;       // the current range's partition has its first output
  std::string last_key_;
  std::string value_;
};

}  // namespace

Status run_merge(const JobContext& context, const MergePlan& plan, JobReport* report) {
  return Merge(context, plan, report).run();
}

}  // namespace ashlar
