// The commits that look before they write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "db/engine.h"

namespace ashlar {

// Adds to a decimal integer; see Database::increment.
class IncrementDecision : public CommitDecision {
 public:
  IncrementDecision(std::string_view key, int64_t delta) : key_(key), delta_(delta) {}
  Status decide(const ReadLatest& latest, Commit* commit) override;
  int64_t sum() const { return sum_; }

 private:
  const std::string_view key_;
  const int64_t delta_;
  int64_t sum_ = 0;
  std::string text_;
};

// See Database::compare_and_set.
class CompareAndSetDecision : public CommitDecision {
 public:
  CompareAndSetDecision(std::string_view key, std::optional<std::string_view> expected,
                        std::optional<std::string_view> desired, uint64_t expires_at_ms)
      : key_(key), expected_(expected), desired_(desired), expires_at_ms_(expires_at_ms) {}
  Status decide(const ReadLatest& latest, Commit* commit) override;
  bool done() const { return done_; }

 private:
  const std::string_view key_;
  const std::optional<std::string_view> expected_;
  const std::optional<std::string_view> desired_;
  const uint64_t expires_at_ms_;
  bool done_ = false;
};

// Gives an existing key another expiry; 0: none. kNotFound if there is no such key.
class ChangeExpiryDecision : public CommitDecision {
 public:
  ChangeExpiryDecision(std::string_view key, uint64_t expires_at_ms, bool remove)
      : key_(key), expires_at_ms_(expires_at_ms), remove_(remove) {}
  Status decide(const ReadLatest& latest, Commit* commit) override;

 private:
  const std::string_view key_;
  const uint64_t expires_at_ms_;
  const bool remove_;
  std::string value_;
};

}  // namespace ashlar
