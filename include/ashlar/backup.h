// Backups: copies of a database, kept in a folder of their own, which share what they have in
// common.
//
//   db->backup("/backups/pets");                                  // ashlar/database.h
//   ashlar::restore_backup("/backups/pets", "pets.restored");
//
// A backup folder holds one folder for each backup, named by its number, and one that they share:
// tables and value files, each once, however many backups name it; so a backup costs what has
// changed since the last one. To be rid of a backup remove its folder: the next backup removes what
// nothing names any more. docs/FORMAT.md describes the files.
//
// With Options::log_archive the log is kept too, and a backup can be brought forward to any moment.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ashlar/options.h"
#include "ashlar/result.h"

namespace ashlar {

struct BackupInfo {
  uint64_t number = 0;         // 1, 2, …
  uint64_t taken_us = 0;       // since the epoch; no commit in it is younger
  uint64_t last_sequence = 0;  // of its commits
  uint64_t files = 0;
  uint64_t bytes = 0;
  uint64_t new_bytes = 0;  // that no earlier backup had; set by Database::backup() alone
};

// In the order taken.
//   kNotFound     there is no such folder.
//   kCorruption   names the index that is damaged; the others are listed by `readable`, if given.
Result<std::vector<BackupInfo>> list_backups(std::string_view folder, Env* env = nullptr,
                                             std::vector<BackupInfo>* readable = nullptr);

// Reads every byte of every backup. Problems are returned, one line for each file that is missing
// or damaged; an error means that the check itself could not be done. `progress`: see
// ashlar/database.h.
Result<std::vector<std::string>> verify_backups(
    std::string_view folder, Env* env = nullptr,
    const std::function<bool(uint64_t done, uint64_t total)>& progress = {});

struct RestoreOptions {
  // Which backup; 0: the latest, or, with `to_us`, the latest that is not younger.
  uint64_t number = 0;
  // Bring it forward, by the archived log, to the last commit that is not younger than this: in
  // microseconds since the epoch.
  std::optional<uint64_t> to_us{};
  // The folder that was Options::log_archive; empty: `log` in the backup folder.
  std::string log_archive{};
  std::size_t memory_budget = std::size_t{1} << 30;
  Env* env = nullptr;
};

struct RestoreReport {
  BackupInfo backup;
  uint64_t commits_replayed = 0;
  uint64_t reached_us = 0;  // the time of the last of them; of the backup if there are none
};

// Makes a database of a backup in the folder `destination`, which must not exist and appears when
// it is complete and has been verified.
//   kNotFound         no such backup, or none that is old enough.
//   kInvalidArgument  `destination` exists; the archive is that of another database.
//   kCorruption       a file of the backup or the archive is damaged or missing.
Result<RestoreReport> restore_backup(std::string_view folder, std::string_view destination,
                                     const RestoreOptions& options = {});

}  // namespace ashlar
