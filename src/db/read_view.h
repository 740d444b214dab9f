// Everything that a read looks at, taken in one step.
#pragma once

#include <memory>
#include <vector>

#include "memtable/memtable.h"
#include "version/version.h"

namespace ashlar {

// Immutable once published.
//
// [VIEW-1] Memtables and version change together: there is no moment at which an entry is in
//          neither, or that a reader could see half of.
struct ReadView : std::enable_shared_from_this<ReadView> {
  std::shared_ptr<Memtable> active;
  std::vector<std::shared_ptr<Memtable>> immutables;  // newest first
  std::shared_ptr<const Version> version;
};

}  // namespace ashlar
