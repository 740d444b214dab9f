// bench: a quick measurement on this machine.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "base/try.h"
#include "tools/benchmark.h"
#include "tools/command.h"
#include "tools/session.h"
#include "tools/units.h"

namespace ashlar::tools {

namespace {

constexpr uint64_t kMaximumThreads = 256;

// A folder for one measurement beside `path`, removed with all that is in it.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::filesystem::path& path)
      : path_(std::filesystem::absolute(path).lexically_normal().parent_path() /
              fmt::format("ashlar-bench-{}", getpid())) {}
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

std::string text_of(const WorkloadResult& result) {
  const LatencySummary& l = result.latency;
  return fmt::format("{:<12}{:>14}{:>10}{:>10}{:>10}{:>10}", result.name,
                     human_count(static_cast<uint64_t>(result.operations_per_second)),
                     human_nanoseconds(l.p50_ns), human_nanoseconds(l.p99_ns),
                     human_nanoseconds(l.p999_ns), human_nanoseconds(l.max_ns));
}

std::string json_of(const WorkloadResult& result) {
  const LatencySummary& l = result.latency;
  return fmt::format(
      "{{\"workload\": \"{}\", \"operations\": {}, \"operations_per_second\": {:.0f}, "
      "\"p50_ns\": {}, \"p99_ns\": {}, \"p999_ns\": {}, \"max_ns\": {}}}",
      result.name, result.operations, result.operations_per_second, l.p50_ns, l.p99_ns, l.p999_ns,
      l.max_ns);
}

Status measure(const Output& out, Database& db, const BenchmarkSettings& settings) {
  if (!out.json()) {
    out.line(fmt::format("{} of 16 + {} bytes, {}",
                         human_count(settings.entries, "entry", "entries"), settings.value_bytes,
                         human_count(settings.threads, "thread", "threads")));
    out.line(fmt::format("{:<12}{:>14}{:>10}{:>10}{:>10}{:>10}", "", "operations/s", "p50", "p99",
                         "p99.9", "longest"));
  }
  return Benchmark(db, settings).run([&](const WorkloadResult& result) {
    out.line(out.json() ? json_of(result) : text_of(result));
    out.flush();
  });
}

Status measure_here(Session& session, const BenchmarkSettings& settings) {
  ASHLAR_TRY(session.open(Access::kWrite));
  const auto first = session.db().keys({}, {.limit = 1});
  if (first.begin() != first.end()) {
    return Status::invalid_argument("the database is not empty; leave out --here");
  }
  ASHLAR_TRY(first.status());
  return measure(session.out(), session.db(), settings);
}

Status measure_beside(Session& session, const BenchmarkSettings& settings) {
  const ScratchFolder folder(session.path());
  Options options = session.options();
  options.read_only = false;
  options.create_if_missing = true;
  ASHLAR_TRY_ASSIGN(const auto db, Database::open(folder.path(), options));
  return measure(session.out(), *db, settings);
}

Outcome bench(Session& session, const Arguments& arguments) {
  BenchmarkSettings settings;
  ASHLAR_TRY_ASSIGN(settings.entries, arguments.count("--entries", settings.entries));
  ASHLAR_TRY_ASSIGN(settings.value_bytes, arguments.count("--value-bytes", settings.value_bytes));
  ASHLAR_TRY_ASSIGN(settings.threads, arguments.count("--threads", settings.threads));
  if (settings.entries == 0) return Status::invalid_argument("--entries must be at least 1");
  if (settings.threads == 0 || settings.threads > kMaximumThreads) {
    return Status::invalid_argument(fmt::format("--threads must be 1 to {}", kMaximumThreads));
  }
  ASHLAR_TRY(arguments.has("--here") ? measure_here(session, settings)
                                     : measure_beside(session, settings));
  return true;
}

}  // namespace

std::vector<Command> bench_commands() {
  return {
      {.name = "bench",
       .group = "Care",
       .summary = "Measure this machine: writes, reads, scans, with latency percentiles.",
       .details =
           "Works in a folder ashlar-bench-PID beside the database and removes it afterwards.\n"
           "fillrandom and overwrite survive the process, fillsync waits for the disk.",
       .options = {{"--entries", "N", "number of entries (200000)"},
                   {"--value-bytes", "N", "size of a value (100)"},
                   {"--threads", "N", "threads at once (1)"},
                   {"--here", "", "in the database itself, which must be empty"}},
       .access = Access::kNone,
       .run = bench},
  };
}

}  // namespace ashlar::tools
