// The one door to the world: files, folders, time, randomness and threads.
//
// Two implementations: the real one (posix_env.h), and a simulated disk that records every
// operation, fails on demand and shows what a power cut may leave behind (sim_env.h). The engine
// uses nothing else, so that whatever it does in production is what is simulated.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ashlar/result.h"

namespace ashlar {

// An open file.
//
// Errors:  kIoError with operation, path and the system's reason; kNoSpace for ENOSPC and EDQUOT;
//          kBusy for EMFILE and ENFILE. Short and interrupted transfers are continued inside.
// Threads: any number may read and write disjoint parts at once.
class File {
 public:
  virtual ~File() = default;  // closes; an error of closing is lost, so sync() what matters

  // Reads exactly `bytes` at `offset`. kCorruption if the file ends earlier: whoever asks knows how
  // long it has to be. On a file opened `direct`, offset, address and length are multiples of 4096.
  virtual Status read(uint64_t offset, char* to, std::size_t bytes) const = 0;
  // Writes all of `bytes` at `offset`, growing the file if need be; the same alignment if direct.
  virtual Status write(uint64_t offset, std::string_view bytes) = 0;
  // The same, and returns only when these bytes, and what it takes to find them, are on stable
  // storage (RWF_DSYNC): for direct writes into space that was written before, one write that
  // passes by the drive's cache, where the drive can.
  virtual Status write_synced(uint64_t offset, std::string_view bytes) = 0;
  // Begins to write what write() would write; it may go on while the caller does other things.
  // `bytes` must stay as they are until end_write(), which comes before anything else is asked of
  // the file. Needs memory or a thread at times, and does without where it gets none.
  virtual void begin_write(uint64_t offset, std::string_view bytes) {
    begun_ = write(offset, bytes);
  }
  // Waits for what was begun; as write(). Ok if nothing was.
  virtual Status end_write() { return std::exchange(begun_, Status()); }
  // Returns when everything written so far, and the file's length, is on stable storage
  // (fdatasync). After an error nothing about the writes since the last success is known, and no
  // later success says anything about them.
  virtual Status sync() = 0;
  // Sets aside disk space for the first `bytes` and makes the file at least that long; what was not
  // written reads as zeros. kNoSpace before anything is lost.
  virtual Status allocate(uint64_t bytes) = 0;
  virtual Status truncate(uint64_t bytes) = 0;
  virtual Result<uint64_t> size() const = 0;
  // Tells that a part will be read in order, or won't be read again; advice only.
  enum class Advice : unsigned char { kSequential, kRandom, kNotNeeded };
  virtual void advise(uint64_t offset, uint64_t bytes, Advice advice) const = 0;
  virtual const std::string& path() const = 0;

 private:
  Status begun_;  // how the write ended that begin_write() made at once
};

// A file mapped into memory, shared with the kernel: what write() stored survives the end of the
// process, at the cost of a copy and no system call. It reaches the disk when the kernel likes.
class MappedFile {
 public:
  virtual ~MappedFile() = default;
  virtual const char* data() const = 0;
  virtual std::size_t size() const = 0;
  // Copies `bytes` to `offset`. Threads: one writer for a part at a time.
  virtual void write(std::size_t offset, std::string_view bytes) = 0;
};

// A held lock; ends with the object, and with the process.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class OpenMode : unsigned char {
  kRead,       // must exist
  kReadWrite,  // must exist
  kCreate,     // must not exist
};

struct FileOptions {
  OpenMode mode = OpenMode::kRead;
  // Past the page cache (O_DIRECT) where the file system can; otherwise as if not asked for, and
  // is `direct` gives no error.
  bool direct = false;
};

// A kind of background work; each lane does one task at a time, in the order submitted.
enum class Lane : unsigned char { kLog, kFlush, kCompaction, kMaintenance, kMemory };
inline constexpr int kLaneCount = 5;

// Runs background tasks and lets the foreground wait for them. The simulator has one that runs
// tasks inside wait() and when it is told to, in an order drawn from its seed.
class Executor {
 public:
  virtual ~Executor() = default;  // runs no new task, waits for the running ones
  virtual void submit(Lane lane, std::function<void()> task) = 0;
  // Submits not before `delay` has passed.
  virtual void submit_after(Lane lane, std::chrono::milliseconds delay,
                            std::function<void()> task) = 0;
  // Waits on `condition` with `lock` held until `ready()`; other threads notify it.
  virtual void wait(std::unique_lock<std::mutex>& lock, std::condition_variable& condition,
                    const std::function<bool()>& ready) = 0;
  // Drops every task that has not begun, and waits for those that have. Tasks that are submitted
  // afterwards are dropped too.
  virtual void stop() = 0;
};

struct DirectoryEntry {
  std::string name;
  bool is_directory = false;
};

// Threads: any. Errors as for File, besides those named.
class Env {
 public:
  virtual ~Env() = default;

  // kNotFound if it must exist and does not; kInvalidArgument if it must not and does.
  virtual Result<std::unique_ptr<File>> open_file(const std::string& path,
                                                  const FileOptions& options) = 0;
  // Maps the first `bytes` of an existing file that is at least that long; kCorruption if shorter.
  virtual Result<std::unique_ptr<MappedFile>> map_file(const std::string& path,
                                                       std::size_t bytes) = 0;
  virtual Result<bool> exists(const std::string& path) = 0;
  // Names without "." and "..", in no particular order.
  virtual Result<std::vector<DirectoryEntry>> list(const std::string& folder) = 0;
  // Succeeds if the folder is there already; its parent must be.
  virtual Status create_folder(const std::string& path) = 0;
  virtual Status remove_folder(const std::string& path) = 0;                  // must be empty
  virtual Status rename(const std::string& from, const std::string& to) = 0;  // replaces `to`
  virtual Status remove(const std::string& path) = 0;  // kNotFound if it is not there
  virtual Status link(const std::string& existing, const std::string& created) = 0;
  // Makes creations, renames and removals of entries of the folder durable.
  virtual Status sync_folder(const std::string& path) = 0;
  // Locks the file, creating it, against every other holder, in this process or another, and writes
  // this process's id into it. kBusy names the holder's id.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;

  // The size in bytes, whatever is free of it, of the file system that `folder` lies on or, if it is
  // not there yet, its parent; UINT64_MAX if that can't be known.
  virtual uint64_t volume_bytes(const std::string& folder) = 0;

  virtual uint64_t wall_clock_us() = 0;  // since the epoch; may jump
  // The same as of the system's last tick, some milliseconds ago; costs a quarter.
  virtual uint64_t last_tick_us() { return wall_clock_us(); }
  virtual uint64_t monotonic_ns() = 0;
  // As last_tick_us().
  virtual uint64_t last_monotonic_tick_ns() { return monotonic_ns(); }
  virtual void sleep(std::chrono::microseconds duration) = 0;
  virtual uint64_t random() = 0;  // 64 bits, not predictable in the real world

  // A set of lanes of its own for each database.
  virtual std::unique_ptr<Executor> new_executor() = 0;
};

// Writes `bytes` as the whole of `path` so that after a crash it holds either what it held or all
// of `bytes`: a temporary file beside it, sync, rename, folder sync.
Status replace_file(Env& env, const std::string& path, std::string_view bytes);

// All of a small file.
Result<std::string> read_file(Env& env, const std::string& path);

// "folder/name".
std::string join_path(std::string_view folder, std::string_view name);
std::string_view parent_folder(std::string_view path);

}  // namespace ashlar
