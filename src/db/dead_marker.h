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
  // Under the commit lock, before the commit gets its sequence. From here on the view is held, so
  // that nothing is freed: to be followed by mark() or leave() as soon as the commit is in the log.
  void look_at(const std::atomic<const ReadView*>& view, const Commit& commit) {
    if (!commit.has_deletes()) return;
    guard_.emplace();
    view_ = view.load(std::memory_order_acquire);
  }
  // Once the commit is in log and memtable, without the lock. Reads no file. Where memory runs out,
  // the rest stays unmarked: the commit has happened, and must not be reported as failed.
  void mark(const Commit& commit, SequenceNumber sequence) noexcept;
  // Instead, if it isn't.
  void leave() { guard_.reset(); }

 private:
  void mark_all(const Commit& commit, SequenceNumber sequence);

  std::optional<EpochGuard> guard_;
  const ReadView* view_ = nullptr;
};

}  // namespace ashlar
