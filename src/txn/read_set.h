// What a transaction has read: the keys and the ranges, present or not.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "db/latest_state.h"

namespace ashlar {

// A range as far as it was consumed: [from, to), empty `to` for no end.
struct ReadRange {
  std::string from;
  std::string to;
  bool touched = false;  // something, or the absence of it, was seen
};

// Threads: one at a time.
class ReadSet {
 public:
  void add_key(std::string_view key) {
    if (!keys_.contains(key)) keys_.emplace(key);
  }
  // For a cursor to widen while it moves; stays valid as long as the set.
  ReadRange* add_range() {
    return ranges_.emplace_back(std::make_unique<ReadRange>()).get();
  }

  // Ok if nothing of it was changed by a commit later than `since`; else kConflict with a key.
  Status validate(const LatestState& latest, SequenceNumber since) const;

 private:
  std::set<std::string, std::less<>> keys_;
  std::vector<std::unique_ptr<ReadRange>> ranges_;
};

// kConflict if a commit later than `since` changed the key, or one in the range.
Status check_unchanged(const LatestState& latest, std::string_view key, SequenceNumber since);
Status check_range_unchanged(const LatestState& latest, std::string_view from, std::string_view to,
                             SequenceNumber since);

}  // namespace ashlar
