#include "compaction/value_references.h"

#include <algorithm>

namespace ashlar {

std::map<uint64_t, uint64_t> referenced_bytes(const Version& version) {
  std::map<uint64_t, uint64_t> bytes;
  for (const auto& table : version.all_tables()) {
    for (const ValueReference& reference : table->summary.value_references) {
      bytes[reference.file_number] += reference.bytes;
    }
  }
  return bytes;
}

void remove_unreferenced_value_files(const Version& base, const std::set<uint64_t>& pending,
                                     VersionEdit* edit) {
  if (base.value_files.empty()) return;
  const std::set<uint64_t> removed(edit->removed_tables.begin(), edit->removed_tables.end());
  std::set<uint64_t> needed = pending;
  for (const auto& table : base.all_tables()) {
    if (removed.contains(table->summary.file_number)) continue;
    for (const ValueReference& reference : table->summary.value_references) {
      needed.insert(reference.file_number);
    }
  }
  for (const TablePlacement& placement : edit->added_tables) {
    for (const ValueReference& reference : placement.table.value_references) {
      needed.insert(reference.file_number);
    }
  }
  for (const auto& [number, file] : base.value_files) {
    if (!needed.contains(number)) edit->removed_value_files.push_back(number);
  }
}

}  // namespace ashlar
