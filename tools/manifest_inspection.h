// The manifest as text, and what it amounts to.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "ashlar/result.h"
#include "tools/inspection.h"
#include "version/version_edit.h"

namespace ashlar::tools {

// Each record of manifest `number`: its offset, and what it changes.
Status inspect_manifest(Env& env, const std::string& path, uint64_t number, const PrintLine& print);

// What all records together say.
struct ManifestState {
  uint64_t manifest_number = 0;
  uint64_t log_start = 0;                     // position from which on the log is not in tables
  std::map<uint64_t, TablePlacement> tables;  // by file number
};

// Follows CURRENT in a database's folder. kNotFound if there is no database.
Result<ManifestState> read_manifest_state(Env& env, const std::string& folder);

// "run 5", "a fragment of partition 3", "the bottom of partition 3"
std::string placement_text(const TablePlacement& placement);

}  // namespace ashlar::tools
