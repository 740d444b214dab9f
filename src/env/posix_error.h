// Errors of system calls as Status.
#pragma once

#include <string>
#include <string_view>

#include "ashlar/status.h"

namespace ashlar {

// "write /data/000012.log: No space left on device". By `error`, an errno:
//   kNotFound         ENOENT
//   kInvalidArgument  EEXIST, ENOTEMPTY
//   kNoSpace          ENOSPC, EDQUOT
//   kBusy             EMFILE, ENFILE
//   kOutOfMemory      ENOMEM
//   kIoError          all others
Status posix_error(std::string_view operation, const std::string& path, int error);

}  // namespace ashlar
