// What goes wrong on a simulated disk, and when.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ashlar/status.h"

namespace ashlar {

enum class SimCall : unsigned char {
  kOpen,
  kRead,
  kWrite,  // not those through a mapping, which can't fail
  kSync,
  kAllocate,
  kTruncate,
  kSize,
  kMap,
  kExists,
  kList,
  kCreateFolder,
  kRemoveFolder,
  kRename,
  kRemove,
  kLink,
  kSyncFolder,
  kLock,
  kCount,
};

std::string_view to_string(SimCall call);

// One failure to come.
struct SimFault {
  enum class Effect : unsigned char {
    kError,        // the call returns `code`
    kLost,         // a write reports success and stores nothing
    kMisdirected,  // a write reports success and stores its bytes `bytes` further on
  };
  SimCall call = SimCall::kWrite;
  uint64_t skip = 0;     // calls from now on that still go well
  bool lasting = false;  // all that follow fail too
  Effect effect = Effect::kError;
  StatusCode code = StatusCode::kIoError;
  uint64_t bytes = 0;       // kError on a write: so many bytes are written all the same
  std::string path_part{};  // counts and fails only calls whose path contains this
};

// Counts calls and picks the fault for each.
//
// Threads: one at a time.
class SimFaults {
 public:
  void add(SimFault fault) { faults_.push_back(std::move(fault)); }
  void clear() { faults_.clear(); }
  // Calls of a kind so far.
  uint64_t calls(SimCall call) const { return calls_[static_cast<std::size_t>(call)]; }

  // Counts a call; the fault that it meets, if any.
  std::optional<SimFault> meet(SimCall call, const std::string& path);

 private:
  std::array<uint64_t, static_cast<std::size_t>(SimCall::kCount)> calls_{};
  std::vector<SimFault> faults_;
};

}  // namespace ashlar
