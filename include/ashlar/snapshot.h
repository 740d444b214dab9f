// A moment of the database that can be read for as long as it is held.
#pragma once

#include <cstdint>
#include <memory>

namespace ashlar {

// Made by Database::snapshot(); ends with the object. While it lives, compaction keeps the versions
// that it can see, so a snapshot held for long costs disk space in proportion to what is
// overwritten. Must be gone before the database is closed.
//
// Threads: any number may read through one Snapshot.
class Snapshot {
 public:
  class Pin;  // the engine's registration; opaque

  Snapshot(uint64_t sequence, std::shared_ptr<Pin> pin);
  Snapshot(Snapshot&&) noexcept = default;
  Snapshot& operator=(Snapshot&&) noexcept = default;
  ~Snapshot();

  // The number of the last commit that this snapshot sees. Rises by one with each commit.
  uint64_t sequence() const { return sequence_; }

 private:
  uint64_t sequence_;
  std::shared_ptr<Pin> pin_;
};

}  // namespace ashlar
