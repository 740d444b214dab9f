#include "base/try.h"
#include "env/env.h"

namespace ashlar {
namespace {

Status write_and_sync(Env& env, const std::string& path, std::string_view bytes) {
  ASHLAR_TRY_ASSIGN(const auto file, env.open_file(path, {.mode = OpenMode::kCreate}));
  ASHLAR_TRY(file->write(0, bytes));
  return file->sync();
}

// What an earlier attempt left is of no use.
Status remove_leftover(Env& env, const std::string& path) {
  Status status = env.remove(path);
  return status.is(StatusCode::kNotFound) ? Status() : status;
}

}  // namespace

Status replace_file(Env& env, const std::string& path, std::string_view bytes) {
  const std::string temporary = path + ".new";
  ASHLAR_TRY(remove_leftover(env, temporary));
  Status status = write_and_sync(env, temporary, bytes);
  if (status.ok()) status = env.rename(temporary, path);
  if (!status.ok()) {
    // The first error is the one to tell; the next attempt removes what this one could not.
    (void)env.remove(temporary).ok();
    return status;
  }
  return env.sync_folder(std::string(parent_folder(path)));
}

Result<std::string> read_file(Env& env, const std::string& path) {
  ASHLAR_TRY_ASSIGN(const auto file, env.open_file(path, {.mode = OpenMode::kRead}));
  ASHLAR_TRY_ASSIGN(const uint64_t size, file->size());
  std::string bytes(size, '\0');
  ASHLAR_TRY(file->read(0, bytes.data(), bytes.size()));
  return bytes;
}

std::string join_path(std::string_view folder, std::string_view name) {
  std::string path(folder);
  if (!path.empty() && path.back() != '/') path.push_back('/');
  return path.append(name);
}

std::string_view parent_folder(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? path.substr(0, 1) : path.substr(0, slash);
}

}  // namespace ashlar
