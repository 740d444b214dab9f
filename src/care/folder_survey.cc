#include "care/folder_survey.h"

#include <algorithm>

#include "base/try.h"
#include "version/current_file.h"
#include "version/file_names.h"
#include "version/manifest.h"

namespace ashlar {
namespace {

using Manifest = RepairReport::Manifest;

void apply(const VersionEdit& edit, FolderSurvey* survey) {
  for (const uint64_t number : edit.removed_tables) {
    survey->named.erase(number);
    survey->removed.insert(number);
  }
  for (const TablePlacement& placement : edit.added_tables) {
    // A table that moves to another partition is removed and added by one edit.
    survey->removed.erase(placement.table.file_number);
    survey->named[placement.table.file_number] = placement.table;
  }
  if (edit.log_start) survey->log_start = std::max(survey->log_start.value_or(0), *edit.log_start);
  if (edit.log_synced) survey->log_synced = std::max(survey->log_synced, *edit.log_synced);
  if (edit.last_sequence) {
    survey->last_sequence = std::max(survey->last_sequence, *edit.last_sequence);
  }
}

// Fills the survey from one manifest. False if no record of it can be read.
bool read_from(Env& env, const std::string& folder, uint64_t number, FolderSurvey* survey) {
  const std::string name = file_name(FileType::kManifest, number);
  const auto bytes = read_file(env, join_path(folder, name));
  if (!bytes.ok()) {
    survey->notes.push_back(std::string(bytes.status().message()));
    return false;
  }
  bool any = false;
  bool whole_state = false;
  const bool damaged = salvage_manifest(
      *bytes, number,
      [&](const VersionEdit& edit) {
        any = true;
        whole_state = whole_state || edit.database_id.has_value();
        apply(edit, survey);
      },
      [&](uint64_t offset) {
        survey->notes.push_back(name + ": offset " + std::to_string(offset) +
                                ": is damaged; what it said there is not known");
      });
  if (!any) return false;
  survey->manifest = damaged || !whole_state ? Manifest::kDamaged : Manifest::kSound;
  // Without the state that the edits go on from, where the log begins is not known.
  if (!whole_state) survey->log_start.reset();
  return true;
}

}  // namespace

std::vector<uint64_t> FolderSurvey::unnamed() const {
  std::vector<uint64_t> numbers;
  for (const uint64_t number : tables) {
    if (!named.contains(number) && !removed.contains(number)) numbers.push_back(number);
  }
  return numbers;
}

std::vector<uint64_t> FolderSurvey::missing() const {
  std::vector<uint64_t> numbers;
  for (const auto& [number, summary] : named) {
    if (!tables.contains(number)) numbers.push_back(number);
  }
  return numbers;
}

Result<FolderSurvey> survey_folder(Env& env, const std::string& folder) {
  ASHLAR_TRY_ASSIGN(const auto entries, env.list(folder));
  FolderSurvey survey;
  std::vector<uint64_t> manifests;
  bool has_values = false;
  for (const DirectoryEntry& entry : entries) {
    const auto parsed = parse_file_name(entry.name);
    if (!parsed || entry.is_directory) continue;
    if (parsed->type == FileType::kManifest) manifests.push_back(parsed->number);
    if (parsed->type == FileType::kTable) survey.tables.insert(parsed->number);
    survey.has_log = survey.has_log || parsed->type == FileType::kLog;
    has_values = has_values || parsed->type == FileType::kValues;
  }
  if (manifests.empty() && survey.tables.empty() && !survey.has_log && !has_values) {
    return Status::not_found("there is nothing of a database in " + folder);
  }
  // The one in force first, then the youngest: a crash may leave one that was not completed.
  std::sort(manifests.rbegin(), manifests.rend());
  const auto current = read_current(env, folder);
  if (current.ok()) {
    std::stable_partition(manifests.begin(), manifests.end(),
                          [&](uint64_t number) { return number == *current; });
  } else {
    survey.notes.push_back("CURRENT: " + std::string(current.status().message()));
  }
  for (const uint64_t number : manifests) {
    if (read_from(env, folder, number, &survey)) {
      // Another than the one in force may be older than the database.
      const bool other = current.ok() && number != *current;
      if (other) survey.manifest = Manifest::kDamaged;
      return survey;
    }
  }
  survey.manifest = Manifest::kMissing;
  return survey;
}

}  // namespace ashlar
