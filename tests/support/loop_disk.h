// A real ext4 on a file of its own, whose power can be cut.
#pragma once

#include <cstdint>
#include <string>

#include "support/temporary_folder.h"

namespace ashlar {

// Mounted in a mount namespace that only this process and its children see, so that nothing is
// left of it however they end.
//
// Threads: one, but for cut_power().
class LoopDisk {
 public:
  // Makes and mounts an ext4 of `bytes`, if nothing is lacking; see mounted().
  explicit LoopDisk(uint64_t bytes);
  ~LoopDisk();
  LoopDisk(const LoopDisk&) = delete;
  LoopDisk& operator=(const LoopDisk&) = delete;

  // What this machine has to have and has not, "" if it has all: root's rights and a loop device.
  const std::string& lacking() const { return lacking_; }
  // Whether folder() is on a file system of its own.
  bool mounted() const;
  // The root of the file system.
  std::string folder() const { return place_ / "mounted"; }

  // From now on nothing reaches the disk, not even what the file system's journal holds in memory
  // (EXT4_IOC_SHUTDOWN without a flush); every later call on its files fails. Only if mounted(): the
  // machine's own file system must not be met.
  void cut_power() const;
  // Mounts again, as after a restart: what memory held is gone. No file may be open.
  void restart();

 private:
  void mount();
  void unmount();

  TemporaryFolder place_;
  const std::string lacking_;
};

}  // namespace ashlar
