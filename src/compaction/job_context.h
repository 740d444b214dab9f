// What flushes and merges need of the engine, which is above them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "ashlar/options.h"
#include "version/version_set.h"

namespace ashlar {

struct JobContext {
  Env& env;
  VersionSet& versions;
  MemoryBudget& budget;
  Compression compression;   // of tables that settle at the bottom
  std::size_t table_bytes;   // tables are cut at about this size
  std::size_t buffer_bytes;  // of each input that is read from disk

  // Sequences that must stay readable, ascending.
  std::function<std::vector<SequenceNumber>()> snapshots;
  std::function<uint64_t()> now_ms;
  // Whether a new table of about this size may stay in memory whole.
  std::function<bool(std::size_t bytes)> may_keep_image;
  // Value files that commits not yet in tables point to.
  std::function<std::set<uint64_t>()> pending_value_files;
  // Makes the version the one that readers see.
  std::function<void(std::shared_ptr<const Version>)> publish;
  // Set when the database closes: jobs end in kAborted.
  const std::atomic<bool>& stopping;
};

// What a job did, for statistics and events.
struct JobReport {
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
  uint64_t entries_read = 0;
  uint64_t entries_written = 0;
  uint64_t shared_segments = 0;  // of the log, that are value files now
};

}  // namespace ashlar
