#include "env/sim_faults.h"

namespace ashlar {

std::string_view to_string(SimCall call) {
  static constexpr std::array<std::string_view, static_cast<std::size_t>(SimCall::kCount)> kNames{
      "open",   "read",   "write",  "sync",        "allocate",      "truncate",
      "size",   "map",    "exists", "list",        "create folder", "remove folder",
      "rename", "remove", "link",   "sync folder", "lock"};
  return kNames[static_cast<std::size_t>(call)];
}

std::optional<SimFault> SimFaults::meet(SimCall call, const std::string& path) {
  ++calls_[static_cast<std::size_t>(call)];
  std::optional<SimFault> met;
  for (std::size_t i = 0; i < faults_.size();) {
    SimFault& fault = faults_[i];
    const bool meant = fault.call == call && path.find(fault.path_part) != std::string::npos;
    if (meant && fault.skip > 0) {
      --fault.skip;
    } else if (meant && !met) {
      met = fault;
      if (!fault.lasting) {
        faults_.erase(faults_.begin() + static_cast<std::ptrdiff_t>(i));
        continue;
      }
    }
    ++i;
  }
  return met;
}

}  // namespace ashlar
