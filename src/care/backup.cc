#include "care/backup.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

#include "base/try.h"
#include "care/backup_index.h"
#include "env/posix_env.h"
#include "version/file_names.h"

namespace ashlar {
namespace {

constexpr char kUnfinishedSuffix[] = ".new";

// The same for the same bytes of the same file of the same database.
std::string stored_name(const CheckpointFile& file, uint64_t database_id) {
  const std::size_t dot = file.name.find('.');
  char identity[32];
  std::snprintf(identity, sizeof(identity), "-%016llx-%08x",
                static_cast<unsigned long long>(database_id), file.checksum);
  return file.name.substr(0, dot) + identity + file.name.substr(dot);
}

// One backup being taken.
class BackupRun {
 public:
  BackupRun(const Engine& engine, const std::string& folder)
      : engine_(engine),
        env_(engine.env()),
        folder_(folder),
        shared_(join_path(folder, kSharedFolderName)) {}

  Result<BackupInfo> run() {
    ASHLAR_TRY(make_folders());
    ASHLAR_TRY_ASSIGN(const auto lock, env_.lock(join_path(folder_, kLockFileName)));
    ASHLAR_TRY(read_earlier());
    ASHLAR_TRY(remove_unnamed());
    const uint64_t number = last_number_ + 1;
    ASHLAR_TRY_ASSIGN(const auto own, NewFolder::create(env_, backup_path(folder_, number)));
    CheckpointInfo info;
    ASHLAR_TRY(engine_.write_checkpoint(
        own->path(), [&](const CheckpointFile& file) { return share(file, info.database_id); },
        &info));
    ASHLAR_TRY(env_.sync_folder(shared_));
    ASHLAR_TRY(add_own_files(own->path()));
    index_.taken_us = info.taken_us;
    index_.last_sequence = info.last_sequence;
    index_.log_position = info.log_position;
    index_.database_id = info.database_id;
    ASHLAR_TRY(replace_file(env_, join_path(own->path(), kBackupIndexName), index_.encode()));
    ASHLAR_TRY(own->publish());
    BackupInfo made = index_.info(number);
    made.new_bytes = new_bytes_;
    return made;
  }

 private:
  Status make_folders() {
    ASHLAR_TRY_ASSIGN(const bool there, env_.exists(folder_));
    ASHLAR_TRY(env_.create_folder(folder_));
    ASHLAR_TRY(env_.create_folder(shared_));
    ASHLAR_TRY(env_.sync_folder(folder_));
    return there ? Status() : env_.sync_folder(std::string(parent_folder(folder_)));
  }

  Status read_earlier() {
    ASHLAR_TRY_ASSIGN(const auto numbers, backup_numbers(env_, folder_));
    for (const uint64_t number : numbers) {
      ASHLAR_TRY_ASSIGN(const BackupIndex index, read_backup_index(env_, folder_, number));
      for (const BackupFile& file : index.files) {
        if (!file.stored.empty()) known_[file.stored] = file.digest;
      }
      last_number_ = number;
    }
    return {};
  }

  // What a backup left that did not come to its end, or that was removed.
  Status remove_unnamed() {
    ASHLAR_TRY_ASSIGN(const auto entries, env_.list(shared_));
    for (const DirectoryEntry& entry : entries) {
      if (entry.is_directory || known_.contains(entry.name)) continue;
      ASHLAR_TRY(env_.remove(join_path(shared_, entry.name)));
    }
    return {};
  }

  Status share(const CheckpointFile& file, uint64_t database_id) {
    BackupFile kept{file.name, stored_name(file, database_id), {}};
    const std::string path = join_path(shared_, kept.stored);
    const auto known = known_.find(kept.stored);
    ASHLAR_TRY_ASSIGN(const bool there, env_.exists(path));
    if (there && known != known_.end()) {
      kept.digest = known->second;
    } else {
      const std::string unfinished = path + kUnfinishedSuffix;
      ASHLAR_TRY_ASSIGN(kept.digest, copy_file(env_, file.source, unfinished));
      ASHLAR_TRY(env_.rename(unfinished, path));
      new_bytes_ += kept.digest.bytes;
    }
    index_.files.push_back(std::move(kept));
    return {};
  }

  // Those that write_checkpoint() made: manifest, CURRENT and log.
  Status add_own_files(const std::string& path) {
    ASHLAR_TRY_ASSIGN(auto entries, env_.list(path));
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    for (const DirectoryEntry& entry : entries) {
      ASHLAR_TRY_ASSIGN(const FileDigest digest, digest_file(env_, join_path(path, entry.name)));
      index_.files.push_back({entry.name, {}, digest});
      new_bytes_ += digest.bytes;
    }
    return {};
  }

  const Engine& engine_;
  Env& env_;
  const std::string folder_;
  const std::string shared_;
  std::map<std::string, FileDigest> known_;  // by the names in the shared folder
  uint64_t last_number_ = 0;
  BackupIndex index_;
  uint64_t new_bytes_ = 0;
};

Env& env_or_real(Env* env) {
  return env != nullptr ? *env : *real_env();
}

// Checks each file of a backup that was not checked before.
Status verify_one(Env& env, const std::string& folder, uint64_t number, const BackupIndex& index,
                  std::set<std::string>* checked, const std::function<Status(uint64_t)>& advance,
                  std::vector<std::string>* problems) {
  for (const BackupFile& file : index.files) {
    const std::string path = stored_path(folder, number, file);
    if (!checked->insert(path).second) continue;
    const auto digest = digest_file(env, path);
    if (!digest.ok()) {
      problems->push_back(digest.status().to_string());
    } else if (*digest != file.digest) {
      problems->push_back(path + ": offset 0: the bytes are not those that were written");
    }
    ASHLAR_TRY(advance(file.digest.bytes));
  }
  return {};
}

}  // namespace

Result<BackupInfo> write_backup(const Engine& engine, const std::string& folder) {
  return BackupRun(engine, folder).run();
}

Result<std::vector<BackupInfo>> list_backups(std::string_view folder, Env* env,
                                             std::vector<BackupInfo>* readable) {
  Env& world = env_or_real(env);
  const std::string path(folder);
  ASHLAR_TRY_ASSIGN(const auto numbers, backup_numbers(world, path));
  std::vector<BackupInfo> backups;
  Status first;
  for (const uint64_t number : numbers) {
    const auto index = read_backup_index(world, path, number);
    if (index.ok()) backups.push_back(index->info(number));
    if (!index.ok() && first.ok()) first = index.status();
  }
  if (readable != nullptr) *readable = backups;
  if (!first.ok()) return first;
  return backups;
}

Result<std::vector<std::string>> verify_backups(
    std::string_view folder, Env* env,
    const std::function<bool(uint64_t done, uint64_t total)>& progress) {
  Env& world = env_or_real(env);
  const std::string path(folder);
  ASHLAR_TRY_ASSIGN(const auto numbers, backup_numbers(world, path));
  std::vector<std::string> problems;
  std::map<uint64_t, BackupIndex> indexes;
  std::map<std::string, uint64_t> bytes;  // of each file once
  for (const uint64_t number : numbers) {
    auto index = read_backup_index(world, path, number);
    if (!index.ok()) {
      problems.push_back(index.status().to_string());
      continue;
    }
    for (const BackupFile& file : index->files) {
      bytes[stored_path(path, number, file)] = file.digest.bytes;
    }
    indexes[number] = std::move(*index);
  }
  uint64_t total = 0;
  for (const auto& [name, count] : bytes) total += count;
  uint64_t done = 0;
  const auto advance = [&](uint64_t count) {
    done += count;
    const bool go_on = !progress || progress(done, total);
    return go_on ? Status() : Status::aborted("verification was stopped");
  };
  std::set<std::string> checked;
  for (const auto& [number, index] : indexes) {
    ASHLAR_TRY(verify_one(world, path, number, index, &checked, advance, &problems));
  }
  return problems;
}

}  // namespace ashlar
