// The commits that look before they write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "db/engine.h"

namespace ashlar {

// Adds to a decimal integer; see Database::increment.
class IncrementGate : public CommitGate {
 public:
  IncrementGate(std::string_view key, int64_t delta) : key_(key), delta_(delta) {}
  Status pass(const LatestState& latest, Commit* commit) override;
  int64_t sum() const { return sum_; }

 private:
  const std::string_view key_;
  const int64_t delta_;
  int64_t sum_ = 0;
  std::string text_;
};

// Lets a commit pass if the key has the value expected, and clears it otherwise; see
// Database::compare_and_set.
class CompareAndSetGate : public CommitGate {
 public:
  CompareAndSetGate(std::string_view key, std::optional<std::string_view> expected)
      : key_(key), expected_(expected) {}
  Status pass(const LatestState& latest, Commit* commit) override;
  bool done() const { return done_; }

 private:
  const std::string_view key_;
  const std::optional<std::string_view> expected_;
  bool done_ = false;
};

}  // namespace ashlar
