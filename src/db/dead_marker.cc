#include "db/dead_marker.h"

namespace ashlar {

void DeadMarker::mark(const Commit& commit, SequenceNumber sequence) {
  if (!guard_) return;
  for (const Commit::Item& item : commit.items()) {
    if (item.operation.kind != EntryKind::kDelete) continue;
    view_->version->mark_dead(item.operation.key, item.hash, sequence);
  }
  leave();
}

}  // namespace ashlar
