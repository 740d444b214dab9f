// What an index is, as its creator asked for it and as it is stored.
#pragma once

#include <string>
#include <string_view>

#include "ashlar/index.h"
#include "ashlar/result.h"
#include "index/index_keys.h"

namespace ashlar {

inline constexpr std::size_t kMaximumIndexNameBytes = 255;
inline constexpr std::size_t kMaximumIndexFields = 16;
inline constexpr std::size_t kMaximumIndexes = 1000;

struct IndexDefinition {
  IndexId id = 0;
  std::string name;
  IndexOptions options;
  IndexState state = IndexState::kBuilding;
  std::string message;  // of a failed one
  // Of the library whose sort keys the entries hold; empty without collation.
  std::string collation_version;

  // Compact JSON.
  std::string to_text() const;
  //   kCorruption    no definition; says what is wrong.
  //   kUnsupported   written by a newer version.
  static Result<IndexDefinition> parse(IndexId id, std::string_view text);
};

}  // namespace ashlar
