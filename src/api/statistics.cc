#include "ashlar/statistics.h"

#include <string_view>

#include "base/json_object.h"

namespace ashlar {
namespace {

std::string latency_json(const LatencySummary& latency) {
  JsonObject json;
  json.add("samples", latency.samples);
  json.add("p50_ns", latency.p50_ns);
  json.add("p90_ns", latency.p90_ns);
  json.add("p99_ns", latency.p99_ns);
  json.add("p999_ns", latency.p999_ns);
  json.add("max_ns", latency.max_ns);
  return json.finish();
}

std::string tiers_json(const std::vector<TierStatistics>& tiers) {
  std::string list;
  for (const TierStatistics& tier : tiers) {
    JsonObject json;
    json.add("name", std::string_view(tier.name));
    json.add("tables", tier.tables);
    json.add("entries", tier.entries);
    json.add("tombstones", tier.tombstones);
    json.add("bytes", tier.bytes);
    list.append(list.empty() ? "" : ",").append(json.finish());
  }
  return "[" + list + "]";
}

std::string transactions_json(const std::vector<TransactionStatistics>& transactions) {
  std::string list;
  for (const TransactionStatistics& transaction : transactions) {
    JsonObject json;
    json.add("owner", std::string_view(transaction.owner));
    json.add("age_ms", transaction.age_ms);
    list.append(list.empty() ? "" : ",").append(json.finish());
  }
  return "[" + list + "]";
}

}  // namespace

std::string Statistics::to_json() const {
  JsonObject json;
  json.add("sequence", sequence);
  json.raw("tiers", tiers_json(tiers));
  json.add("partitions", partitions);
  json.add("value_files", value_files);
  json.add("value_file_bytes", value_file_bytes);
  json.add("value_file_live_bytes", value_file_live_bytes);
  json.add("memtables", memtables);
  json.add("memtable_bytes", memtable_bytes);
  json.add("log_segments", log_segments);
  json.add("log_bytes", log_bytes);
  json.add("memory_budget", memory_budget);
  json.add("memory_used", memory_used);
  json.add("resident_table_bytes", resident_table_bytes);
  json.add("page_cache_bytes", page_cache_bytes);
  json.add("page_cache_hits", page_cache_hits);
  json.add("page_cache_misses", page_cache_misses);
  json.add("value_cache_bytes", value_cache_bytes);
  json.add("value_cache_hits", value_cache_hits);
  json.add("value_cache_misses", value_cache_misses);
  json.add("gets", gets);
  json.add("commits", commits);
  json.add("user_bytes_written", user_bytes_written);
  json.add("log_bytes_written", log_bytes_written);
  json.add("flush_bytes_written", flush_bytes_written);
  json.add("compaction_bytes_read", compaction_bytes_read);
  json.add("compaction_bytes_written", compaction_bytes_written);
  json.add("write_amplification", write_amplification);
  json.add("space_amplification", space_amplification);
  json.add("flushes", flushes);
  json.add("compactions", compactions);
  json.add("compactions_running", compactions_running);
  json.add("log_syncs", log_syncs);
  json.add("write_slowdown_us", write_slowdown_us);
  json.add("open_snapshots", open_snapshots);
  json.add("oldest_snapshot_age_ms", oldest_snapshot_age_ms);
  json.add("open_transactions", open_transactions);
  json.add("oldest_transaction_age_ms", oldest_transaction_age_ms);
  json.add("transaction_conflicts", transaction_conflicts);
  json.raw("transactions", transactions_json(transactions));
  json.raw("get_latency", latency_json(get_latency));
  json.raw("set_latency", latency_json(set_latency));
  json.add("scrub_bytes_read", scrub_bytes_read);
  json.add("scrub_problems", scrub_problems);
  json.add("scrub_passes", scrub_passes);
  json.add("last_scrub_ms", last_scrub_ms);
  json.add("writable", writable);
  json.add("state", std::string_view(state));
  return json.finish();
}

}  // namespace ashlar
