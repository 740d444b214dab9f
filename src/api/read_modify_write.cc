#include "api/read_modify_write.h"

#include "base/decimal.h"
#include "base/try.h"

namespace ashlar {

Status IncrementGate::pass(const LatestState& latest, Commit* commit) {
  FoundEntry found;
  const Status status = latest.find(key_, &found);
  if (!status.ok() && !status.is(StatusCode::kNotFound)) return status;
  ASHLAR_TRY_ASSIGN(sum_, add_to_decimal(status.ok() ? found.value : std::string_view("0"), delta_));
  text_ = std::to_string(sum_);
  commit->clear();
  commit->set(key_, text_, found.expires_at_ms, false);
  return {};
}

Status CompareAndSetGate::pass(const LatestState& latest, Commit* commit) {
  FoundEntry found;
  const Status status = latest.find(key_, &found);
  if (!status.ok() && !status.is(StatusCode::kNotFound)) return status;
  done_ = status.ok() ? expected_ && found.value == *expected_ : !expected_;
  if (!done_) commit->clear();
  return {};
}

}  // namespace ashlar
