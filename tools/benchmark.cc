#include "tools/benchmark.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/try.h"
#include "tools/interrupt.h"

namespace ashlar::tools {

namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kSyncedWrites = 500;
constexpr uint64_t kEntriesPerSeek = 10;
constexpr uint64_t kInterruptInterval = 1024;  // operations between two looks

// A bijection that looks random (SplitMix64's finalizer), so that keys never repeat.
uint64_t scramble(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// Sixteen hexadecimal digits.
void make_key(uint64_t index, std::string* key) {
  key->resize(16);
  uint64_t number = scramble(index);
  for (char& digit : *key) {
    digit = "0123456789abcdef"[number & 15];
    number >>= 4;
  }
}

// The same bytes for the same number, the second half a repetition.
void make_value(uint64_t number, std::size_t bytes, std::string* value) {
  value->clear();
  for (std::size_t i = 0; value->size() < (bytes + 1) / 2; ++i) {
    const uint64_t word = scramble(number * 1'000'003 + i);
    value->append(reinterpret_cast<const char*>(&word), sizeof(word));
  }
  value->resize((bytes + 1) / 2);
  value->append(*value);
  value->resize(bytes);
}

uint32_t nanoseconds_since(Clock::time_point begin) {
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin);
  return static_cast<uint32_t>(std::min<int64_t>(ns.count(), UINT32_MAX));
}

double rate(uint64_t operations, Clock::time_point begin) {
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return static_cast<double>(operations) / std::max(seconds, 1e-9);
}

}  // namespace

LatencySummary summarize(std::vector<uint32_t>& latencies_ns) {
  LatencySummary summary;
  if (latencies_ns.empty()) return summary;
  std::ranges::sort(latencies_ns);
  const auto at = [&](double part) {
    const auto index = static_cast<std::size_t>(part * static_cast<double>(latencies_ns.size()));
    return latencies_ns[std::min(index, latencies_ns.size() - 1)];
  };
  summary.samples = latencies_ns.size();
  summary.p50_ns = at(0.5);
  summary.p90_ns = at(0.9);
  summary.p99_ns = at(0.99);
  summary.p999_ns = at(0.999);
  summary.max_ns = latencies_ns.back();
  return summary;
}

// What one thread does of a workload.
struct Benchmark::Share {
  uint64_t first;
  uint64_t end;
  std::vector<uint32_t> latencies_ns;
  Status status;
};

Status Benchmark::run_share(Share& share, const Operation& operation) const {
  std::string key;
  std::string value;
  share.latencies_ns.reserve(share.end - share.first);
  for (uint64_t index = share.first; index < share.end; ++index) {
    if (index % kInterruptInterval == 0 && interrupted()) return interrupted_error();
    operation.prepare(index, key, value);
    const auto begin = Clock::now();
    auto right = operation.perform(key, value);
    share.latencies_ns.push_back(nanoseconds_since(begin));
    ASHLAR_TRY(right.status());
    if (!*right) return Status::corruption("a read gave a wrong answer; please report this");
  }
  return {};
}

Result<WorkloadResult> Benchmark::measure(const char* name, uint64_t operations,
                                          const Operation& operation) {
  std::vector<Share> shares;
  for (uint64_t i = 0; i < settings_.threads; ++i) {
    shares.push_back(
        {operations * i / settings_.threads, operations * (i + 1) / settings_.threads, {}, {}});
  }
  const auto begin = Clock::now();
  std::vector<std::thread> threads;
  for (Share& share : shares) {
    threads.emplace_back([&] { share.status = run_share(share, operation); });
  }
  for (std::thread& thread : threads) thread.join();
  const double per_second = rate(operations, begin);
  std::vector<uint32_t> all;
  all.reserve(operations);
  for (const Share& share : shares) {
    ASHLAR_TRY(share.status);
    all.insert(all.end(), share.latencies_ns.begin(), share.latencies_ns.end());
  }
  return WorkloadResult{name, operations, per_second, summarize(all)};
}

Benchmark::Operation Benchmark::write_operation(Durability durability, uint64_t first_value) const {
  return {[this, first_value](uint64_t index, std::string& key, std::string& value) {
            make_key(index, &key);
            make_value(first_value + index, settings_.value_bytes, &value);
          },
          [this, durability](const std::string& key, std::string& value) -> Result<bool> {
            ASHLAR_TRY(db_.set(key, value, {.durability = durability}));
            return true;
          }};
}

Benchmark::Operation Benchmark::read_operation() const {
  return {[this](uint64_t index, std::string& key, std::string&) {
            make_key(scramble(index) % settings_.entries, &key);
          },
          [this](const std::string& key, std::string& value) -> Result<bool> {
            ASHLAR_TRY(db_.get(key, &value));
            return value.size() == settings_.value_bytes;
          }};
}

Benchmark::Operation Benchmark::miss_operation() const {
  return {[this](uint64_t index, std::string& key, std::string&) {
            make_key(settings_.entries + index, &key);
          },
          [this](const std::string& key, std::string& value) -> Result<bool> {
            const Status status = db_.get(key, &value);
            if (!status.ok() && !status.is(StatusCode::kNotFound)) return status;
            return !status.ok();
          }};
}

Benchmark::Operation Benchmark::seek_operation() const {
  return {[this](uint64_t index, std::string& key, std::string&) {
            make_key(scramble(index) % settings_.entries, &key);
          },
          [this](const std::string& key, std::string&) -> Result<bool> {
            const auto entries = db_.range(key, {}, {.limit = kEntriesPerSeek});
            uint64_t found = 0;
            for (const auto& entry : entries) found += entry.key.empty() ? 0 : 1;
            ASHLAR_TRY(entries.status());
            return found > 0;
          }};
}

Result<WorkloadResult> Benchmark::scan_all() {
  const auto begin = Clock::now();
  uint64_t found = 0;
  std::vector<uint32_t> latencies_ns;
  const auto entries = db_.prefix({});
  auto previous = begin;
  for (const auto& entry : entries) {
    found += entry.key.empty() ? 0 : 1;
    latencies_ns.push_back(nanoseconds_since(previous));
    previous = Clock::now();
    if (found % kInterruptInterval == 0 && interrupted()) return interrupted_error();
  }
  ASHLAR_TRY(entries.status());
  if (found != settings_.entries) {
    return Status::corruption("the scan did not find every entry; please report this");
  }
  return WorkloadResult{"scan", found, rate(found, begin), summarize(latencies_ns)};
}

Status Benchmark::run(const std::function<void(const WorkloadResult&)>& report) {
  const uint64_t n = settings_.entries;
  const auto run_one = [&](const char* name, uint64_t operations, const Operation& operation) {
    auto result = measure(name, operations, operation);
    if (result.ok()) report(*result);
    return result.status();
  };
  ASHLAR_TRY(run_one("fillrandom", n, write_operation(Durability::kProcess, 0)));
  ASHLAR_TRY(run_one("overwrite", n, write_operation(Durability::kProcess, n)));
  ASHLAR_TRY(
      run_one("fillsync", std::min(n, kSyncedWrites), write_operation(Durability::kDisk, 2 * n)));
  ASHLAR_TRY(run_one("readrandom", n, read_operation()));
  ASHLAR_TRY(run_one("readmissing", n, miss_operation()));
  ASHLAR_TRY(run_one("seekrandom", std::max<uint64_t>(1, n / kEntriesPerSeek), seek_operation()));
  ASHLAR_TRY_ASSIGN(const WorkloadResult scan, scan_all());
  report(scan);
  return {};
}

}  // namespace ashlar::tools
