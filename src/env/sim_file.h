// Files, mappings and locks of a simulated volume.
#pragma once

#include <string>
#include <utility>

#include "env/env.h"
#include "env/sim_volume.h"

namespace ashlar {

class SimFile final : public File {
 public:
  SimFile(SimVolume* volume, SimHandle handle) : volume_(volume), handle_(std::move(handle)) {}
  ~SimFile() override { volume_->close(handle_); }

  Status read(uint64_t offset, char* to, std::size_t bytes) const override {
    return volume_->read(handle_, offset, to, bytes);
  }
  Status write(uint64_t offset, std::string_view bytes) override {
    return volume_->write(handle_, offset, bytes, /*synced=*/false);
  }
  Status write_synced(uint64_t offset, std::string_view bytes) override {
    return volume_->write(handle_, offset, bytes, /*synced=*/true);
  }
  Status sync() override { return volume_->sync(handle_); }
  Status allocate(uint64_t bytes) override { return volume_->allocate(handle_, bytes); }
  Status truncate(uint64_t bytes) override { return volume_->truncate(handle_, bytes); }
  Result<uint64_t> size() const override { return volume_->size(handle_); }
  void advise(uint64_t, uint64_t, Advice) const override {}
  const std::string& path() const override { return *handle_.path; }

 private:
  SimVolume* const volume_;
  const SimHandle handle_;
};

class SimMappedFile final : public MappedFile {
 public:
  SimMappedFile(SimVolume* volume, SimHandle handle, char* data, std::size_t size)
      : volume_(volume), handle_(std::move(handle)), data_(data), size_(size) {}
  ~SimMappedFile() override { volume_->unmap(handle_, data_); }

  const char* data() const override { return data_; }
  std::size_t size() const override { return size_; }
  void write(std::size_t offset, std::string_view bytes) override {
    volume_->write_mapped(handle_, data_, offset, bytes);
  }

 private:
  SimVolume* const volume_;
  const SimHandle handle_;
  char* const data_;
  const std::size_t size_;
};

class SimFileLock final : public FileLock {
 public:
  SimFileLock(SimVolume* volume, SimHandle handle) : volume_(volume), handle_(std::move(handle)) {}
  ~SimFileLock() override { volume_->unlock(handle_); }

 private:
  SimVolume* const volume_;
  const SimHandle handle_;
};

}  // namespace ashlar
