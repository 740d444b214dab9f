#include "tools/output_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ashlar::tools {

Result<std::unique_ptr<OutputFile>> OutputFile::open(const std::string& path) {
  if (path == "-") return std::unique_ptr<OutputFile>(new OutputFile(stdout, "standard output"));
  const std::string part = path + ".part";
  std::FILE* file = std::fopen(part.c_str(), "wbe");
  if (file == nullptr) {
    return Status::io_error(fmt::format("{}: {}", part, std::strerror(errno)));
  }
  return std::unique_ptr<OutputFile>(new OutputFile(file, path));
}

OutputFile::OutputFile(std::FILE* file, std::string path) : file_(file), path_(std::move(path)) {}

OutputFile::~OutputFile() {
  if (file_ == nullptr || file_ == stdout) return;
  std::fclose(file_);
  std::remove(part_path().c_str());
}

Status OutputFile::error(const std::string& name) const {
  const std::string message = fmt::format("{}: {}", name, std::strerror(errno));
  return errno == ENOSPC ? Status::no_space(message) : Status::io_error(message);
}

Status OutputFile::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size()) return {};
  return error(file_ == stdout ? path_ : part_path());
}

Status OutputFile::finish() {
  if (file_ == stdout) return std::fflush(file_) == 0 ? Status() : error(path_);
  if (std::fflush(file_) != 0 || fsync(fileno(file_)) != 0) return error(part_path());
  if (std::rename(part_path().c_str(), path_.c_str()) != 0) return error(path_);
  std::fclose(file_);
  file_ = nullptr;
  return {};
}

}  // namespace ashlar::tools
