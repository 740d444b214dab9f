#include "care/repair_writer.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <utility>
#include <vector>

#include "base/key_space.h"
#include "base/limits.h"
#include "base/try.h"
#include "compaction/output_writer.h"
#include "compaction/retention.h"
#include "db/memory_plan.h"
#include "wal/log_writer.h"

namespace ashlar {
namespace {

// A database needs a log: an empty one, which its first opening goes on from.
Status start_empty_log(Env& env, const std::string& folder, VersionSet* versions) {
  const LogOptions options{.segment_bytes = 2 * kMinimumLogRingBytes,
                           .ring_bytes = kMinimumLogRingBytes};
  return LogWriter::create(
             env, folder, options, {.position = 0, .next_sequence = 1},
             [versions] { return versions->new_file_number(); }, {}, nullptr)
      .status();
}

// Goes through the entries in order.
class RepairWriter {
 public:
  RepairWriter(const JobContext& context, const RepairOptions& options, bool keep_system_keys,
               RepairSources* sources, RepairReport* report)
      : context_(context),
        options_(options),
        keep_system_keys_(keep_system_keys),
        sources_(*sources),
        report_(*report),
        retention_({}, context.now_ms(), sources->range_tombstones()),
        writer_(context, PageSize::kHuge) {}

  Status run() {
    ASHLAR_TRY_ASSIGN(const auto entries, sources_.new_iterator());
    for (entries->seek_first(); entries->valid(); entries->next()) {
      EntryView entry = entries->entry();
      const SequenceNumber sequence = entry.sequence;
      // What it keeps is the newest version of its key, and no tombstone.
      if (!retention_.keep(&entry, true)) continue;
      if (!keep_system_keys_ && is_system_key(entry.key)) continue;
      if (is_doubtful(entry.key, sequence) && options_.leave_out_doubtful) {
        ++report_.left_out;
        continue;
      }
      ASHLAR_TRY(write(entry));
    }
    ASHLAR_TRY(entries->status());
    ASHLAR_TRY(writer_.finish());
    return install();
  }

 private:
  // Whether something newer of the key may have been lost. Asked in the order of keys.
  bool is_doubtful(std::string_view key, SequenceNumber sequence) {
    const std::vector<Doubt>& all = sources_.doubts();
    while (next_doubt_ < all.size() && all[next_doubt_].from <= key) {
      active_.push_back(&all[next_doubt_++]);
    }
    std::erase_if(active_,
                  [&](const Doubt* doubt) { return !doubt->to_last_key && doubt->to < key; });
    bool doubtful = false;
    for (const Doubt* doubt : active_) {
      const bool covers = !doubt->behind_from || key != doubt->from;
      if (!covers || sequence >= doubt->hidden) continue;
      ++report_.lost[doubt->lost].doubtful;
      doubtful = true;
    }
    return doubtful;
  }

  Status write(EntryView entry) {
    if (entry.value_is_pointer) {
      ValueSalvage::Place place;
      const Status read = sources_.values().read(entry.key, entry.value, &value_, &place);
      if (!read.ok()) {
        note_lost_value(entry.key, place, read);
        return {};
      }
      entry.value = value_;
      entry.value_is_pointer = false;
    }
    if (!writer_.table_open() || writer_.wants_cut()) {
      ASHLAR_TRY(writer_.end_table());
      ASHLAR_TRY(writer_.begin_table(first_keys_.size(), context_.compression));
      first_keys_.emplace_back(entry.key);
    }
    ++report_.entries;
    return writer_.add(entry);
  }

  void note_lost_value(std::string_view key, const ValueSalvage::Place& place,
                       const Status& reason) {
    if (++report_.values_lost > RepairReport::kMostValuesListed) return;
    LostRange lost;
    lost.kind = LostRange::Kind::kValue;
    lost.file = place.file;
    lost.offset = place.offset;
    lost.reason = std::string(reason.message());
    lost.from = lost.to = std::string(key);
    report_.lost.push_back(std::move(lost));
  }

  Status install() {
    if (writer_.outputs().empty()) return {};
    VersionEdit edit;
    for (const OutputWriter::Output& output : writer_.outputs()) {
      const uint64_t partition = context_.versions.new_file_number();
      const bool first = edit.added_partitions.empty();  // [VER-3]
      edit.added_partitions.push_back({partition, first ? "" : first_keys_[output.tag]});
      edit.added_tables.push_back({Tier::kBottom, partition, output.summary});
    }
    edit.added_value_files = writer_.value_files();
    ASHLAR_TRY_ASSIGN(const auto opened, writer_.open_outputs());
    writer_.adopt();
    return context_.versions.apply(std::move(edit), opened, context_.publish);
  }

  const JobContext& context_;
  const RepairOptions& options_;
  const bool keep_system_keys_;
  RepairSources& sources_;
  RepairReport& report_;
  Retention retention_;
  OutputWriter writer_;
  std::vector<std::string> first_keys_;
  std::size_t next_doubt_ = 0;
  std::vector<const Doubt*> active_;
  std::string value_;
};

}  // namespace

Status write_repaired(Env& env, const std::string& folder, const RepairOptions& options,
                      bool keep_system_keys, MemoryBudget* budget, RepairSources* sources,
                      RepairReport* report) {
  const MemoryPlan plan(options.memory_budget);
  PageCache cache(budget, plan.minimum_page_cache_bytes);
  VersionSet versions(env, folder, &cache, budget);
  const std::atomic<bool> stopping{false};
  const uint64_t now_ms = env.wall_clock_us() / 1000;
  const JobContext context{
      .env = env,
      .versions = versions,
      .budget = *budget,
      .compression = options.compression,
      .table_bytes = plan.table_bytes,
      .buffer_bytes = plan.merge_buffer_bytes,
      .snapshots = [] { return std::vector<SequenceNumber>(); },
      .now_ms = [now_ms] { return now_ms; },
      .may_keep_image = [](std::size_t) { return false; },
      .pending_value_files = [] { return std::set<uint64_t>(); },
      .publish = [](std::shared_ptr<const Version>) {},
      .stopping = stopping,
  };
  ASHLAR_TRY(start_empty_log(env, folder, &versions));
  ASHLAR_TRY(versions.create());
  return RepairWriter(context, options, keep_system_keys, sources, report).run();
}

}  // namespace ashlar
