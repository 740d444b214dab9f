// Files mapped with mmap(2).
#pragma once

#include <memory>
#include <string>

#include "env/env.h"

namespace ashlar {

// Env::map_file() of the real world.
Result<std::unique_ptr<MappedFile>> map_posix_file(const std::string& path, std::size_t bytes);

}  // namespace ashlar
