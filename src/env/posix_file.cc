#include "env/posix_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>

#include "base/limits.h"
#include "base/try.h"
#include "env/posix_error.h"
#include "env/writer_thread.h"

namespace ashlar {
namespace {

// Calls until it is not interrupted by a signal.
template <typename Call>
auto uninterrupted(const Call& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

// Owns the descriptor.
class PosixFile final : public File {
 public:
  PosixFile(std::string path, int descriptor, bool aligned)
      : path_(std::move(path)), descriptor_(descriptor), aligned_(aligned) {}
  ~PosixFile() override {
    writer_.reset();
    close(descriptor_);
  }

  Status read(uint64_t offset, char* to, std::size_t bytes) const override;
  Status write(uint64_t offset, std::string_view bytes) override {
    return write_flagged(offset, bytes, 0);
  }
  Status write_synced(uint64_t offset, std::string_view bytes) override;
  void begin_write(uint64_t offset, std::string_view bytes) override;
  Status end_write() override;
  Status sync() override;
  Status allocate(uint64_t bytes) override;
  Status truncate(uint64_t bytes) override;
  Result<uint64_t> size() const override;
  void advise(uint64_t offset, uint64_t bytes, Advice advice) const override;
  const std::string& path() const override { return path_; }

 private:
  Status error(std::string_view operation) const { return posix_error(operation, path_, errno); }
  Status check_alignment(uint64_t offset, const char* address, std::size_t bytes) const;
  Status write_flagged(uint64_t offset, std::string_view bytes, int flags);

  const std::string path_;
  const int descriptor_;
  const bool aligned_;  // opened `direct`, whether the file system can or not
  std::unique_ptr<WriterThread> writer_;  // once a write was begun
};

Status PosixFile::check_alignment(uint64_t offset, const char* address, std::size_t bytes) const {
  if (!aligned_) return {};
  if ((offset | reinterpret_cast<uintptr_t>(address) | bytes) % kPageBytes == 0) return {};
  return Status::invalid_argument(path_ + ": direct transfer of " + std::to_string(bytes) +
                                  " bytes at " + std::to_string(offset) + " is not aligned");
}

Status PosixFile::read(uint64_t offset, char* to, std::size_t bytes) const {
  ASHLAR_TRY(check_alignment(offset, to, bytes));
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t got = uninterrupted([&] {
      return pread(descriptor_, to + done, bytes - done, static_cast<off_t>(offset + done));
    });
    if (got < 0) return error("read");
    done += static_cast<std::size_t>(got);
    // Direct reads stop at a page's middle only where the file ends, and can't go on from there.
    const bool at_end = got == 0 || (aligned_ && done % kPageBytes != 0);
    if (at_end && done < bytes) {
      return Status::corruption(path_ + ": ends at " + std::to_string(offset + done) + ", before " +
                                std::to_string(offset + bytes));
    }
  }
  return {};
}

Status PosixFile::write_flagged(uint64_t offset, std::string_view bytes, int flags) {
  ASHLAR_TRY(check_alignment(offset, bytes.data(), bytes.size()));
  while (!bytes.empty()) {
    const ssize_t written = uninterrupted([&] {
      const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};  // only read
      return pwritev2(descriptor_, &piece, 1, static_cast<off_t>(offset), flags);
    });
    if (written < 0) return error("write");
    auto moved = static_cast<std::size_t>(written);
    if (aligned_ && moved < bytes.size()) moved -= moved % kPageBytes;
    if (moved == 0) return posix_error("write", path_, EIO);
    offset += moved;
    bytes.remove_prefix(moved);
  }
  return {};
}

Status PosixFile::write_synced(uint64_t offset, std::string_view bytes) {
  errno = 0;
  Status written = write_flagged(offset, bytes, RWF_DSYNC);
  if (written.ok() || errno != EOPNOTSUPP) return written;
  ASHLAR_TRY(write(offset, bytes));  // a kernel before 4.7
  return sync();
}

void PosixFile::begin_write(uint64_t offset, std::string_view bytes) {
  try {
    if (!writer_) writer_ = std::make_unique<WriterThread>();
    writer_->begin([this, offset, bytes] { return write(offset, bytes); });
  } catch (const std::exception&) {  // no thread, no memory
    File::begin_write(offset, bytes);
  }
}

Status PosixFile::end_write() {
  Status ended = File::end_write();
  if (writer_ && ended.ok()) ended = writer_->end();
  return ended;
}

Status PosixFile::sync() {
  if (uninterrupted([&] { return fdatasync(descriptor_); }) != 0) return error("sync");
  return {};
}

Status PosixFile::allocate(uint64_t bytes) {
  if (bytes == 0) return {};
  const int result =
      uninterrupted([&] { return fallocate(descriptor_, 0, 0, static_cast<off_t>(bytes)); });
  if (result == 0) return {};
  if (errno != EOPNOTSUPP && errno != ENOSYS) return error("allocate");
  // The file system sets nothing aside; at least the length can be had.
  ASHLAR_TRY_ASSIGN(const uint64_t now, size());
  return now >= bytes ? Status() : truncate(bytes);
}

Status PosixFile::truncate(uint64_t bytes) {
  const int result =
      uninterrupted([&] { return ftruncate(descriptor_, static_cast<off_t>(bytes)); });
  return result == 0 ? Status() : error("truncate");
}

Result<uint64_t> PosixFile::size() const {
  struct stat state {};
  if (fstat(descriptor_, &state) != 0) return error("stat");
  return static_cast<uint64_t>(state.st_size);
}

void PosixFile::advise(uint64_t offset, uint64_t bytes, Advice advice) const {
  int kind = POSIX_FADV_SEQUENTIAL;
  if (advice == Advice::kRandom) kind = POSIX_FADV_RANDOM;
  if (advice == Advice::kNotNeeded) kind = POSIX_FADV_DONTNEED;
  // Without effect at worst.
  (void)posix_fadvise(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(bytes), kind);
}

int flags_of(const FileOptions& options) {
  int flags = O_CLOEXEC | (options.mode == OpenMode::kRead ? O_RDONLY : O_RDWR);
  if (options.mode == OpenMode::kCreate) flags |= O_CREAT | O_EXCL;
  return flags;
}

}  // namespace

Result<std::unique_ptr<File>> open_posix_file(const std::string& path, const FileOptions& options) {
  const int flags = flags_of(options);
  const int descriptor = uninterrupted([&] { return open(path.c_str(), flags, 0644); });
  if (descriptor < 0) return posix_error("open", path, errno);
  auto file = std::make_unique<PosixFile>(path, descriptor, options.direct);
  // Set afterwards, because open() with O_CREAT and O_DIRECT leaves a file behind when it fails
  // with EINVAL, where the file system can't.
  if (options.direct && fcntl(descriptor, F_SETFL, flags | O_DIRECT) != 0 && errno != EINVAL) {
    return posix_error("open direct", path, errno);
  }
  return std::unique_ptr<File>(std::move(file));
}

}  // namespace ashlar
