#include "env/sim_volume.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "base/try.h"

namespace ashlar {
namespace {

using Kind = SimOperationKind;

constexpr std::string_view kProcessId = "1000\n";

Status failure(StatusCode code, SimCall call, const std::string& path, std::string_view reason) {
  std::string message(to_string(call));
  message.append(" ").append(path).append(": ").append(reason);
  return {code, std::move(message)};
}

Status missing(SimCall call, const std::string& path) {
  return failure(StatusCode::kNotFound, call, path, "No such file or directory");
}

Status full(SimCall call, const std::string& path) {
  return failure(StatusCode::kNoSpace, call, path, "No space left on device");
}

Status injected(SimCall call, const std::string& path, const SimFault& fault) {
  return failure(fault.code, call, path, "injected fault");
}

Status check_alignment(const SimHandle& handle, uint64_t offset, const char* address,
                       std::size_t bytes) {
  if (!handle.options.direct) return {};
  if ((offset | reinterpret_cast<uintptr_t>(address) | bytes) % kPageBytes == 0) return {};
  return Status::invalid_argument(*handle.path + ": direct transfer of " + std::to_string(bytes) +
                                  " bytes at " + std::to_string(offset) + " is not aligned");
}

Status check_writable(SimCall call, const SimHandle& handle) {
  if (handle.options.mode != OpenMode::kRead) return {};
  return failure(StatusCode::kIoError, call, *handle.path, "Bad file descriptor");
}

}  // namespace

SimVolume::SimVolume(SimDisk disk)
    : disk_(std::move(disk)), next_id_(disk_.unused_id()), base_(disk_.clone(), {}) {}

Status SimVolume::begin(SimCall call, const std::string& path) {
  const auto fault = faults_.meet(call, path);
  return fault ? injected(call, path, *fault) : Status();
}

void SimVolume::record(SimOperation operation) {
  if (!recording_) return;
  history_.push_back(std::make_shared<const SimOperation>(std::move(operation)));
}

uint64_t SimVolume::room() const {
  if (capacity_ == UINT64_MAX) return UINT64_MAX;
  const uint64_t used = disk_.used_bytes();
  return used >= capacity_ ? 0 : capacity_ - used;
}

// --- Open files
// ------------------------------------------------------------------------------------

Result<SimHandle> SimVolume::open(const std::string& path, const FileOptions& options) {
  const std::lock_guard lock(mutex_);
  ASHLAR_TRY(begin(SimCall::kOpen, path));
  return options.mode == OpenMode::kCreate ? create(path, options) : open_existing(path, options);
}

Result<SimHandle> SimVolume::open_existing(const std::string& path, const FileOptions& options) {
  const SimFileId file = disk_.find(path);
  if (file == kNoSimFile) return missing(SimCall::kOpen, path);
  if (disk_.is_folder(file)) {
    return failure(StatusCode::kIoError, SimCall::kOpen, path, "Is a directory");
  }
  ++users_[file];
  return SimHandle{file, std::make_shared<const std::string>(path), options};
}

Result<SimName> SimVolume::name_to_create(SimCall call, const std::string& path) const {
  SimName name = disk_.locate(path);
  if (name.folder == kNoSimFile) return missing(call, path);
  if (name.name.empty() || disk_.lookup(name) != kNoSimFile) {
    return failure(StatusCode::kInvalidArgument, call, path, "File exists");
  }
  if (room() == 0) return full(call, path);
  return name;
}

Result<SimHandle> SimVolume::create(const std::string& path, const FileOptions& options) {
  ASHLAR_TRY_ASSIGN(SimName name, name_to_create(SimCall::kOpen, path));
  const SimHandle handle{next_id_++, std::make_shared<const std::string>(path), options};
  disk_.add(handle.file, /*is_folder=*/false);
  disk_.assign(name, handle.file);
  record({.kind = Kind::kCreate, .file = handle.file, .to = std::move(name), .path = handle.path});
  ++users_[handle.file];
  return handle;
}

void SimVolume::close(const SimHandle& handle) {
  const std::lock_guard lock(mutex_);
  if (--users_[handle.file] == 0) users_.erase(handle.file);
  release_if_unused(handle.file);
}

void SimVolume::release_if_unused(SimFileId file) {
  if (!users_.contains(file) && disk_.has(file) && !disk_.has_name(file)) disk_.erase(file);
}

Status SimVolume::read(const SimHandle& handle, uint64_t offset, char* to, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  ASHLAR_TRY(begin(SimCall::kRead, *handle.path));
  ASHLAR_TRY(check_alignment(handle, offset, to, bytes));
  const uint64_t size = disk_.size(handle.file);
  if (offset > size || bytes > size - offset) {
    return Status::corruption(*handle.path + ": ends at " + std::to_string(size) + ", before " +
                              std::to_string(offset + bytes));
  }
  disk_.read(handle.file, offset, to, bytes);
  return {};
}

Status SimVolume::write(const SimHandle& handle, uint64_t offset, std::string_view bytes,
                        bool synced) {
  const std::lock_guard lock(mutex_);
  const auto fault = faults_.meet(SimCall::kWrite, *handle.path);
  ASHLAR_TRY(check_writable(SimCall::kWrite, handle));
  ASHLAR_TRY(check_alignment(handle, offset, bytes.data(), bytes.size()));
  const Stored stored = synced ? Stored::kDurable : Stored::kPending;
  if (fault) return write_met_fault(handle, offset, bytes, *fault, stored);
  const std::string_view fits = that_fits(handle, offset, bytes);
  const bool failed = fits.size() < bytes.size();
  store(handle, offset, fits, failed ? Stored::kFailed : stored);
  return failed ? full(SimCall::kWrite, *handle.path) : Status();
}

Status SimVolume::write_met_fault(const SimHandle& handle, uint64_t offset, std::string_view bytes,
                                  const SimFault& fault, Stored stored) {
  switch (fault.effect) {
    case SimFault::Effect::kError:
      store(handle, offset, bytes.substr(0, fault.bytes), Stored::kFailed);
      return injected(SimCall::kWrite, *handle.path, fault);
    case SimFault::Effect::kLost:
      break;
    case SimFault::Effect::kMisdirected:
      store(handle, offset + fault.bytes, bytes, stored);
      break;
  }
  // The length is the file system's knowledge, which the lost bytes never reached.
  const uint64_t end = offset + bytes.size();
  if (disk_.size(handle.file) < end) {
    disk_.truncate(handle.file, end);
    record({.kind = Kind::kTruncate, .file = handle.file, .offset = end, .path = handle.path});
  }
  return {};
}

std::string_view SimVolume::that_fits(const SimHandle& handle, uint64_t offset,
                                      std::string_view bytes) const {
  const uint64_t left = room();
  while (!bytes.empty() && disk_.growth_of_write(handle.file, offset, bytes.size()) > left) {
    const uint64_t last_page = (offset + bytes.size() - 1) / kSimPageBytes * kSimPageBytes;
    bytes = bytes.substr(0, last_page > offset ? last_page - offset : 0);
  }
  return bytes;
}

void SimVolume::store(const SimHandle& handle, uint64_t offset, std::string_view bytes,
                      Stored stored) {
  if (bytes.empty()) return;
  disk_.write(handle.file, offset, bytes);
  for (const auto& [data, mapping] : mappings_) {
    if (mapping.file != handle.file || offset >= mapping.size) continue;
    std::memcpy(data + offset, bytes.data(),
                std::min<uint64_t>(bytes.size(), mapping.size - offset));
  }
  record({.kind = Kind::kWrite,
          .failed = stored == Stored::kFailed,
          .durable = stored == Stored::kDurable,
          .file = handle.file,
          .offset = offset,
          .bytes = std::string(bytes),
          .path = handle.path});
}

Status SimVolume::sync(const SimHandle& handle) {
  const std::lock_guard lock(mutex_);
  Status status = begin(SimCall::kSync, *handle.path);
  record({.kind = Kind::kSync, .failed = !status.ok(), .file = handle.file, .path = handle.path});
  return status;
}

Status SimVolume::allocate(const SimHandle& handle, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  ASHLAR_TRY(begin(SimCall::kAllocate, *handle.path));
  ASHLAR_TRY(check_writable(SimCall::kAllocate, handle));
  if (disk_.growth_of_allocate(handle.file, bytes) > room()) {
    return full(SimCall::kAllocate, *handle.path);
  }
  disk_.allocate(handle.file, bytes);
  record({.kind = Kind::kAllocate, .file = handle.file, .offset = bytes, .path = handle.path});
  return {};
}

Status SimVolume::truncate(const SimHandle& handle, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  ASHLAR_TRY(begin(SimCall::kTruncate, *handle.path));
  ASHLAR_TRY(check_writable(SimCall::kTruncate, handle));
  disk_.truncate(handle.file, bytes);
  refresh_mappings(handle.file);
  record({.kind = Kind::kTruncate, .file = handle.file, .offset = bytes, .path = handle.path});
  return {};
}

Result<uint64_t> SimVolume::size(const SimHandle& handle) {
  const std::lock_guard lock(mutex_);
  ASHLAR_TRY(begin(SimCall::kSize, *handle.path));
  return disk_.size(handle.file);
}

// --- Mappings
// --------------------------------------------------------------------------------------

Result<SimHandle> SimVolume::map(const std::string& path, std::size_t bytes, char** data) {
  const std::lock_guard lock(mutex_);
  ASHLAR_TRY(begin(SimCall::kMap, path));
  if (bytes == 0) return failure(StatusCode::kInvalidArgument, SimCall::kMap, path, "no bytes");
  ASHLAR_TRY_ASSIGN(SimHandle handle, open_existing(path, {.mode = OpenMode::kReadWrite}));
  const uint64_t size = disk_.size(handle.file);
  if (size < bytes) {
    --users_[handle.file];
    return Status::corruption(path + ": ends at " + std::to_string(size) + ", before " +
                              std::to_string(bytes));
  }
  // On a page's border like a real mapping, so that direct writes can come from it.
  const std::size_t pages = (bytes + kPageBytes - 1) / kPageBytes;
  *data = static_cast<char*>(std::aligned_alloc(kPageBytes, pages * kPageBytes));
  ASHLAR_CHECK(*data != nullptr);
  disk_.read_into_zeros(handle.file, 0, *data, bytes);
  mappings_[*data] = {handle.file, bytes};
  return handle;
}

void SimVolume::unmap(const SimHandle& handle, char* data) {
  {
    const std::lock_guard lock(mutex_);
    mappings_.erase(data);
  }
  std::free(data);
  close(handle);
}

void SimVolume::write_mapped(const SimHandle& handle, char* data, std::size_t offset,
                             std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  const std::size_t size = mappings_.at(data).size;
  ASHLAR_CHECK(offset <= size && bytes.size() <= size - offset);
  // Beyond the file's end the real world would end the process.
  ASHLAR_CHECK(offset + bytes.size() <= disk_.size(handle.file));
  if (bytes.empty()) return;
  disk_.write(handle.file, offset, bytes);
  for (const auto& [other, mapping] : mappings_) {
    if (mapping.file != handle.file || offset >= mapping.size) continue;
    std::memcpy(other + offset, bytes.data(),
                std::min<std::size_t>(bytes.size(), mapping.size - offset));
  }
  record({.kind = Kind::kMappedWrite,
          .file = handle.file,
          .offset = offset,
          .bytes = std::string(bytes),
          .path = handle.path});
}

void SimVolume::refresh_mappings(SimFileId file) {
  for (const auto& [data, mapping] : mappings_) {
    if (mapping.file != file || !disk_.has(file)) continue;
    const std::size_t bytes = std::min<uint64_t>(mapping.size, disk_.size(file));
    disk_.read(file, 0, data, bytes);
    std::memset(data + bytes, 0, mapping.size - bytes);
  }
}

// --- Names
// -----------------------------------------------------------------------------------------

Result<bool> SimVolume::exists(const std::string& path) {
  const std::lock_guard lock(mutex_);
  ASHLAR_TRY(begin(SimCall::kExists, path));
  return disk_.find(path) != kNoSimFile;
}

Result<std::vector<DirectoryEntry>> SimVolume::list(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  ASHLAR_TRY(begin(SimCall::kList, folder));
  const SimFileId id = disk_.find(folder);
  if (id == kNoSimFile) return missing(SimCall::kList, folder);
  if (!disk_.is_folder(id)) {
    return failure(StatusCode::kIoError, SimCall::kList, folder, "Not a directory");
  }
  std::vector<DirectoryEntry> entries;
  for (const auto& [name, file] : disk_.entries(id)) {
    entries.push_back({name, disk_.is_folder(file)});
  }
  return entries;
}

Status SimVolume::create_folder(const std::string& path) {
  const std::lock_guard lock(mutex_);
  ASHLAR_TRY(begin(SimCall::kCreateFolder, path));
  const SimFileId existing = disk_.find(path);
  if (existing != kNoSimFile && disk_.is_folder(existing)) return {};
  ASHLAR_TRY_ASSIGN(SimName name, name_to_create(SimCall::kCreateFolder, path));
  const SimFileId id = next_id_++;
  disk_.add(id, /*is_folder=*/true);
  disk_.assign(name, id);
  record({.kind = Kind::kCreateFolder,
          .file = id,
          .to = std::move(name),
          .path = std::make_shared<const std::string>(path)});
  return {};
}

Status SimVolume::remove_folder(const std::string& path) {
  const std::lock_guard lock(mutex_);
  ASHLAR_TRY(begin(SimCall::kRemoveFolder, path));
  const SimFileId id = disk_.find(path);
  if (id == kNoSimFile) return missing(SimCall::kRemoveFolder, path);
  if (!disk_.is_folder(id)) {
    return failure(StatusCode::kIoError, SimCall::kRemoveFolder, path, "Not a directory");
  }
  if (id == kSimRoot || !disk_.entries(id).empty()) {
    return failure(StatusCode::kInvalidArgument, SimCall::kRemoveFolder, path,
                   "Directory not empty");
  }
  SimName name = disk_.locate(path);
  disk_.assign(name, kNoSimFile);
  disk_.erase(id);
  record({.kind = Kind::kRemoveFolder,
          .file = id,
          .from = std::move(name),
          .path = std::make_shared<const std::string>(path)});
  return {};
}

// Files replace files, and folders empty folders.
Status SimVolume::check_replaceable(SimFileId file, SimFileId replaced,
                                    const std::string& from) const {
  if (disk_.is_folder(file) != disk_.is_folder(replaced) || replaced == kSimRoot) {
    return failure(StatusCode::kIoError, SimCall::kRename, from,
                   disk_.is_folder(file) ? "Not a directory" : "Is a directory");
  }
  if (disk_.is_folder(replaced) && !disk_.entries(replaced).empty()) {
    return failure(StatusCode::kInvalidArgument, SimCall::kRename, from, "Directory not empty");
  }
  return {};
}

Status SimVolume::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  ASHLAR_TRY(begin(SimCall::kRename, from));
  const SimFileId file = disk_.find(from);
  SimName target = disk_.locate(to);
  if (file <= kSimRoot || target.folder == kNoSimFile) return missing(SimCall::kRename, from);
  const SimFileId replaced = target.name.empty() ? kSimRoot : disk_.lookup(target);
  if (replaced == file) return {};
  if (replaced != kNoSimFile) ASHLAR_TRY(check_replaceable(file, replaced, from));
  SimName source = disk_.locate(from);
  disk_.assign(source, kNoSimFile);
  disk_.assign(target, file);
  if (replaced != kNoSimFile) release_if_unused(replaced);
  record({.kind = Kind::kRename,
          .file = file,
          .from = std::move(source),
          .to = std::move(target),
          .path = std::make_shared<const std::string>(from)});
  return {};
}

Status SimVolume::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  ASHLAR_TRY(begin(SimCall::kRemove, path));
  const SimFileId file = disk_.find(path);
  if (file == kNoSimFile) return missing(SimCall::kRemove, path);
  if (disk_.is_folder(file)) {
    return failure(StatusCode::kIoError, SimCall::kRemove, path, "Is a directory");
  }
  SimName name = disk_.locate(path);
  disk_.assign(name, kNoSimFile);
  release_if_unused(file);
  record({.kind = Kind::kRemove,
          .file = file,
          .from = std::move(name),
          .path = std::make_shared<const std::string>(path)});
  return {};
}

Status SimVolume::link(const std::string& existing, const std::string& created) {
  const std::lock_guard lock(mutex_);
  ASHLAR_TRY(begin(SimCall::kLink, existing));
  const SimFileId file = disk_.find(existing);
  if (file == kNoSimFile) return missing(SimCall::kLink, existing);
  ASHLAR_TRY_ASSIGN(SimName name, name_to_create(SimCall::kLink, created));
  if (disk_.is_folder(file)) {
    return failure(StatusCode::kIoError, SimCall::kLink, existing, "Operation not permitted");
  }
  disk_.assign(name, file);
  record({.kind = Kind::kLink,
          .file = file,
          .to = std::move(name),
          .path = std::make_shared<const std::string>(existing)});
  return {};
}

Status SimVolume::sync_folder(const std::string& path) {
  const std::lock_guard lock(mutex_);
  Status status = begin(SimCall::kSyncFolder, path);
  const SimFileId id = disk_.find(path);
  if (id == kNoSimFile) return missing(SimCall::kSyncFolder, path);
  if (!disk_.is_folder(id)) {
    return failure(StatusCode::kIoError, SimCall::kSyncFolder, path, "Not a directory");
  }
  record({.kind = Kind::kSyncFolder,
          .failed = !status.ok(),
          .file = id,
          .path = std::make_shared<const std::string>(path)});
  return status;
}

Result<SimHandle> SimVolume::lock(const std::string& path) {
  const std::lock_guard lock(mutex_);
  ASHLAR_TRY(begin(SimCall::kLock, path));
  const FileOptions options{.mode = OpenMode::kReadWrite};
  const bool is_new = disk_.find(path) == kNoSimFile;
  ASHLAR_TRY_ASSIGN(SimHandle handle,
                    is_new ? create(path, options) : open_existing(path, options));
  if (!locked_.insert(handle.file).second) {
    --users_[handle.file];
    return Status::busy(path + ": locked by process " +
                        std::string(kProcessId.substr(0, kProcessId.size() - 1)));
  }
  store(handle, 0, kProcessId, Stored::kPending);
  return handle;
}

void SimVolume::unlock(const SimHandle& handle) {
  {
    const std::lock_guard lock(mutex_);
    locked_.erase(handle.file);
  }
  close(handle);
}

// --- History, faults and damage
// --------------------------------------------------------------------

std::size_t SimVolume::operation_count() {
  const std::lock_guard lock(mutex_);
  return history_.size();
}

SimCrash SimVolume::crash_points() {
  const std::lock_guard lock(mutex_);
  ASHLAR_CHECK(recording_);
  SimCrash crash = base_.clone();
  crash.rebase(history_);
  return crash;
}

void SimVolume::forget_history() {
  const std::lock_guard lock(mutex_);
  ASHLAR_CHECK(recording_);
  base_.rebase(std::move(history_));
  base_.advance_to(base_.operation_count());
  base_.rebase({});
  history_.clear();
}

void SimVolume::record_history(bool record) {
  const std::lock_guard lock(mutex_);
  if (record != recording_) restart_history();
  recording_ = record;
}

void SimVolume::restart_history() {
  history_.clear();
  base_ = SimCrash(disk_.clone(), {});
}

SimDisk SimVolume::live_disk() {
  const std::lock_guard lock(mutex_);
  SimDisk disk = disk_.clone();
  disk.drop_unreachable();
  return disk;
}

void SimVolume::inject(SimFault fault) {
  const std::lock_guard lock(mutex_);
  faults_.add(std::move(fault));
}

void SimVolume::clear_faults() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
}

uint64_t SimVolume::calls(SimCall call) {
  const std::lock_guard lock(mutex_);
  return faults_.calls(call);
}

void SimVolume::set_capacity(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  capacity_ = bytes;
}

uint64_t SimVolume::capacity() {
  const std::lock_guard lock(mutex_);
  return capacity_;
}

uint64_t SimVolume::used_bytes() {
  const std::lock_guard lock(mutex_);
  return disk_.used_bytes();
}

Status SimVolume::damage(const std::string& path,
                         const std::function<Status(SimDisk*, SimFileId)>& change) {
  const std::lock_guard lock(mutex_);
  const SimFileId file = disk_.find(path);
  if (file == kNoSimFile) return Status::not_found(path + ": No such file or directory");
  ASHLAR_TRY(change(&disk_, file));
  release_if_unused(file);
  refresh_mappings(file);
  next_id_ = std::max(next_id_, disk_.unused_id());
  if (recording_) restart_history();
  return {};
}

}  // namespace ashlar
