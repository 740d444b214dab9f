// A simulated disk with a few files, for targets that read files.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "env/sim_env.h"

namespace ashlar {

// Path and contents of each; all lie in the folder /db.
inline std::unique_ptr<SimEnv> fuzz_disk(
    const std::vector<std::pair<std::string, std::string_view>>& files) {
  auto env = std::make_unique<SimEnv>(1);
  env->record_history(false);
  ASHLAR_CHECK(env->create_folder("/db").ok());
  for (const auto& [path, bytes] : files) {
    auto file = env->open_file(path, {.mode = OpenMode::kCreate});
    ASHLAR_CHECK(file.ok() && (*file)->write(0, bytes).ok());
  }
  return env;
}

}  // namespace ashlar
