#include "env/posix_mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "env/posix_error.h"

namespace ashlar {
namespace {

// Owns the mapping; the descriptor is not needed once it stands.
class PosixMappedFile final : public MappedFile {
 public:
  PosixMappedFile(char* data, std::size_t size) : data_(data), size_(size) {}
  ~PosixMappedFile() override { munmap(data_, size_); }

  const char* data() const override { return data_; }
  std::size_t size() const override { return size_; }
  void write(std::size_t offset, std::string_view bytes) override {
    ASHLAR_CHECK(offset <= size_ && bytes.size() <= size_ - offset);
    if (!bytes.empty()) std::memcpy(data_ + offset, bytes.data(), bytes.size());
  }

 private:
  char* const data_;
  const std::size_t size_;
};

Result<std::unique_ptr<MappedFile>> map_descriptor(int descriptor, const std::string& path,
                                                   std::size_t bytes) {
  struct stat state {};
  if (fstat(descriptor, &state) != 0) return posix_error("stat", path, errno);
  if (static_cast<uint64_t>(state.st_size) < bytes) {
    return Status::corruption(path + ": ends at " + std::to_string(state.st_size) + ", before " +
                              std::to_string(bytes));
  }
  void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (mapped == MAP_FAILED) return posix_error("map", path, errno);
  return std::unique_ptr<MappedFile>(
      std::make_unique<PosixMappedFile>(static_cast<char*>(mapped), bytes));
}

}  // namespace

Result<std::unique_ptr<MappedFile>> map_posix_file(const std::string& path, std::size_t bytes) {
  if (bytes == 0) return Status::invalid_argument("map " + path + ": no bytes");
  const int descriptor = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return posix_error("open", path, errno);
  auto mapped = map_descriptor(descriptor, path, bytes);
  close(descriptor);
  return mapped;
}

}  // namespace ashlar
