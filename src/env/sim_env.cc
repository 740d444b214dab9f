#include "env/sim_env.h"

#include <utility>

#include "base/try.h"
#include "env/sim_file.h"

namespace ashlar {
namespace {

void collect_files(const SimDisk& disk, SimFileId folder, const std::string& path,
                   std::vector<std::string>* out) {
  for (const auto& [name, id] : disk.entries(folder)) {
    if (disk.is_folder(id)) {
      collect_files(disk, id, join_path(path, name), out);
    } else {
      out->push_back(join_path(path, name));
    }
  }
}

Status check_range(const SimDisk& disk, SimFileId file, uint64_t end) {
  if (end <= disk.size(file)) return {};
  return Status::invalid_argument("damage behind the end of the file");
}

}  // namespace

SimEnv::SimEnv(uint64_t seed, SimDisk disk)
    : volume_(std::move(disk)), scheduler_(SimRandom(seed).next(), &clock_), random_(seed) {}

Result<std::unique_ptr<File>> SimEnv::open_file(const std::string& path,
                                                const FileOptions& options) {
  ASHLAR_TRY_ASSIGN(SimHandle handle, volume_.open(path, options));
  return std::unique_ptr<File>(std::make_unique<SimFile>(&volume_, std::move(handle)));
}

Result<std::unique_ptr<MappedFile>> SimEnv::map_file(const std::string& path, std::size_t bytes) {
  char* data = nullptr;
  ASHLAR_TRY_ASSIGN(SimHandle handle, volume_.map(path, bytes, &data));
  return std::unique_ptr<MappedFile>(
      std::make_unique<SimMappedFile>(&volume_, std::move(handle), data, bytes));
}

Result<std::unique_ptr<FileLock>> SimEnv::lock(const std::string& path) {
  ASHLAR_TRY_ASSIGN(SimHandle handle, volume_.lock(path));
  return std::unique_ptr<FileLock>(std::make_unique<SimFileLock>(&volume_, std::move(handle)));
}

uint64_t SimEnv::random() {
  const std::lock_guard lock(random_mutex_);
  return random_.next();
}

std::unique_ptr<SimEnv> SimEnv::restart(SimDisk disk, uint64_t seed) {
  auto next = std::make_unique<SimEnv>(seed, std::move(disk));
  next->clock_.advance_ns(clock_.monotonic_ns() - next->clock_.monotonic_ns());
  next->clock_.set_wall_us(clock_.wall_us());
  return next;
}

std::unique_ptr<SimEnv> SimEnv::after_power_cut(uint64_t seed) {
  SimCrash crash = volume_.crash_points();
  crash.advance_to(crash.operation_count());
  SimRandom random(seed);
  return restart(crash.image(crash.random_fates(&random)), seed);
}

std::vector<std::string> SimEnv::files_below(const std::string& folder) {
  const SimDisk disk = volume_.live_disk();
  std::vector<std::string> files;
  const SimFileId id = disk.find(folder);
  if (id != kNoSimFile && disk.is_folder(id)) collect_files(disk, id, folder, &files);
  return files;
}

Result<std::string> SimEnv::contents(const std::string& path) {
  const SimDisk disk = volume_.live_disk();
  const SimFileId id = disk.find(path);
  if (id == kNoSimFile || disk.is_folder(id)) return Status::not_found(path + ": no such file");
  return disk.contents(id);
}

Status SimEnv::overwrite(const std::string& path, uint64_t offset, std::string_view bytes) {
  return volume_.damage(path, [&](SimDisk* disk, SimFileId file) {
    disk->write(file, offset, bytes);
    return Status();
  });
}

Status SimEnv::flip_bit(const std::string& path, uint64_t bit) {
  return volume_.damage(path, [&](SimDisk* disk, SimFileId file) {
    ASHLAR_TRY(check_range(*disk, file, bit / 8 + 1));
    char byte = 0;
    disk->read(file, bit / 8, &byte, 1);
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1u << (bit % 8)));
    disk->write(file, bit / 8, {&byte, 1});
    return Status();
  });
}

Status SimEnv::set_length(const std::string& path, uint64_t bytes) {
  return volume_.damage(path, [&](SimDisk* disk, SimFileId file) {
    disk->truncate(file, bytes);
    return Status();
  });
}

Status SimEnv::erase(const std::string& path) {
  return volume_.damage(path, [&](SimDisk* disk, SimFileId) {
    disk->assign(disk->locate(path), kNoSimFile);
    return Status();
  });
}

Status SimEnv::copy(const std::string& from, const std::string& to) {
  return volume_.damage(from, [&](SimDisk* disk, SimFileId file) {
    const SimName name = disk->locate(to);
    if (name.folder == kNoSimFile) return Status::not_found(to + ": no such folder");
    SimFileId target = disk->lookup(name);
    if (target == kNoSimFile) {
      target = disk->unused_id();
      disk->add(target, /*is_folder=*/false);
      disk->assign(name, target);
    }
    const std::string bytes = disk->contents(file);
    disk->truncate(target, 0);
    disk->write(target, 0, bytes);
    return Status();
  });
}

Status SimEnv::swap(const std::string& a, const std::string& b) {
  return volume_.damage(a, [&](SimDisk* disk, SimFileId file) {
    const SimFileId other = disk->find(b);
    if (other == kNoSimFile) return Status::not_found(b + ": no such file");
    disk->assign(disk->locate(a), other);
    disk->assign(disk->locate(b), file);
    return Status();
  });
}

}  // namespace ashlar
