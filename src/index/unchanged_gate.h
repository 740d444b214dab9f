// Lets a commit pass if nobody has written its keys since a snapshot was taken.
#pragma once

#include "base/mutants.h"
#include "base/try.h"
#include "db/engine.h"
#include "txn/read_set.h"

namespace ashlar {

class UnchangedGate : public CommitGate {
 public:
  // The sequence of a snapshot that is held until the commit is done. The first `blind` items of
  // the commit may have been written by others.
  explicit UnchangedGate(SequenceNumber since, std::size_t blind = 0)
      : since_(since), blind_(blind) {}

  // kConflict with the key.
  Status pass(const LatestState& latest, Commit* commit) override {
    if (ASHLAR_MUTANT("writes-not-validated")) return {};
    for (std::size_t at = blind_; at < commit->count(); ++at) {
      const Commit::Item& item = commit->items()[at];
      ASHLAR_TRY(check_unchanged(latest, item.operation.key, item.hash, since_));
    }
    return {};
  }

 private:
  const SequenceNumber since_;
  const std::size_t blind_;
};

}  // namespace ashlar
