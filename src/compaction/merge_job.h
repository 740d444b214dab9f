// Tables are merged: runs are distributed to the partitions, partitions are settled.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "compaction/job_context.h"

namespace ashlar {

// What to merge. Made by the picker from the current version; stays valid while no other merge
// runs, as flushes only add runs in front.
struct MergePlan {
  std::shared_ptr<const Version> base;
  // All runs of `base`, or none. (Those of one flush must not be parted: at the bottom an entry
  // loses the sequence that tells it from the flush's range tombstones.)
  std::vector<std::shared_ptr<const Run>> runs;

  struct Target {
    std::size_t partition = 0;  // index in base->partitions
    // Merge with the partition's fragments and bottom into a new bottom; else the runs' entries
    // become one more fragment.
    bool settle = true;
  };
  // In key order. With runs, every partition that any of them reaches into. Where the version has
  // no partition yet, the list is empty and the runs become the first bottoms.
  std::vector<Target> targets;

  // Values found in these files are written anew when their entry settles.
  std::set<uint64_t> relocated_value_files;
  // For the sake of readers alone: it gives no room back, and may as well not be done.
  bool optional = false;
  std::string reason;  // for the log
};

// Runs the plan, makes the edit durable and publishes the new version.
Status run_merge(const JobContext& context, const MergePlan& plan, JobReport* report);

}  // namespace ashlar
