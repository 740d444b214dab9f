// Marks what the deletions of a commit hide in tables; see table/dead_marks.h.
#pragma once

#include <atomic>
#include <optional>

#include "base/epoch.h"
#include "db/commit.h"
#include "db/read_view.h"

namespace ashlar {

// For one commit, by whoever commits it.
//
// [DEAD-2] The tables are those of before the commit got its sequence, so that nothing in them is
//          newer than it; a later one may hold what was set again behind it.
class DeadMarker {
 public:
  // Under the commit lock, before the commit gets its sequence. From here on the view is held: call
  // nothing that waits before mark().
  void look_at(const std::atomic<const ReadView*>& view, const Commit& commit) {
    if (!commit.has_deletes()) return;
    guard_.emplace();
    view_ = view.load(std::memory_order_acquire);
  }
  // Once the commit is in log and memtable, without the lock. Reads no file.
  void mark(const Commit& commit, SequenceNumber sequence);
  // Instead, if it isn't.
  void leave() { guard_.reset(); }

 private:
  std::optional<EpochGuard> guard_;
  const ReadView* view_ = nullptr;
};

}  // namespace ashlar
