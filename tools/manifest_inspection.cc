#include "tools/manifest_inspection.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/try.h"
#include "version/current_file.h"
#include "version/file_names.h"
#include "version/manifest.h"

namespace ashlar::tools {

namespace {

template <typename Number>
void print_number(const PrintLine& print, std::string_view name, const Number& number) {
  if (number) print(fmt::format("  {} {}", name, *number));
}

void print_table(const TablePlacement& placement, const PrintLine& print) {
  const TableSummary& table = placement.table;
  print(fmt::format(
      "  add {} as {}: {} entries, {} deletions, {} bytes, keys {} to {}{}, "
      "sequences {} to {}",
      file_name(FileType::kTable, table.file_number), placement_text(placement), table.entry_count,
      table.tombstone_count, table.file_bytes, quoted_bytes(table.smallest_key, false),
      quoted_bytes(table.largest_key, false), table.unbounded ? " and beyond" : "",
      table.smallest_sequence, table.largest_sequence));
}

void print_edit(const VersionEdit& edit, const PrintLine& print) {
  if (edit.database_id) print(fmt::format("  database id {:016x}", *edit.database_id));
  print_number(print, "next file number", edit.next_file_number);
  print_number(print, "last sequence in tables", edit.last_sequence);
  print_number(print, "the log is needed from position", edit.log_start);
  print_number(print, "the log was on disk up to position", edit.log_synced);
  for (const uint64_t number : edit.removed_partitions) {
    print(fmt::format("  remove partition {}", number));
  }
  for (const PartitionStart& partition : edit.added_partitions) {
    print(fmt::format("  add partition {} from key {}", partition.number,
                      quoted_bytes(partition.lower, false)));
  }
  for (const uint64_t number : edit.removed_tables) {
    print(fmt::format("  remove {}", file_name(FileType::kTable, number)));
  }
  for (const TablePlacement& placement : edit.added_tables) print_table(placement, print);
  for (const uint64_t number : edit.removed_value_files) {
    print(fmt::format("  remove {}", file_name(FileType::kValues, number)));
  }
  for (const ValueFileSummary& file : edit.added_value_files) {
    print(fmt::format("  add {}: {} records, {} bytes",
                      file_name(FileType::kValues, file.file_number), file.record_count,
                      file.file_bytes));
  }
}

void apply(const VersionEdit& edit, ManifestState* state) {
  if (edit.log_start) state->log_start = std::max(state->log_start, *edit.log_start);
  for (const uint64_t number : edit.removed_tables) state->tables.erase(number);
  for (const TablePlacement& placement : edit.added_tables) {
    state->tables.insert_or_assign(placement.table.file_number, placement);
  }
}

}  // namespace

std::string placement_text(const TablePlacement& placement) {
  switch (placement.tier) {
    case Tier::kRun:
      return fmt::format("run {}", placement.owner);
    case Tier::kFragment:
      return fmt::format("a fragment of partition {}", placement.owner);
    case Tier::kBottom:
      return fmt::format("the bottom of partition {}", placement.owner);
  }
  return "?";
}

Status inspect_manifest(Env& env, const std::string& path, uint64_t number,
                        const PrintLine& print) {
  ASHLAR_TRY_ASSIGN(const std::string bytes, read_file(env, path));
  print(fmt::format("manifest {}, {} bytes", number, bytes.size()));
  return read_manifest(bytes, number, path, [&](uint64_t offset, const VersionEdit& edit) {
    print(fmt::format("offset {}: {}", offset,
                      offset <= 16 ? "the whole state" : "a step from there"));
    print_edit(edit, print);
    return Status();
  });
}

Result<ManifestState> read_manifest_state(Env& env, const std::string& folder) {
  ManifestState state;
  ASHLAR_TRY_ASSIGN(state.manifest_number, read_current(env, folder));
  const std::string path = join_path(folder, file_name(FileType::kManifest, state.manifest_number));
  ASHLAR_TRY_ASSIGN(const std::string bytes, read_file(env, path));
  ASHLAR_TRY(
      read_manifest(bytes, state.manifest_number, path, [&](uint64_t, const VersionEdit& edit) {
        apply(edit, &state);
        return Status();
      }));
  return state;
}

}  // namespace ashlar::tools
