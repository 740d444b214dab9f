// Lock files through flock(2).
#pragma once

#include <memory>
#include <string>

#include "env/env.h"

namespace ashlar {

// Env::lock() of the real world. The lock belongs to an open file description, so a second one in
// the same process is refused too. A child process made by fork() does not share it: the lock ends
// with the process that took it, whatever its children do.
Result<std::unique_ptr<FileLock>> lock_posix_file(const std::string& path);

}  // namespace ashlar
