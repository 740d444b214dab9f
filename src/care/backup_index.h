// What a backup consists of: the file BACKUP in its folder. docs/FORMAT.md has the bytes.
//
//   ashlar backup 1
//   taken_us 1790000000000000
//   last_sequence 7
//   log_position 4096
//   database_id 81985529216486895
//   own MANIFEST-000012 120 1a2b3c4d
//   shared 000034.table 8192 5e6f7081 000034-0123456789abcdef-9aabbccd.table
//   end 1f2e3d4c
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ashlar/backup.h"
#include "env/new_folder.h"

namespace ashlar {

inline constexpr char kBackupIndexName[] = "BACKUP";
inline constexpr char kSharedFolderName[] = "shared";

struct BackupFile {
  std::string name;    // in the database
  std::string stored;  // in the shared folder; empty: in the backup's own, under its name
  FileDigest digest;
};

struct BackupIndex {
  uint64_t taken_us = 0;
  uint64_t last_sequence = 0;
  uint64_t log_position = 0;  // where the original's log goes on
  uint64_t database_id = 0;   // the original's
  std::vector<BackupFile> files;

  std::string encode() const;
  // kCorruption says what is wrong; kUnsupported for a newer version.
  static Result<BackupIndex> decode(std::string_view text);
  uint64_t bytes() const;
  BackupInfo info(uint64_t number) const;
};

// "000012".
std::string backup_name(uint64_t number);
std::string backup_path(std::string_view folder, uint64_t number);
// Where a file of a backup lies.
std::string stored_path(std::string_view folder, uint64_t number, const BackupFile& file);

Result<BackupIndex> read_backup_index(Env& env, const std::string& folder, uint64_t number);
// The numbers of the backups in a folder, ascending. kNotFound if there is no such folder.
Result<std::vector<uint64_t>> backup_numbers(Env& env, const std::string& folder);

}  // namespace ashlar
