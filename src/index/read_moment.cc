#include "index/read_moment.h"

#include "base/epoch.h"
#include "base/try.h"

namespace ashlar {

Status SnapshotReadMoment::get(std::string_view key, std::string* value) {
  const EpochGuard guard;
  FoundEntry found;
  ASHLAR_TRY(engine_.find(key, &snapshot_, &found, now_ms_));
  value->assign(found.value);
  return {};
}

std::unique_ptr<Cursor> SnapshotReadMoment::new_cursor(CursorBounds bounds) {
  return engine_.new_cursor(bounds, &snapshot_, now_ms_);
}

}  // namespace ashlar
