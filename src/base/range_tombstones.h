// Deleted key ranges, and which of them cover a key.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/entry.h"

namespace ashlar {

// Deletes every version older than `sequence` of every key in [from, to); an empty `to` means no
// end. Versions of the same commit are newer if they were written behind it; a batch resolves that
// when it is committed.
struct RangeTombstone {
  std::string from;
  std::string to;
  SequenceNumber sequence = 0;

  friend bool operator==(const RangeTombstone&, const RangeTombstone&) = default;
};

// True if `key` lies before the end `to` of a range, where empty means no end.
inline bool before_end(std::string_view key, std::string_view to) {
  return to.empty() || key < to;
}

// An immutable set of range tombstones, cut at each other's ends so that one binary search answers.
//
// Threads: any number may read.
class RangeTombstones {
 public:
  RangeTombstones() = default;
  explicit RangeTombstones(std::vector<RangeTombstone> tombstones);

  bool empty() const { return tombstones_.empty(); }
  // Those that the set was made of.
  const std::vector<RangeTombstone>& all() const { return tombstones_; }

  // Newest sequence, not above `visible`, of a tombstone that covers `key`; 0 if there is none.
  SequenceNumber covering(std::string_view key, SequenceNumber visible) const;

  // A maximal piece of the key space covered by the same tombstones.
  struct Fragment {
    std::string from;
    std::string to;                         // empty: no end
    std::vector<SequenceNumber> sequences;  // newest first, never empty
  };
  // Disjoint, in key order.
  const std::vector<Fragment>& fragments() const { return fragments_; }

 private:
  std::vector<RangeTombstone> tombstones_;
  std::vector<Fragment> fragments_;
};

}  // namespace ashlar
