#include "env/posix_lock.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <vector>

#include "base/try.h"
#include "env/posix_error.h"

namespace ashlar {
namespace {

// The descriptors of all held locks of the process, which a child closes as it begins: otherwise
// its copies would hold the locks on when this process has ended.
class HeldLocks {
 public:
  static HeldLocks& instance() {
    static HeldLocks* const locks = new HeldLocks;
    return *locks;
  }
  void add(int descriptor) {
    const std::lock_guard lock(mutex_);
    descriptors_.push_back(descriptor);
  }
  // Ends the lock, unless this is a child process, which does not have it.
  void release(int descriptor) {
    const std::lock_guard lock(mutex_);
    if (std::erase(descriptors_, descriptor) > 0) close(descriptor);
  }

 private:
  HeldLocks() {
    pthread_atfork([] { instance().mutex_.lock(); }, [] { instance().mutex_.unlock(); },
                   [] { instance().forget_in_child(); });
  }
  void forget_in_child() {
    for (const int descriptor : descriptors_) close(descriptor);
    descriptors_.clear();
    mutex_.unlock();
  }

  std::mutex mutex_;
  std::vector<int> descriptors_;
};

class PosixFileLock final : public FileLock {
 public:
  explicit PosixFileLock(int descriptor) : descriptor_(descriptor) {
    HeldLocks::instance().add(descriptor);
  }
  ~PosixFileLock() override { HeldLocks::instance().release(descriptor_); }

 private:
  const int descriptor_;
};

Status write_process_id(int descriptor, const std::string& path) {
  const std::string id = std::to_string(getpid()) + "\n";
  if (ftruncate(descriptor, 0) != 0) return posix_error("truncate", path, errno);
  const ssize_t written = pwrite(descriptor, id.data(), id.size(), 0);
  if (written < 0) return posix_error("write", path, errno);
  if (static_cast<std::size_t>(written) < id.size()) return posix_error("write", path, ENOSPC);
  return {};
}

Status held_by_another(int descriptor, const std::string& path) {
  char text[24] = {};
  const ssize_t got = pread(descriptor, text, sizeof(text), 0);
  const char* const end = std::find_if_not(text, text + std::max<ssize_t>(got, 0),
                                           [](char c) { return c >= '0' && c <= '9'; });
  const std::string id(static_cast<const char*>(text), end);
  return Status::busy(path + ": locked by process " + (id.empty() ? "unknown" : id));
}

Status lock_descriptor(int descriptor, const std::string& path) {
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK ? held_by_another(descriptor, path)
                                : posix_error("lock", path, errno);
  }
  return write_process_id(descriptor, path);
}

}  // namespace

Result<std::unique_ptr<FileLock>> lock_posix_file(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return posix_error("open", path, errno);
  if (Status status = lock_descriptor(descriptor, path); !status.ok()) {
    close(descriptor);
    return status;
  }
  return std::unique_ptr<FileLock>(std::make_unique<PosixFileLock>(descriptor));
}

}  // namespace ashlar
