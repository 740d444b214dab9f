// A quick measurement of one database: a few workloads, their rates and latencies.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ashlar/database.h"

namespace ashlar::tools {

struct BenchmarkSettings {
  uint64_t entries = 200'000;
  uint64_t value_bytes = 100;
  uint64_t threads = 1;
};

struct WorkloadResult {
  std::string name;
  uint64_t operations = 0;
  double operations_per_second = 0;
  LatencySummary latency;
};

// Percentiles of latencies in nanoseconds, in any order; sorts them.
LatencySummary summarize(std::vector<uint32_t>& latencies_ns);

// Keys are 16 bytes in random order; half of a value's bytes compress well. The reading workloads
// read what the first one wrote.
class Benchmark {
 public:
  Benchmark(Database& db, const BenchmarkSettings& settings) : db_(db), settings_(settings) {}

  // Runs every workload in turn and reports each as it ends. kAborted when interrupted.
  Status run(const std::function<void(const WorkloadResult&)>& report);

 private:
  // One operation: `prepare` fills in the key and the value for number `index`, and only `perform`
  // is timed; it returns false for a wrong answer.
  struct Operation {
    std::function<void(uint64_t index, std::string& key, std::string& value)> prepare;
    std::function<Result<bool>(const std::string& key, std::string& value)> perform;
  };
  struct Share;

  Result<WorkloadResult> measure(const char* name, uint64_t operations, const Operation& operation);
  Status run_share(Share& share, const Operation& operation) const;

  Operation write_operation(Durability durability, uint64_t first_value) const;
  Operation read_operation() const;
  Operation miss_operation() const;
  Operation seek_operation() const;
  Result<WorkloadResult> scan_all();

  Database& db_;
  BenchmarkSettings settings_;
};

}  // namespace ashlar::tools
