#include "env/posix_env.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <thread>

#include "base/check.h"
#include "env/posix_error.h"
#include "env/posix_file.h"
#include "env/posix_lock.h"
#include "env/posix_mapped_file.h"
#include "env/thread_executor.h"

namespace ashlar {
namespace {

uint64_t now_ns(clockid_t clock) {
  timespec now{};
  ASHLAR_CHECK(clock_gettime(clock, &now) == 0);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

bool is_folder(int folder, const char* name) {
  struct stat state {};
  return fstatat(folder, name, &state, 0) == 0 && S_ISDIR(state.st_mode);
}

Result<std::vector<DirectoryEntry>> read_entries(DIR* stream, const std::string& folder) {
  std::vector<DirectoryEntry> entries;
  while (true) {
    errno = 0;
    const dirent* const entry = readdir(stream);
    if (entry == nullptr) break;
    const std::string_view name(entry->d_name);
    if (name == "." || name == "..") continue;
    const bool told = entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK;
    entries.push_back({std::string(name),
                       told ? entry->d_type == DT_DIR : is_folder(dirfd(stream), entry->d_name)});
  }
  if (errno != 0) return posix_error("list", folder, errno);
  return entries;
}

class PosixEnv final : public Env {
 public:
  Result<std::unique_ptr<File>> open_file(const std::string& path,
                                          const FileOptions& options) override {
    return open_posix_file(path, options);
  }
  Result<std::unique_ptr<MappedFile>> map_file(const std::string& path,
                                               std::size_t bytes) override {
    return map_posix_file(path, bytes);
  }
  Result<bool> exists(const std::string& path) override;
  Result<std::vector<DirectoryEntry>> list(const std::string& folder) override;
  Status create_folder(const std::string& path) override;
  Status remove_folder(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status link(const std::string& existing, const std::string& created) override;
  Status sync_folder(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    return lock_posix_file(path);
  }

  uint64_t volume_bytes(const std::string& folder) override;
  uint64_t wall_clock_us() override { return now_ns(CLOCK_REALTIME) / 1000; }
  uint64_t last_tick_us() override { return now_ns(CLOCK_REALTIME_COARSE) / 1000; }
  uint64_t last_monotonic_tick_ns() override { return now_ns(CLOCK_MONOTONIC_COARSE); }
  uint64_t monotonic_ns() override { return now_ns(CLOCK_MONOTONIC); }
  void sleep(std::chrono::microseconds duration) override { std::this_thread::sleep_for(duration); }
  uint64_t random() override;
  std::unique_ptr<Executor> new_executor() override { return std::make_unique<ThreadExecutor>(); }
};

uint64_t PosixEnv::volume_bytes(const std::string& folder) {
  struct statvfs state {};
  const std::string parent(parent_folder(folder));
  if (statvfs(folder.c_str(), &state) != 0 &&
      statvfs(parent.empty() ? "." : parent.c_str(), &state) != 0) {
    return UINT64_MAX;
  }
  const uint64_t bytes = uint64_t{state.f_blocks} * state.f_frsize;
  return bytes == 0 ? UINT64_MAX : bytes;  // some file systems do not say
}

Result<bool> PosixEnv::exists(const std::string& path) {
  struct stat state {};
  if (stat(path.c_str(), &state) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return posix_error("stat", path, errno);
}

Result<std::vector<DirectoryEntry>> PosixEnv::list(const std::string& folder) {
  DIR* const stream = opendir(folder.c_str());
  if (stream == nullptr) return posix_error("list", folder, errno);
  auto entries = read_entries(stream, folder);
  closedir(stream);
  return entries;
}

Status PosixEnv::create_folder(const std::string& path) {
  if (mkdir(path.c_str(), 0755) == 0) return {};
  const int error = errno;
  if (error == EEXIST && is_folder(AT_FDCWD, path.c_str())) return {};
  return posix_error("create folder", path, error);
}

Status PosixEnv::remove_folder(const std::string& path) {
  return rmdir(path.c_str()) == 0 ? Status() : posix_error("remove folder", path, errno);
}

Status PosixEnv::rename(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) == 0) return {};
  return posix_error("rename to " + to + " from", from, errno);
}

Status PosixEnv::remove(const std::string& path) {
  return unlink(path.c_str()) == 0 ? Status() : posix_error("remove", path, errno);
}

Status PosixEnv::link(const std::string& existing, const std::string& created) {
  if (::link(existing.c_str(), created.c_str()) == 0) return {};
  return posix_error("link as " + created + " of", existing, errno);
}

Status PosixEnv::sync_folder(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return posix_error("open folder", path, errno);
  const int error = fsync(descriptor) == 0 ? 0 : errno;
  close(descriptor);
  // EINVAL: the file system knows no such thing, and no other way either.
  return error == 0 || error == EINVAL ? Status() : posix_error("sync folder", path, error);
}

uint64_t PosixEnv::random() {
  uint64_t value = 0;
  // Up to 256 bytes come whole and without an interrupt, once the system has any randomness.
  ssize_t got = getrandom(&value, sizeof(value), 0);
  while (got < 0 && errno == EINTR) got = getrandom(&value, sizeof(value), 0);
  ASHLAR_CHECK(got == sizeof(value));
  return value;
}

}  // namespace

Env* real_env() {
  static Env* const env = new PosixEnv;
  return env;
}

}  // namespace ashlar
