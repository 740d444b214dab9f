// Some entries that lie behind one another, taken from an iterator in one call.
#pragma once

#include <array>
#include <cstddef>

#include "base/entry.h"

namespace ashlar {

// The views of keys point into it. Nothing is initialised: every short range needs two of them.
struct EntryBatch {
  static constexpr std::size_t kCapacity = 16;
  // Entries with longer keys are not taken in batches.
  static constexpr std::size_t kKeyBytes = 64;

  EntryBatch() {}

  // The highest sequence among the entries, and whether all of them are plain.
  SequenceNumber newest;
  bool plain;
  union {
    std::array<EntryView, kCapacity> entries;
  };
  std::array<std::array<char, kKeyBytes>, kCapacity> keys;
};

}  // namespace ashlar
