// locate_key: following a key from the log to its tables.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/try.h"
#include "table/page_reader.h"
#include "table/table_cursor.h"
#include "table/table_file.h"
#include "tools/inspection.h"
#include "tools/log_inspection.h"
#include "tools/manifest_inspection.h"
#include "version/file_names.h"
#include "wal/log_reader.h"

namespace ashlar::tools {

namespace {

constexpr std::size_t kReadBytes = 1;  // the least: one page or group at a time

// A version of the key, or a deletion that covers it.
struct Sighting {
  SequenceNumber sequence = 0;
  std::string place;
  std::string what;
};

struct LogSighting {
  uint64_t position = 0;
  bool from_ring = false;
  Sighting sighting;
};

class KeyLocator {
 public:
  KeyLocator(Env& env, const std::string& folder, std::string_view key)
      : env_(env), folder_(folder), key_(key) {}

  Status run(const PrintLine& print) {
    ASHLAR_TRY_ASSIGN(const ManifestState state, read_manifest_state(env_, folder_));
    ASHLAR_TRY(look_into_log(state.log_start));
    for (const auto& [number, placement] : state.tables) {
      if (covers(placement.table)) ASHLAR_TRY(look_into_table(placement));
    }
    std::ranges::stable_sort(sightings_, std::ranges::greater(), &Sighting::sequence);
    print(fmt::format("{} names {} tables; {} can hold the key; the log is needed from position {}",
                      file_name(FileType::kManifest, state.manifest_number), state.tables.size(),
                      tables_read_, state.log_start));
    for (const Sighting& each : sightings_) {
      print(fmt::format("sequence {}: {}: {}", each.sequence, each.place, each.what));
    }
    if (!sightings_.empty()) return {};
    return Status::not_found("no version of the key in any file");
  }

 private:
  bool covers(const TableSummary& table) const {
    return table.smallest_key <= key_ && (table.unbounded || key_ <= table.largest_key);
  }

  Status look_into_log(uint64_t from) {
    std::vector<LogSighting> found;
    const auto visit = [&](const LogFrame& frame) -> Status {
      for (std::string_view rest = frame.operations; !rest.empty();) {
        std::size_t consumed = 0;
        ASHLAR_TRY_ASSIGN(const Operation operation, decode_operation(rest, &consumed));
        rest.remove_prefix(consumed);
        if (!concerns_key(operation)) continue;
        found.push_back({frame.position,
                         frame.from_ring,
                         {frame.sequence, {}, operation_text(operation, false)}});
      }
      return {};
    };
    ASHLAR_TRY_ASSIGN(const LogEnd end, replay_log(env_, folder_, from, visit));
    for (LogSighting& each : found) {
      each.sighting.place = "memtable and " + log_place(each, end.segments);
      sightings_.push_back(std::move(each.sighting));
    }
    return {};
  }

  bool concerns_key(const Operation& operation) const {
    if (operation.kind != EntryKind::kDeleteRange) return operation.key == key_;
    return operation.key <= key_ && before_end(key_, operation.value);
  }

  static std::string log_place(const LogSighting& sighting,
                               const std::vector<SegmentInfo>& segments) {
    for (const SegmentInfo& segment : segments) {
      if (sighting.from_ring || sighting.position < segment.start ||
          sighting.position >= segment.end()) {
        continue;
      }
      return fmt::format("{}, offset {}", segment_name(segment.number),
                         segment.offset_of(sighting.position));
    }
    return fmt::format("{}, position {}", kRingFileName, sighting.position);
  }

  Status look_into_table(const TablePlacement& placement) {
    ++tables_read_;
    const std::string name = file_name(FileType::kTable, placement.table.file_number);
    const std::string place = fmt::format("{} ({})", name, placement_text(placement));
    ASHLAR_TRY_ASSIGN(const auto file, TableFile::open(env_, join_path(folder_, name), &budget_));
    ASHLAR_TRY_ASSIGN(const auto tombstones, file->load_range_tombstones());
    for (const RangeTombstone& tombstone : tombstones) {
      if (tombstone.from > key_ || !before_end(key_, tombstone.to)) continue;
      sightings_.push_back(
          {tombstone.sequence, place,
           fmt::format("range deleted from {} to {}", quoted_bytes(tombstone.from, false),
                       tombstone.to.empty() ? "the end" : quoted_bytes(tombstone.to, false))});
    }
    return look_for_records(*file, place);
  }

  Status look_for_records(const TableFile& file, const std::string& place) {
    if (file.header().data_page_count == 0) return {};
    StreamPageReader data(file, kReadBytes, &budget_);
    StreamPageReader index(file, kReadBytes, &budget_);
    TableCursor cursor(file, data, index);
    ASHLAR_TRY(cursor.seek(key_, kMaximumSequence));
    while (cursor.valid() && cursor.key_is(key_)) {
      const Record& record = cursor.record();
      sightings_.push_back({record.sequence,
                            fmt::format("{}, page {}, offset {}", place, cursor.page(),
                                        file.file_offset(cursor.page())),
                            record_text(record)});
      ASHLAR_TRY(cursor.next());
    }
    return {};
  }

  static std::string record_text(const Record& record) {
    if (record.kind == EntryKind::kDelete) return "delete";
    std::string text = "set " + (record.value_is_pointer ? pointer_text(record.value)
                                                         : quoted_bytes(record.value, false));
    if (record.expires_at_ms != 0) {
      text += ", expires at " + moment_text(record.expires_at_ms * 1000);
    }
    return text;
  }

  Env& env_;
  const std::string& folder_;
  const std::string_view key_;
  MemoryBudget budget_{std::size_t{64} << 20};
  std::size_t tables_read_ = 0;
  std::vector<Sighting> sightings_;
};

}  // namespace

Status locate_key(Env& env, const std::string& folder, std::string_view key,
                  const PrintLine& print) {
  return KeyLocator(env, folder, key).run(print);
}

}  // namespace ashlar::tools
