#include "db/log_archive.h"

#include <charconv>

#include "base/try.h"
#include "env/new_folder.h"

namespace ashlar {
namespace {

constexpr std::string_view kFirstWords = "ashlar log of database ";
constexpr char kUnfinishedSuffix[] = ".new";

std::string owner_line(uint64_t database_id) {
  return std::string(kFirstWords) + std::to_string(database_id) + "\n";
}

}  // namespace

Status LogArchive::open(uint64_t database_id) {
  // The folder around it too: it may be that of backups to come.
  const std::string parent(parent_folder(folder_));
  ASHLAR_TRY(env_.create_folder(parent));
  ASHLAR_TRY(env_.sync_folder(std::string(parent_folder(parent))));
  ASHLAR_TRY(env_.create_folder(folder_));
  ASHLAR_TRY(env_.sync_folder(parent));
  const auto owner = read_archive_owner(env_, folder_);
  if (owner.status().is(StatusCode::kNotFound)) {
    return replace_file(env_, join_path(folder_, kArchiveName), owner_line(database_id));
  }
  ASHLAR_TRY(owner.status());
  if (*owner == database_id) return {};
  return Status::invalid_argument(folder_ + " is the log archive of another database");
}

Status LogArchive::add(const std::string& path) {
  const std::string to = join_path(folder_, std::string_view(path).substr(path.rfind('/') + 1));
  ASHLAR_TRY_ASSIGN(const bool there, env_.exists(to));
  if (!there && !env_.link(path, to).ok()) {
    const std::string unfinished = to + kUnfinishedSuffix;
    ASHLAR_TRY_ASSIGN(const bool left, env_.exists(unfinished));
    if (left) ASHLAR_TRY(env_.remove(unfinished));
    ASHLAR_TRY(copy_file(env_, path, unfinished).status());
    ASHLAR_TRY(env_.rename(unfinished, to));
  }
  return env_.sync_folder(folder_);
}

Result<uint64_t> read_archive_owner(Env& env, const std::string& folder) {
  const std::string path = join_path(folder, kArchiveName);
  ASHLAR_TRY_ASSIGN(const std::string line, read_file(env, path));
  uint64_t owner = 0;
  if (line.starts_with(kFirstWords)) {
    std::from_chars(line.data() + kFirstWords.size(), line.data() + line.size(), owner);
  }
  if (line == owner_line(owner)) return owner;
  return Status::corruption(path + ": offset 0: does not name a database");
}

}  // namespace ashlar
