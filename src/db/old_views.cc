#include "db/old_views.h"

#include <new>
#include <utility>

namespace ashlar {
namespace {

thread_local bool frees_at_once = false;

}  // namespace

OldViews::FreedHere::FreedHere() : outer_(std::exchange(frees_at_once, true)) {}

OldViews::FreedHere::~FreedHere() { frees_at_once = outer_; }

bool OldViews::add(const ReadView* view) noexcept {
  std::unique_ptr<const ReadView> owned(view);
  if (frees_at_once) return false;
  try {
    const std::lock_guard lock(mutex_);
    views_.reserve(views_.size() + 1);
    views_.push_back(std::move(owned));
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void OldViews::free() noexcept {
  std::vector<std::unique_ptr<const ReadView>> views;
  {
    const std::lock_guard lock(mutex_);
    views.swap(views_);
  }
  const FreedHere here;
  views.clear();
}

}  // namespace ashlar
