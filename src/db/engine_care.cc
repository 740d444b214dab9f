// Looking after the database: verification and statistics.
#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/try.h"
#include "compaction/value_references.h"
#include "db/engine.h"
#include "version/file_names.h"

namespace ashlar {
namespace {

constexpr int kLogVerifyAttempts = 100;
constexpr int kScrubsPutOff = 60;
constexpr std::chrono::milliseconds kScrubPause{1000};

void count_table(const StoredTable& table, TierStatistics* tier) {
  ++tier->tables;
  tier->entries += table.summary.entry_count;
  tier->tombstones += table.summary.tombstone_count + table.summary.range_tombstone_count;
  tier->bytes += table.summary.file_bytes;
}

void fill_tiers(const Version& version, Statistics* statistics) {
  TierStatistics runs{.name = "runs"};
  TierStatistics fragments{.name = "fragments"};
  TierStatistics bottom{.name = "bottom"};
  for (const auto& run : version.runs) {
    for (const auto& table : run->tables) count_table(*table, &runs);
  }
  for (const auto& partition : version.partitions) {
    for (const auto& table : partition->fragments) count_table(*table, &fragments);
    if (partition->bottom) count_table(*partition->bottom, &bottom);
  }
  statistics->partitions = version.partitions.size();
  for (const auto& [number, file] : version.value_files) {
    ++statistics->value_files;
    statistics->value_file_bytes += file->summary.file_bytes;
  }
  for (const auto& [number, bytes] : referenced_bytes(version)) {
    statistics->value_file_live_bytes += bytes;
  }
  const auto live = static_cast<double>(bottom.bytes + statistics->value_file_live_bytes);
  const auto all =
      static_cast<double>(runs.bytes + fragments.bytes + bottom.bytes + statistics->value_file_bytes);
  statistics->space_amplification = live > 0 ? all / live : 1;
  statistics->tiers = {std::move(runs), std::move(fragments), std::move(bottom)};
}

}  // namespace

Status Engine::verify(const std::function<bool(uint64_t, uint64_t)>& progress,
                      VerifyFindings* findings) const {
  // Holding the version keeps its files.
  const auto version = versions_.current();
  const auto tables = version->all_tables();
  uint64_t total = 0;
  for (const auto& table : tables) total += table->summary.file_bytes;
  for (const auto& [number, file] : version->value_files) total += file->summary.file_bytes;

  const auto check = [&](const auto& file) -> Status {
    const std::size_t before = findings->problems.size();
    const Status status = file.reader->verify(
        [&](std::string problem) { findings->problems.push_back(std::move(problem)); });
    // What could not be read at all is a finding too, unless the file said so itself.
    if (!status.ok() && findings->problems.size() == before) {
      findings->problems.push_back(status.to_string());
    }
    ++findings->files;
    findings->bytes += file.summary.file_bytes;
    if (progress && !progress(findings->bytes, total)) {
      return Status::aborted("verification was stopped");
    }
    return {};
  };
  for (const auto& table : tables) {
    ASHLAR_TRY(check(*table));
    findings->entries += table->summary.entry_count;
  }
  for (const auto& [number, file] : version->value_files) ASHLAR_TRY(check(*file));
  check_pointers(*version, findings);
  return verify_log(findings);
}

// Every value file that a table points to must be there.
void Engine::check_pointers(const Version& version, VerifyFindings* findings) {
  for (const auto& table : version.all_tables()) {
    for (const ValueReference& reference : table->summary.value_references) {
      if (version.value_files.contains(reference.file_number)) continue;
      findings->problems.push_back(table->path() + ": points to value file " +
                                   std::to_string(reference.file_number) +
                                   ", which is not in the manifest");
    }
  }
}

// Reads the log beside its writer: what is being written at this moment looks like its end. A
// read-only database has read the whole log when it was opened, and its writer may have gone on.
Status Engine::verify_log(VerifyFindings* findings) const {
  if (options_.read_only) return {};
  for (int attempt = 0; attempt < kLogVerifyAttempts; ++attempt) {
    const uint64_t start = versions_.log_bounds().start;
    uint64_t bytes = 0;
    const auto replayed = replay_log(env_, path_, start, [&](const LogFrame& frame) {
      bytes += frame.operations.size();
      return Status();
    });
    // A flush meanwhile lets segments be reused under the reader: that says nothing about them.
    if (!replayed.ok() && versions_.log_bounds().start != start) continue;
    if (replayed.status().is(StatusCode::kBusy)) continue;
    findings->bytes += bytes;
    if (replayed.status().is(StatusCode::kCorruption)) {
      findings->problems.emplace_back(replayed.status().message());
      return {};
    }
    return replayed.ok() ? Status() : replayed.status();
  }
  return Status::busy("the log changed too fast to be verified; everything else was");
}

// --- Scrubbing -----------------------------------------------------------------------------------

void Engine::schedule_scrub(std::chrono::milliseconds wait) {
  if (options_.scrub_bytes_per_second == uint64_t{0}) return;
  submit(Lane::kMaintenance, wait, [this] { scrub(); });
}

// Lets flushes and merges go first, but not for ever.
void Engine::scrub() {
  const bool busy = merge_running_.load() || immutable_count_.load() > 0;
  if (busy && ++scrubs_put_off_ < kScrubsPutOff) {
    schedule_scrub(kScrubPause);
    return;
  }
  scrubs_put_off_ = 0;
  const auto version = versions_.current();
  schedule_scrub(scrubber_.step(*version, [this](const std::string& problem) {
    log(LogLevel::kError, "scrubbing found damage: " + problem);
    tell({.kind = Event::Kind::kCorruptionFound, .message = problem});
  }));
}

Statistics Engine::statistics() const {
  Statistics s;
  s.sequence = visible_.load();
  {
    const std::lock_guard lock(view_mutex_);
    const auto count = [&](const Memtable& memtable) {
      ++s.memtables;
      s.memtable_bytes += memtable.used_bytes();
    };
    count(*view_owner_->active);
    for (const auto& memtable : view_owner_->immutables) count(*memtable);
  }
  fill_tiers(*versions_.current(), &s);
  if (log_) {
    const LogStatistics log = log_->statistics();
    s.log_segments = log.segments;
    s.log_bytes = log.segment_bytes;
    s.log_bytes_written = log.bytes_written;
    s.log_syncs = log.syncs;
  }
  s.memory_budget = budget_.total();
  s.memory_used = budget_.used();
  s.resident_table_bytes = budget_.used(MemoryUse::kTable);
  const auto cache = page_cache_.statistics();
  s.page_cache_bytes = cache.bytes;
  s.page_cache_hits = cache.hits;
  s.page_cache_misses = cache.misses;
  const auto values = value_cache_.statistics();
  s.value_cache_bytes = values.bytes;
  s.value_cache_hits = values.hits;
  s.value_cache_misses = values.misses;
  s.gets = gets_.total();
  s.commits = commits_.load();
  s.user_bytes_written = user_bytes_.load();
  s.flush_bytes_written = flush_bytes_.load();
  s.compaction_bytes_read = merge_bytes_read_.load();
  s.compaction_bytes_written = merge_bytes_written_.load();
  if (s.user_bytes_written > 0) {
    s.write_amplification =
        static_cast<double>(s.log_bytes_written + s.flush_bytes_written +
                            s.compaction_bytes_written) /
        static_cast<double>(s.user_bytes_written);
  }
  s.flushes = flushes_.load();
  s.compactions = merges_.load();
  s.compactions_running = merge_running_.load() ? 1 : 0;
  s.write_slowdown_us = pacer_.slept_us();
  snapshots_->describe(env_.monotonic_ns(), &s);
  s.transaction_conflicts = conflicts_.load(std::memory_order_relaxed);
  s.get_latency = get_latency_.summary();
  s.set_latency = set_latency_.summary();
  const ScrubStatistics scrub = scrubber_.statistics();
  s.scrub_bytes_read = scrub.bytes;
  s.scrub_problems = scrub.problems;
  s.scrub_passes = scrub.passes;
  s.last_scrub_ms = scrub.last_pass_ms;
  const Status state = writable();
  s.writable = state.ok();
  const std::lock_guard lock(background_mutex_);
  if (!state.ok()) {
    s.state = state.to_string();
  } else if (!background_error_.ok()) {
    s.state = background_error_.to_string();
  }
  return s;
}

Result<uint64_t> Engine::estimate_entries(std::string_view from, std::string_view to) const {
  std::shared_ptr<const ReadView> view;
  {
    const EpochGuard guard;
    view = view_.load(std::memory_order_acquire)->shared_from_this();
  }
  uint64_t entries = view->active->count_records(from, to);
  for (const auto& memtable : view->immutables) entries += memtable->count_records(from, to);
  for (const auto& table : view->version->all_tables()) {
    const TableSummary& summary = table->summary;
    if (!before_end(summary.smallest_key, to) || summary.largest_key < from) continue;
    ASHLAR_TRY_ASSIGN(const uint64_t some, table->reader->estimate_entries(from, to));
    entries += some;
  }
  return entries;
}

void Engine::log(LogLevel level, std::string_view message) const {
  if (options_.logger) options_.logger(level, message);
}

void Engine::tell(const Event& event) const {
  if (options_.listener) options_.listener(event);
}

}  // namespace ashlar
