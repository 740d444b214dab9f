// Which versions a merge must keep: those that a snapshot, or the present, can still see.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/entry.h"
#include "base/range_tombstones.h"

namespace ashlar {

// Snapshots cut the sequence numbers into stripes: stripe i ends with the i-th oldest snapshot, the
// last one with the present. Who reads at the end of a stripe sees at most one version of a key in
// it, the newest.
//
// [KEEP-1] Only the newest version of a key in a stripe is kept, and not if a range tombstone of
//          the same stripe deletes it.
// [KEEP-2] A tombstone, or an expired entry in its place, is dropped only where nothing older of
//          the key can exist outside the merge (`bottom`) and no snapshot is older (stripe 0).
//
// Threads: one at a time; entries in [ORDER-1] order.
class Retention {
 public:
  // `snapshots` ascending; `tombstones` are those of the inputs and must outlive the object.
  Retention(std::vector<SequenceNumber> snapshots, uint64_t now_ms,
            const RangeTombstones& tombstones)
      : snapshots_(std::move(snapshots)), now_ms_(now_ms), tombstones_(tombstones) {}

  // Decides on the next entry, and rewrites it: an expired entry becomes a tombstone; at the bottom
  // a sequence that everybody sees becomes 0. Returns whether to keep it.
  bool keep(EntryView* entry, bool bottom);

  // The range tombstones to keep of those that reach into [from, to), clipped to it; `to` empty:
  // no end.
  std::vector<RangeTombstone> tombstones_within(std::string_view from, std::string_view to,
                                                bool bottom) const;

 private:
  std::size_t stripe_of(SequenceNumber sequence) const;
  SequenceNumber end_of(std::size_t stripe) const;

  const std::vector<SequenceNumber> snapshots_;
  const uint64_t now_ms_;
  const RangeTombstones& tombstones_;

  std::string key_;  // of the last entry, and its stripe
  std::size_t stripe_ = SIZE_MAX;
  bool any_ = false;
};

}  // namespace ashlar
