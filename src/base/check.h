// Checks that stay on in release builds: they guard what would otherwise reach the disk or a caller
// as a wrong answer. For bugs only; bad bytes and bad calls are a Status.
#pragma once

namespace ashlar {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace ashlar

// Ends the process with file and line when `condition` does not hold.
#define ASHLAR_CHECK(condition)                                     \
  do {                                                              \
    if (!(condition)) [[unlikely]]                                  \
      ::ashlar::check_failed(#condition, __FILE__, __LINE__);       \
  } while (false)
