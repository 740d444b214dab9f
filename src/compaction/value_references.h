// Which value files are still needed once an edit has been applied.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "version/version.h"
#include "version/version_edit.h"

namespace ashlar {

// Bytes of each value file that the version's tables point to.
std::map<uint64_t, uint64_t> referenced_bytes(const Version& version);

// Adds to `edit` the removal of every value file of `base` that none of its tables points to any
// more once the edit is applied, except those in `pending`.
void remove_unreferenced_value_files(const Version& base, const std::set<uint64_t>& pending,
                                     VersionEdit* edit);

}  // namespace ashlar
