#include "base/range_tombstones.h"

#include <algorithm>
#include <utility>

namespace ashlar {

RangeTombstones::RangeTombstones(std::vector<RangeTombstone> tombstones)
    : tombstones_(std::move(tombstones)) {
  std::sort(tombstones_.begin(), tombstones_.end(),
            [](const RangeTombstone& a, const RangeTombstone& b) {
              return entry_before(a.from, a.sequence, b.from, b.sequence);
            });
  std::vector<std::string_view> cuts;
  for (const RangeTombstone& tombstone : tombstones_) {
    cuts.push_back(tombstone.from);
    if (!tombstone.to.empty()) cuts.push_back(tombstone.to);
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());

  std::vector<const RangeTombstone*> open;
  std::size_t next = 0;
  for (std::size_t cut = 0; cut < cuts.size(); ++cut) {
    std::erase_if(open, [&](const RangeTombstone* t) { return !before_end(cuts[cut], t->to); });
    while (next < tombstones_.size() && tombstones_[next].from == cuts[cut]) {
      const RangeTombstone& tombstone = tombstones_[next++];
      if (before_end(tombstone.from, tombstone.to)) open.push_back(&tombstone);
    }
    if (open.empty()) continue;
    Fragment fragment;
    fragment.from = cuts[cut];
    if (cut + 1 < cuts.size()) fragment.to = cuts[cut + 1];
    for (const RangeTombstone* tombstone : open) fragment.sequences.push_back(tombstone->sequence);
    std::sort(fragment.sequences.begin(), fragment.sequences.end(), std::greater<>());
    fragment.sequences.erase(
        std::unique(fragment.sequences.begin(), fragment.sequences.end()),
        fragment.sequences.end());
    fragments_.push_back(std::move(fragment));
  }
}

SequenceNumber RangeTombstones::covering(std::string_view key, SequenceNumber visible) const {
  auto behind = std::upper_bound(
      fragments_.begin(), fragments_.end(), key,
      [](std::string_view k, const Fragment& fragment) { return k < fragment.from; });
  if (behind == fragments_.begin()) return 0;
  const Fragment& fragment = *std::prev(behind);
  if (!before_end(key, fragment.to)) return 0;
  const auto newest = std::lower_bound(fragment.sequences.begin(), fragment.sequences.end(),
                                       visible, std::greater<>());
  return newest == fragment.sequences.end() ? 0 : *newest;
}

}  // namespace ashlar
