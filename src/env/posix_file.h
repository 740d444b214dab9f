// Files through file descriptors.
#pragma once

#include <memory>
#include <string>

#include "env/env.h"

namespace ashlar {

// Env::open_file() of the real world.
Result<std::unique_ptr<File>> open_posix_file(const std::string& path, const FileOptions& options);

}  // namespace ashlar
