// Everything that a read looks at, taken in one step.
#pragma once

#include <memory>
#include <vector>

#include "memtable/memtable.h"
#include "version/version.h"

namespace ashlar {

// Images of tables and values that others have taken the place of while views led to them.
struct ReplacedImages {
  std::vector<std::shared_ptr<const HugeBuffer>> images;
  std::shared_ptr<ReplacedImages> next;  // those of the views behind
};

// Immutable once published, but for `replaced`.
//
// [VIEW-1] Memtables and version change together: there is no moment at which an entry is in
//          neither, or that a reader could see half of.
// [VIEW-2] A view keeps every image that was in its version's files at any time since the view was
//          the current one.
struct ReadView : std::enable_shared_from_this<ReadView> {
  std::shared_ptr<Memtable> active;
  std::vector<std::shared_ptr<Memtable>> immutables;  // newest first
  std::shared_ptr<const Version> version;
  std::shared_ptr<ReplacedImages> replaced;  // changes under the engine's view_mutex_
};

}  // namespace ashlar
