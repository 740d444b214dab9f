// The newest state of the database, as the holder of the commit lock sees it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/epoch.h"
#include "db/read_view.h"

namespace ashlar {

class Engine;
struct FoundEntry;

// Includes commits that are not visible yet. Valid during the call that it is handed to, in which
// no other commit can happen.
class LatestState {
 public:
  explicit LatestState(const Engine& engine) : engine_(engine) {}

  // kNotFound for no live entry.
  Status find(std::string_view key, FoundEntry* found) const;

  // Whether there is any commit later than `since`.
  bool has_commits_since(SequenceNumber since) const;
  // Whether a commit later than `since` set or deleted the key, in whatever way. `since` must be
  // held by a snapshot: merges then keep the traces.
  Result<bool> changed(std::string_view key, uint64_t hash, SequenceNumber since) const;
  // The same for any key in [from, to) (empty: no end); *changed_key gets one of them.
  Result<bool> changed_within(std::string_view from, std::string_view to, SequenceNumber since,
                              std::string* changed_key) const;

 private:
  SequenceNumber newest_tombstone_covering(std::string_view key) const;

  // Taken when something is first looked at: most commits have nothing to compare.
  const ReadView& view() const;

  const Engine& engine_;
  mutable std::optional<EpochGuard> guard_;
  mutable const ReadView* view_ = nullptr;
};

}  // namespace ashlar
