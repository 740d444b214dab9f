#include "tools/input_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/try.h"
#include "tools/interrupt.h"

namespace ashlar::tools {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 18;

Status system_error(std::string_view name, int error) {
  const std::string message = fmt::format("{}: {}", name, std::strerror(error));
  return error == ENOENT ? Status::not_found(message) : Status::io_error(message);
}

}  // namespace

Result<std::unique_ptr<InputFile>> InputFile::open(const std::string& path) {
  if (path == "-") {
    return std::unique_ptr<InputFile>(new InputFile(STDIN_FILENO, "standard input", 0));
  }
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return system_error(path, errno);
  struct stat status = {};
  const bool regular = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  const uint64_t size = regular ? static_cast<uint64_t>(status.st_size) : 0;
  return std::unique_ptr<InputFile>(new InputFile(descriptor, path, size));
}

InputFile::InputFile(int descriptor, std::string name, uint64_t size)
    : descriptor_(descriptor), name_(std::move(name)), size_(size) {}

InputFile::~InputFile() {
  if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
}

Result<std::size_t> InputFile::read(char* to, std::size_t bytes) {
  while (true) {
    if (interrupted()) return interrupted_error();
    const ssize_t got = ::read(descriptor_, to, bytes);
    if (got >= 0) {
      bytes_read_ += static_cast<uint64_t>(got);
      return static_cast<std::size_t>(got);
    }
    if (errno != EINTR) return system_error(name_, errno);
  }
}

Result<bool> InputFile::read_line(std::string* line) {
  line->clear();
  buffer_.resize(kBufferBytes);
  while (true) {
    if (unread_.empty()) {
      ASHLAR_TRY_ASSIGN(const std::size_t got, read(buffer_.data(), buffer_.size()));
      if (got == 0) return !line->empty();
      unread_ = {buffer_.data(), got};
    }
    const std::size_t end = unread_.find('\n');
    line->append(unread_.substr(0, end));
    if (line->size() > kMaximumLineBytes) {
      return Status::too_large(fmt::format("{}: a line of more than 3 GiB", name_));
    }
    if (end != std::string_view::npos) {
      unread_.remove_prefix(end + 1);
      return true;
    }
    unread_ = {};
  }
}

}  // namespace ashlar::tools
