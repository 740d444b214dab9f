#include "env/posix_error.h"

#include <cerrno>
#include <cstring>
#include <utility>

namespace ashlar {
namespace {

StatusCode code_of(int error) {
  switch (error) {
    case ENOENT:
      return StatusCode::kNotFound;
    case EEXIST:
    case ENOTEMPTY:
      return StatusCode::kInvalidArgument;
    case ENOSPC:
    case EDQUOT:
      return StatusCode::kNoSpace;
    case EMFILE:
    case ENFILE:
      return StatusCode::kBusy;
    case ENOMEM:
      return StatusCode::kOutOfMemory;
    default:
      return StatusCode::kIoError;
  }
}

}  // namespace

Status posix_error(std::string_view operation, const std::string& path, int error) {
  std::string message(operation);
  message.append(" ").append(path).append(": ").append(std::strerror(error));
  return {code_of(error), std::move(message)};
}

}  // namespace ashlar
