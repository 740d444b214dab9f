// A simulated disk with a few files, for targets that read files, and calls on it that fail.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "env/sim_env.h"

namespace ashlar {

inline std::unique_ptr<SimEnv> fuzz_disk() {
  auto env = std::make_unique<SimEnv>(1);
  env->record_history(false);
  ASHLAR_CHECK(env->create_folder("/db").ok());
  return env;
}

// Path and contents of each; all lie in the folder /db.
inline std::unique_ptr<SimEnv> fuzz_disk(
    const std::vector<std::pair<std::string, std::string_view>>& files) {
  std::unique_ptr<SimEnv> env = fuzz_disk();
  for (const auto& [path, bytes] : files) {
    auto file = env->open_file(path, {.mode = OpenMode::kCreate});
    ASHLAR_CHECK(file.ok() && (*file)->write(0, bytes).ok());
  }
  return env;
}

// What the last two bytes of an input say about a failing call: which kind of call, with which
// error, once or for ever, and how many calls of that kind go well before it.
inline SimFault fuzz_fault(std::string_view input) {
  constexpr unsigned kKinds = static_cast<unsigned>(SimCall::kCount);
  constexpr unsigned kMostSkipped = 16;
  const auto byte = [&](std::size_t from_end) -> unsigned {
    return input.size() < from_end ? 0 : static_cast<unsigned char>(input[input.size() - from_end]);
  };
  const unsigned what = byte(1);
  SimFault fault;
  fault.call = static_cast<SimCall>(what % kKinds);
  fault.code = what / kKinds % 2 == 0 ? StatusCode::kIoError : StatusCode::kNotFound;
  fault.lasting = what / kKinds / 2 % 2 != 0;
  fault.skip = byte(2) % kMostSkipped;
  return fault;
}

}  // namespace ashlar
