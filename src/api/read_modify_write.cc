#include "api/read_modify_write.h"

#include <charconv>

#include "base/limits.h"
#include "base/try.h"

namespace ashlar {
namespace {

// The whole text as an integer.
std::optional<int64_t> parse_integer(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Status IncrementDecision::decide(const ReadLatest& latest, Commit* commit) {
  FoundEntry found;
  const Status status = latest(key_, &found);
  if (!status.ok() && !status.is(StatusCode::kNotFound)) return status;
  int64_t value = 0;
  if (status.ok()) {
    const auto parsed = parse_integer(found.value);
    if (!parsed) return Status::invalid_argument("increment: the value is no 64-bit integer");
    value = *parsed;
  }
  if (__builtin_add_overflow(value, delta_, &sum_)) {
    return Status::invalid_argument("increment: the sum would overflow a 64-bit integer");
  }
  text_ = std::to_string(sum_);
  commit->set(key_, text_, found.expires_at_ms, false);
  return {};
}

Status CompareAndSetDecision::decide(const ReadLatest& latest, Commit* commit) {
  FoundEntry found;
  const Status status = latest(key_, &found);
  if (!status.ok() && !status.is(StatusCode::kNotFound)) return status;
  done_ = status.ok() ? expected_ && found.value == *expected_ : !expected_;
  if (!done_) return {};
  if (desired_) {
    commit->set(key_, *desired_, expires_at_ms_, false);
  } else if (status.ok()) {
    commit->del(key_);
  }
  return {};
}

Status ChangeExpiryDecision::decide(const ReadLatest& latest, Commit* commit) {
  FoundEntry found;
  ASHLAR_TRY(latest(key_, &found));
  if (remove_) {
    commit->del(key_);
  } else {
    value_.assign(found.value);
    commit->set(key_, value_, expires_at_ms_, false);
  }
  return {};
}

}  // namespace ashlar
