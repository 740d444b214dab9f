// What the process tells the script that called it; the man page lists the same numbers.
#pragma once

#include "ashlar/status.h"

namespace ashlar::tools {

inline constexpr int kExitOk = 0;
inline constexpr int kExitNo = 1;  // no such key, or the condition asked about does not hold
inline constexpr int kExitUsage = 2;
inline constexpr int kExitIoError = static_cast<int>(StatusCode::kIoError);
inline constexpr int kExitOutOfMemory = static_cast<int>(StatusCode::kOutOfMemory);
inline constexpr int kExitNoDatabase = 13;
inline constexpr int kExitDuplicate = 14;

// The status code's own number: 1 for kNotFound, 2 for kInvalidArgument, … 12 for kAborted; but 14
// for kDuplicate.
inline int exit_code(const Status& status) {
  if (status.is(StatusCode::kDuplicate)) return kExitDuplicate;
  return static_cast<int>(status.code());
}

static_assert(static_cast<int>(StatusCode::kNotFound) == kExitNo);
static_assert(static_cast<int>(StatusCode::kInvalidArgument) == kExitUsage);
static_assert(static_cast<int>(StatusCode::kIoError) == 8);
static_assert(static_cast<int>(StatusCode::kCorruption) == 9);
static_assert(static_cast<int>(StatusCode::kAborted) == 12);

}  // namespace ashlar::tools
