// What the engine has done and holds, as numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ashlar {

// Percentiles of a latency, in nanoseconds, over a sample of the calls since opening.
struct LatencySummary {
  uint64_t samples = 0;
  uint64_t p50_ns = 0;
  uint64_t p90_ns = 0;
  uint64_t p99_ns = 0;
  uint64_t p999_ns = 0;
  uint64_t max_ns = 0;
};

// One tier of tables: "runs" (flushed, not yet distributed), "fragments" (distributed to a
// partition), "bottom" (the settled table of each partition).
struct TierStatistics {
  std::string name;
  uint64_t tables = 0;
  uint64_t entries = 0;
  uint64_t tombstones = 0;
  uint64_t bytes = 0;
};

// One open transaction.
struct TransactionStatistics {
  std::string owner;  // as given in its options
  uint64_t age_ms = 0;
};

// Counters count from opening; the rest is the state at the moment of the call. Sizes are bytes.
struct Statistics {
  uint64_t sequence = 0;  // the last visible commit
  std::vector<TierStatistics> tiers;
  uint64_t partitions = 0;
  uint64_t value_files = 0;
  uint64_t value_file_bytes = 0;
  uint64_t value_file_live_bytes = 0;  // referenced by tables

  uint64_t memtables = 0;
  uint64_t memtable_bytes = 0;
  uint64_t log_segments = 0;
  uint64_t log_bytes = 0;

  uint64_t memory_budget = 0;
  uint64_t memory_used = 0;
  uint64_t resident_table_bytes = 0;  // tables held whole in memory
  uint64_t page_cache_bytes = 0;
  uint64_t page_cache_hits = 0;
  uint64_t page_cache_misses = 0;
  uint64_t value_cache_bytes = 0;
  uint64_t value_cache_hits = 0;
  uint64_t value_cache_misses = 0;

  uint64_t gets = 0;
  uint64_t commits = 0;
  uint64_t user_bytes_written = 0;  // keys and values handed in
  uint64_t log_bytes_written = 0;
  uint64_t flush_bytes_written = 0;
  uint64_t compaction_bytes_read = 0;
  uint64_t compaction_bytes_written = 0;
  double write_amplification = 0;  // bytes written to files / user bytes written
  double space_amplification = 0;  // bytes in tables and value files / bytes live at the bottom
  uint64_t flushes = 0;
  uint64_t compactions = 0;
  uint64_t compactions_running = 0;
  uint64_t log_syncs = 0;
  uint64_t write_slowdown_us = 0;  // time that writers were made to wait, summed
  uint64_t open_snapshots = 0;
  uint64_t oldest_snapshot_age_ms = 0;
  uint64_t open_transactions = 0;
  uint64_t oldest_transaction_age_ms = 0;
  uint64_t transaction_conflicts = 0;
  std::vector<TransactionStatistics> transactions;  // the open ones, oldest first

  LatencySummary get_latency;
  LatencySummary set_latency;

  // Scrubbing: see Options::scrub_bytes_per_second.
  uint64_t scrub_bytes_read = 0;
  uint64_t scrub_problems = 0;
  uint64_t scrub_passes = 0;   // through the whole database
  uint64_t last_scrub_ms = 0;  // when the last pass ended, since the epoch; 0: none has yet

  bool writable = true;
  std::string state = "ok";  // why writes fail, when they do

  // The same as one JSON object, for programs.
  std::string to_json() const;
};

}  // namespace ashlar
