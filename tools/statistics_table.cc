#include "tools/statistics_table.h"

#include <fmt/format.h>

#include "tools/units.h"

namespace ashlar::tools {

namespace {

std::string row(std::string_view name, std::string_view value) {
  return fmt::format("  {:<18}{}\n", name, value);
}

std::string hit_rate(uint64_t hits, uint64_t misses) {
  const uint64_t looks = hits + misses;
  if (looks == 0) return "not used yet";
  return fmt::format("{:.1f} % of {} looks",
                     100.0 * static_cast<double>(hits) / static_cast<double>(looks),
                     human_count(looks));
}

std::string latency(const LatencySummary& summary) {
  if (summary.samples == 0) return "none yet";
  return fmt::format("p50 {}, p99 {}, p99.9 {}, longest {}", human_nanoseconds(summary.p50_ns),
                     human_nanoseconds(summary.p99_ns), human_nanoseconds(summary.p999_ns),
                     human_nanoseconds(summary.max_ns));
}

std::string data_section(const Statistics& s) {
  std::string text = "Data\n";
  text += fmt::format("  {:<18}{:>8}{:>16}{:>12}{:>12}\n", "", "tables", "entries", "deletions",
                      "bytes");
  for (const TierStatistics& tier : s.tiers) {
    text += fmt::format("  {:<18}{:>8}{:>16}{:>12}{:>12}\n", tier.name, tier.tables,
                        human_count(tier.entries), human_count(tier.tombstones),
                        human_bytes(tier.bytes));
  }
  text += row("partitions", human_count(s.partitions));
  text += row("value files",
              fmt::format("{}, {}, of which {} live", s.value_files,
                          human_bytes(s.value_file_bytes), human_bytes(s.value_file_live_bytes)));
  text += row("log", fmt::format("{} segments, {}", s.log_segments, human_bytes(s.log_bytes)));
  text += row("space", fmt::format("{:.2f} bytes for each live byte", s.space_amplification));
  return text;
}

std::string memory_section(const Statistics& s) {
  std::string text = "Memory\n";
  text += row("used",
              fmt::format("{} of {}", human_bytes(s.memory_used), human_bytes(s.memory_budget)));
  text += row("memtables", fmt::format("{}, {}", s.memtables, human_bytes(s.memtable_bytes)));
  text += row("resident tables", human_bytes(s.resident_table_bytes));
  text += row("page cache", fmt::format("{}, hits {}", human_bytes(s.page_cache_bytes),
                                        hit_rate(s.page_cache_hits, s.page_cache_misses)));
  text += row("value cache", fmt::format("{}, hits {}", human_bytes(s.value_cache_bytes),
                                         hit_rate(s.value_cache_hits, s.value_cache_misses)));
  return text;
}

std::string work_section(const Statistics& s) {
  std::string text = "Work since opening\n";
  text += row("gets", fmt::format("{}; {}", human_count(s.gets), latency(s.get_latency)));
  text += row("commits", fmt::format("{}; {}", human_count(s.commits), latency(s.set_latency)));
  text += row("written",
              fmt::format("{} by you, {} in all: {:.2f} times", human_bytes(s.user_bytes_written),
                          human_bytes(s.log_bytes_written + s.flush_bytes_written +
                                      s.compaction_bytes_written),
                          s.write_amplification));
  text += row("flushes", fmt::format("{}, {}", s.flushes, human_bytes(s.flush_bytes_written)));
  text +=
      row("compactions", fmt::format("{}, {} running, {} read, {} written", s.compactions,
                                     s.compactions_running, human_bytes(s.compaction_bytes_read),
                                     human_bytes(s.compaction_bytes_written)));
  text += row("log syncs", human_count(s.log_syncs));
  text +=
      row("writers waited", human_duration(std::chrono::milliseconds(s.write_slowdown_us / 1000)));
  return text;
}

std::string state_section(const Statistics& s) {
  std::string text = "State\n";
  text += row("writable", s.writable ? "yes" : fmt::format("no: {}", s.state));
  text += row("last commit", human_count(s.sequence));
  text += row("snapshots",
              fmt::format("{} open, oldest {}", s.open_snapshots,
                          human_duration(std::chrono::milliseconds(s.oldest_snapshot_age_ms))));
  text += row("transactions",
              fmt::format("{} open, oldest {}, {} conflicts", s.open_transactions,
                          human_duration(std::chrono::milliseconds(s.oldest_transaction_age_ms)),
                          s.transaction_conflicts));
  text += row("scrubbing", fmt::format("{} read, {} passes, {}", human_bytes(s.scrub_bytes_read),
                                       s.scrub_passes,
                                       human_count(s.scrub_problems, "problem", "problems")));
  return text;
}

}  // namespace

std::string statistics_table(const Statistics& statistics) {
  return data_section(statistics) + memory_section(statistics) + work_section(statistics) +
         state_section(statistics);
}

}  // namespace ashlar::tools
