// Which files of a damaged database count, by its manifest as far as that can be read.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ashlar/repair.h"
#include "env/env.h"
#include "version/version_edit.h"

namespace ashlar {

struct FolderSurvey {
  RepairReport::Manifest manifest = RepairReport::Manifest::kSound;
  std::set<uint64_t> tables;  // numbers of the files that are there
  bool has_log = false;
  std::map<uint64_t, TableSummary> named;  // by the manifest
  std::set<uint64_t> removed;              // named once, and not any more
  std::optional<uint64_t> log_start;
  uint64_t log_synced = 0;
  SequenceNumber last_sequence = 0;
  std::vector<LostRange> lost;  // without keys: damage to the manifest itself
  std::vector<std::string> notes;

  // Tables in the folder that the manifest neither names nor removed.
  std::vector<uint64_t> unnamed() const;
  // Tables that it names and that are not there.
  std::vector<uint64_t> missing() const;
};

// kNotFound if the folder holds nothing of a database; errors of Env::list.
Result<FolderSurvey> survey_folder(Env& env, const std::string& folder);

}  // namespace ashlar
