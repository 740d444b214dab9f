// A simulated disk in use: what is open, mapped and locked, what has been done, what goes wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "env/env.h"
#include "env/sim_crash.h"
#include "env/sim_disk.h"
#include "env/sim_faults.h"
#include "env/sim_operation.h"

namespace ashlar {

// A file as one opener has it.
struct SimHandle {
  SimFileId file = kNoSimFile;
  std::shared_ptr<const std::string> path;
  FileOptions options;
};

// Ownership: owned by a SimEnv, used by its files, mappings and locks, which it outlives.
// Threads:   any; one lock for everything.
// Invariant: [SIM-3] `disk_` is what `base_` becomes by `history_`, as long as history is recorded.
class SimVolume {
 public:
  explicit SimVolume(SimDisk disk);

  // --- As File, MappedFile, FileLock and Env have it
  // -----------------------------------------------
  Result<SimHandle> open(const std::string& path, const FileOptions& options);
  void close(const SimHandle& handle);
  Status read(const SimHandle& handle, uint64_t offset, char* to, std::size_t bytes);
  Status write(const SimHandle& handle, uint64_t offset, std::string_view bytes, bool synced);
  Status sync(const SimHandle& handle);
  Status allocate(const SimHandle& handle, uint64_t bytes);
  Status truncate(const SimHandle& handle, uint64_t bytes);
  Result<uint64_t> size(const SimHandle& handle);

  // Until unmap(), keeps the memory at `data` the same as the front of the file.
  Result<SimHandle> map(const std::string& path, std::size_t bytes, char** data);
  void unmap(const SimHandle& handle, char* data);
  void write_mapped(const SimHandle& handle, char* data, std::size_t offset,
                    std::string_view bytes);

  Result<bool> exists(const std::string& path);
  Result<std::vector<DirectoryEntry>> list(const std::string& folder);
  Status create_folder(const std::string& path);
  Status remove_folder(const std::string& path);
  Status rename(const std::string& from, const std::string& to);
  Status remove(const std::string& path);
  Status link(const std::string& existing, const std::string& created);
  Status sync_folder(const std::string& path);
  Result<SimHandle> lock(const std::string& path);
  void unlock(const SimHandle& handle);

  // --- History, faults and damage: see SimEnv
  // ------------------------------------------------------
  std::size_t operation_count();
  SimCrash crash_points();
  void forget_history();
  void record_history(bool record);
  SimDisk live_disk();
  void inject(SimFault fault);
  void clear_faults();
  uint64_t calls(SimCall call);
  void set_capacity(uint64_t bytes);
  uint64_t capacity();
  uint64_t used_bytes();
  // Changes the disk behind the program's back; it and everything before become durable.
  Status damage(const std::string& path, const std::function<Status(SimDisk*, SimFileId)>& change);

 private:
  struct Mapping {
    SimFileId file;
    std::size_t size;
  };

  // Counts the call; not ok if a fault makes it fail.
  Status begin(SimCall call, const std::string& path);
  void record(SimOperation operation);
  // What becomes of bytes that are in the file.
  enum class Stored : unsigned char { kPending, kDurable, kFailed };
  Status write_met_fault(const SimHandle& handle, uint64_t offset, std::string_view bytes,
                         const SimFault& fault, Stored stored);
  void store(const SimHandle& handle, uint64_t offset, std::string_view bytes, Stored stored);
  std::string_view that_fits(const SimHandle& handle, uint64_t offset,
                             std::string_view bytes) const;
  Result<SimHandle> open_existing(const std::string& path, const FileOptions& options);
  Result<SimHandle> create(const std::string& path, const FileOptions& options);
  Result<SimName> name_to_create(SimCall call, const std::string& path) const;
  Status check_replaceable(SimFileId file, SimFileId replaced, const std::string& from) const;
  void release_if_unused(SimFileId file);
  void refresh_mappings(SimFileId file);
  uint64_t room() const;
  void restart_history();

  std::mutex mutex_;  // guards everything below
  SimDisk disk_;
  SimFileId next_id_;
  SimCrash base_;
  SimHistory history_;
  bool recording_ = true;
  SimFaults faults_;
  uint64_t capacity_ = UINT64_MAX;
  std::map<SimFileId, int> users_;  // open files, mappings and locks
  std::set<SimFileId> locked_;
  std::map<char*, Mapping> mappings_;
};

}  // namespace ashlar
