// A world in memory for tests: a disk that records, fails and crashes, a clock and background work
// that move only when they are told to. Everything follows from a seed.
//
//   SimEnv sim(seed);
//   ... run a workload on &sim, noting operation_count() at every acknowledgement ...
//   SimCrash crash = sim.crash_points();
//   while (true) {
//     auto after = sim.restart(crash.image(crash.random_fates(&random)), seed);
//     ... open the database on after.get(), compare with what was acknowledged ...
//     if (crash.position() == crash.operation_count()) break;
//     crash.advance_to(crash.position() + 1);
//   }
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "env/env.h"
#include "env/sim_clock.h"
#include "env/sim_crash.h"
#include "env/sim_faults.h"
#include "env/sim_random.h"
#include "env/sim_scheduler.h"
#include "env/sim_volume.h"

namespace ashlar {

// Paths are split at '/'; whether one begins with it makes no difference. The current folder is
// the root, and ".." is not known.
//
// Ownership: outlives all files, mappings, locks and executors that it gave out.
// Threads:   any; repeatable only if one thread uses it.
class SimEnv final : public Env {
 public:
  explicit SimEnv(uint64_t seed) : SimEnv(seed, SimDisk()) {}
  // Begins with what is on `disk`, all of it durable.
  SimEnv(uint64_t seed, SimDisk disk);

  Result<std::unique_ptr<File>> open_file(const std::string& path,
                                          const FileOptions& options) override;
  Result<std::unique_ptr<MappedFile>> map_file(const std::string& path, std::size_t bytes) override;
  Result<bool> exists(const std::string& path) override { return volume_.exists(path); }
  Result<std::vector<DirectoryEntry>> list(const std::string& folder) override {
    return volume_.list(folder);
  }
  Status create_folder(const std::string& path) override { return volume_.create_folder(path); }
  Status remove_folder(const std::string& path) override { return volume_.remove_folder(path); }
  Status rename(const std::string& from, const std::string& to) override {
    return volume_.rename(from, to);
  }
  Status remove(const std::string& path) override { return volume_.remove(path); }
  Status link(const std::string& existing, const std::string& created) override {
    return volume_.link(existing, created);
  }
  Status sync_folder(const std::string& path) override { return volume_.sync_folder(path); }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;

  uint64_t wall_clock_us() override { return clock_.wall_us(); }
  uint64_t volume_bytes(const std::string&) override { return volume_.capacity(); }
  uint64_t monotonic_ns() override { return clock_.monotonic_ns(); }
  void sleep(std::chrono::microseconds duration) override { advance(duration); }
  uint64_t random() override;
  // Tasks run inside wait(), which also lets time pass when only delayed ones are left, and when
  // run_background() is called. A wait that nothing can end aborts the process after five seconds.
  std::unique_ptr<Executor> new_executor() override { return scheduler_.new_executor(); }

  // --- Time and background work
  // -------------------------------------------------------------------
  void advance(std::chrono::nanoseconds duration) {
    clock_.advance_ns(static_cast<uint64_t>(duration.count()));
  }
  void set_wall_clock_us(uint64_t us) { clock_.set_wall_us(us); }
  // Runs due tasks, at most `count`; returns how many there were.
  std::size_t run_background(std::size_t count = SIZE_MAX) { return scheduler_.run(count); }
  // When the next delayed task is due, in monotonic_ns(); UINT64_MAX if there is none.
  uint64_t next_due_ns() { return scheduler_.next_due_ns(); }

  // --- Crashes
  // ------------------------------------------------------------------------------------ Operations
  // recorded since the history began.
  std::size_t operation_count() { return volume_.operation_count(); }
  // The history, at its beginning.
  SimCrash crash_points() { return volume_.crash_points(); }
  // Begins a new history here; what is pending stays so.
  void forget_history() { volume_.forget_history(); }
  // Without a history operations are faster, and there are no crash points. Turned on again,
  // everything up to then counts as durable. On at first.
  void record_history(bool record) { volume_.record_history(record); }
  // A new world with that disk, where no less time has passed.
  std::unique_ptr<SimEnv> restart(SimDisk disk, uint64_t seed);
  // The world after the end of the process, now: everything written is there.
  std::unique_ptr<SimEnv> after_kill(uint64_t seed) { return restart(volume_.live_disk(), seed); }
  // The world after a power cut, now; the seed also decides what is left.
  std::unique_ptr<SimEnv> after_power_cut(uint64_t seed);

  // --- Faults
  // -------------------------------------------------------------------------------------
  void inject(SimFault fault) { volume_.inject(std::move(fault)); }
  void clear_faults() { volume_.clear_faults(); }
  // Calls of a kind so far, for faults to be aimed.
  uint64_t calls(SimCall call) { return volume_.calls(call); }
  // Beyond it, what takes space meets kNoSpace. UINT64_MAX, as at first: no limit.
  void set_capacity(uint64_t bytes) { volume_.set_capacity(bytes); }
  // In whole pages; what allocate() set aside counts.
  uint64_t used_bytes() { return volume_.used_bytes(); }

  // --- Damage: past faults and capacity. It and all before it become durable, and a new history
  // begins. kNotFound if there is no such file. ---------------------------------------------------
  // Paths of all files, not folders, below a folder.
  std::vector<std::string> files_below(const std::string& folder);
  Result<std::string> contents(const std::string& path);
  Status overwrite(const std::string& path, uint64_t offset, std::string_view bytes);
  // `bit` counts from the file's first, the lowest of its byte.
  Status flip_bit(const std::string& path, uint64_t bit);
  Status set_length(const std::string& path, uint64_t bytes);
  Status erase(const std::string& path);
  // `to` is created or replaced; its folder must exist.
  Status copy(const std::string& from, const std::string& to);
  Status swap(const std::string& a, const std::string& b);

 private:
  SimClock clock_;
  SimVolume volume_;
  SimScheduler scheduler_;
  std::mutex random_mutex_;
  SimRandom random_;  // guarded by random_mutex_
};

}  // namespace ashlar
