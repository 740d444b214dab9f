// Taking a backup.
#pragma once

#include <string>

#include "ashlar/backup.h"
#include "db/engine.h"

namespace ashlar {

// Adds a backup of the engine's present state to the backup folder, which is created if need be.
//   kBusy         another backup into the folder is under way; or as of Engine::checkpoint().
//   kCorruption   the index of an earlier backup is damaged.
//
// [BACKUP-1] A backup appears under its number when everything that it names is on stable storage;
//            what an earlier attempt left is removed or used again.
Result<BackupInfo> write_backup(const Engine& engine, const std::string& folder);

}  // namespace ashlar
