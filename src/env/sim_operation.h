// One thing that a program did to a simulated disk.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "env/sim_disk.h"

namespace ashlar {

enum class SimOperationKind : unsigned char {
  kCreate,        // `file` under `to`
  kCreateFolder,  // `file` under `to`
  kLink,          // `file` under `to` as well
  kRename,        // `file` from `from` to `to`
  kRemove,        // `from`, a file's name
  kRemoveFolder,  // `from`, a folder's name
  kWrite,         // `bytes` at `offset`
  kMappedWrite,   // the same through a mapping
  kAllocate,      // `offset`: bytes
  kTruncate,      // `offset`: bytes
  kSync,
  kSyncFolder,
};

// Changes neither once recorded, nor does what it points to.
struct SimOperation {
  SimOperationKind kind = SimOperationKind::kWrite;
  // The error that the call met. A sync that failed leaves what it should have made durable to
  // chance for ever, and a write that failed counts like that, too.
  bool failed = false;
  bool durable = false;  // a write that returned when its bytes were on stable storage
  SimFileId file = kNoSimFile;
  SimName from{};
  SimName to{};
  uint64_t offset = 0;
  std::string bytes{};
  std::shared_ptr<const std::string> path{};  // as the program named it, for messages
};

// "write /db/000012.log [4096, 8192) durable", for messages.
std::string to_string(const SimOperation& operation);

// In the order done. Shared, because histories are copied.
using SimHistory = std::vector<std::shared_ptr<const SimOperation>>;

}  // namespace ashlar
