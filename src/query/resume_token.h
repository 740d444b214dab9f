// The place at which a query goes on: between the documents already seen and the rest.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ashlar/result.h"

namespace ashlar {

// As text: hexadecimal digits of
//
//   01 | fingerprint (8) | plan, order, key (each with its length as a varint) | crc32c (4)
//
// Threads: as a plain value.
struct ResumePoint {
  uint64_t fingerprint = 0;  // QuerySpec::fingerprint()
  // The plan in whose index's order the rest follows, as QueryOptions::plan names it. Empty: by
  // sort key and key, or by key alone, wherever the documents come from.
  std::string plan;
  std::string order;  // of the last document: an index's values, or a sort key; see Row::order
  std::string key;    // its key

  std::string to_text() const;
  //   kInvalidArgument  it is none.
  static Result<ResumePoint> parse(std::string_view text);
};

}  // namespace ashlar
