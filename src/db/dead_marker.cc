#include "db/dead_marker.h"

#include <memory>
#include <new>

namespace ashlar {
namespace {

// Deletions of a large commit behind which what others have retired may be freed.
constexpr std::size_t kItemsUnderOneGuard = 256;

}  // namespace

void DeadMarker::mark(const Commit& commit, SequenceNumber sequence) noexcept {
  if (!guard_) return;
  try {
    mark_all(commit, sequence);
  } catch (const std::bad_alloc&) {
  }
  leave();
}

void DeadMarker::mark_all(const Commit& commit, SequenceNumber sequence) {
  std::shared_ptr<const ReadView> pin;
  if (commit.count() > kItemsUnderOneGuard) pin = view_->shared_from_this();
  std::size_t marked = 0;
  for (const Commit::Item& item : commit.items()) {
    if (item.operation.kind != EntryKind::kDelete) continue;
    if (pin != nullptr && ++marked % kItemsUnderOneGuard == 0) {
      guard_.reset();
      guard_.emplace();
    }
    view_->version->mark_dead(item.operation.key, item.hash, sequence);
  }
}

}  // namespace ashlar
