// How far the building of an index has come, as it is stored.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ashlar/result.h"

namespace ashlar {

struct BuildProgress {
  std::string next;  // user's key from which on documents are to be looked at
  uint64_t documents_done = 0;
  uint64_t documents_total = 0;  // about

  // Compact JSON.
  std::string to_text() const;
  // kCorruption if it is none.
  static Result<BuildProgress> parse(std::string_view text);
};

}  // namespace ashlar
