// What to merge next: partitioned lazy levelling.
//
// Runs gather until there are so many as memory allows for; one merge then distributes them over
// the partitions. A partition's share becomes one more fragment, so that little is rewritten, until
// fragments are many, or large against the bottom, or full of garbage: then they are merged with
// it.
// A byte is thus written about once for its run, once for its fragment and a small number of times
// for its bottom, however large the database is (Dayan and Idreos, "Dostoevsky", SIGMOD 2018).
#pragma once

#include <memory>
#include <optional>

#include "base/limits.h"
#include "compaction/merge_job.h"

namespace ashlar {

struct PickerState {
  uint64_t now_ms = 0;
  SequenceNumber oldest_snapshot = 0;  // kMaximumSequence if there is none
  // Nothing else is to be done: merge what a busy database would leave for later.
  bool idle = false;
  // Ranges look into the runs all the time: worth distributing more than one.
  bool scanned = false;
  int runs_before_distribution = kMinimumRunsBeforeDistribution;
  // There is time and room to bring large values into the order of their keys.
  bool may_order_values = false;
};

// The most urgent merge of `version`, or nothing if none is due.
std::optional<MergePlan> pick_merge(std::shared_ptr<const Version> version,
                                    const PickerState& state);

// When to look again although nothing is written: the moment at which all expiring entries of some
// table have expired; 0 if none expires.
uint64_t next_expiry_ms(const Version& version);

// Everything, into settled tables; nothing if there is nothing to gain.
std::optional<MergePlan> plan_full_merge(std::shared_ptr<const Version> version,
                                         const PickerState& state);

}  // namespace ashlar
