#include "db/old_views.h"

#include <new>
#include <utility>

namespace ashlar {
namespace {

thread_local bool is_freeing = false;

}  // namespace

bool OldViews::add(const ReadView* view) noexcept {
  std::unique_ptr<const ReadView> owned(view);
  if (is_freeing) return false;
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
  const bool outer = std::exchange(is_freeing, true);
  views.clear();
  is_freeing = outer;
}

}  // namespace ashlar
