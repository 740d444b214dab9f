#include "env/new_folder.h"

#include <algorithm>

#include "base/checksum.h"
#include "base/try.h"

namespace ashlar {
namespace {

constexpr char kPartialSuffix[] = ".ashlar-partial";
constexpr std::size_t kPieceBytes = std::size_t{512} << 10;

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

// Reads the whole file piece by piece.
Status read_through(Env& env, const std::string& path, FileDigest* digest,
                    const std::function<Status(uint64_t offset, std::string_view piece)>& take) {
  ASHLAR_TRY_ASSIGN(const auto file, env.open_file(path, {.mode = OpenMode::kRead}));
  ASHLAR_TRY_ASSIGN(digest->bytes, file->size());
  std::string buffer(std::min<uint64_t>(kPieceBytes, digest->bytes), '\0');
  for (uint64_t offset = 0; offset < digest->bytes; offset += buffer.size()) {
    buffer.resize(std::min<uint64_t>(buffer.size(), digest->bytes - offset));
    ASHLAR_TRY(file->read(offset, buffer.data(), buffer.size()));
    digest->checksum = crc32c(buffer, digest->checksum);
    ASHLAR_TRY(take(offset, buffer));
  }
  return {};
}

Status copy_to_new(Env& env, const std::string& from, File* to, FileDigest* digest) {
  ASHLAR_TRY(read_through(env, from, digest, [&](uint64_t offset, std::string_view piece) {
    return to->write(offset, piece);
  }));
  return to->sync();
}

}  // namespace

Result<std::unique_ptr<NewFolder>> NewFolder::create(Env& env, const std::string& path) {
  const std::string name = without_slashes(path);
  if (name.empty()) return Status::invalid_argument("the new folder has no name");
  ASHLAR_TRY_ASSIGN(const bool there, env.exists(name));
  if (there) return Status::invalid_argument(name + " is there already");
  const std::string partial = name + kPartialSuffix;
  ASHLAR_TRY(remove_tree(env, partial));
  ASHLAR_TRY(env.create_folder(partial));
  return std::unique_ptr<NewFolder>(new NewFolder(env, name, partial));
}

NewFolder::~NewFolder() {
  // What can't be removed now is removed by the next attempt.
  if (!published_) (void)remove_tree(env_, partial_).ok();
}

Status NewFolder::publish() {
  ASHLAR_TRY(env_.sync_folder(partial_));
  ASHLAR_TRY(env_.rename(partial_, path_));
  published_ = true;
  return env_.sync_folder(std::string(parent_folder(path_)));
}

Status remove_tree(Env& env, const std::string& path) {
  ASHLAR_TRY_ASSIGN(const bool there, env.exists(path));
  if (!there) return {};
  ASHLAR_TRY_ASSIGN(const auto entries, env.list(path));
  for (const DirectoryEntry& entry : entries) {
    const std::string inside = join_path(path, entry.name);
    ASHLAR_TRY(entry.is_directory ? remove_tree(env, inside) : env.remove(inside));
  }
  return env.remove_folder(path);
}

Result<FileDigest> digest_file(Env& env, const std::string& path) {
  FileDigest digest;
  ASHLAR_TRY(read_through(env, path, &digest, [](uint64_t, std::string_view) { return Status(); }));
  return digest;
}

Result<FileDigest> copy_file(Env& env, const std::string& from, const std::string& to) {
  FileDigest digest;
  ASHLAR_TRY_ASSIGN(const auto file, env.open_file(to, {.mode = OpenMode::kCreate}));
  if (Status copied = copy_to_new(env, from, file.get(), &digest); !copied.ok()) {
    (void)env.remove(to);
    return copied;
  }
  return digest;
}

Status link_or_copy(Env& env, const std::string& from, const std::string& to) {
  Status linked = env.link(from, to);
  if (linked.ok() || linked.is(StatusCode::kNotFound)) return linked;
  return copy_file(env, from, to).status();
}

}  // namespace ashlar
