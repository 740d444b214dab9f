// What a transaction costs beside the plain calls, and what a read-only one costs beside a
// snapshot; how many commits to the disk eight threads make beside one.
//
//   txbench [ENTRIES] [FOLDER]     200000 entries, in /tmp/txbench, if not given
//
// The kinds take turns slice by slice, so that a machine that slows down slows all of them, and of
// each the median slice counts.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "ashlar/database.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSlices = 40;
constexpr int kRounds = 3;
constexpr auto kSyncedTime = std::chrono::seconds(3);
constexpr int kThreads = 8;

void check(const ashlar::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "txbench: %s\n", status.to_string().c_str());
  std::exit(1);
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Kind {
  const char* name;
  std::function<void(std::size_t)> call;  // of the n-th key
  std::vector<double> slices;             // nanoseconds a call

  double median() {
    std::sort(slices.begin(), slices.end());
    return slices[slices.size() / 2];
  }
};

void measure(std::vector<Kind>* kinds, std::size_t calls) {
  const std::size_t slice = calls / kSlices;
  for (int at = 0; at < kSlices * kRounds; ++at) {
    const std::size_t first = static_cast<std::size_t>(at % kSlices) * slice;
    for (Kind& kind : *kinds) {
      const Clock::time_point start = Clock::now();
      for (std::size_t i = first; i < first + slice; ++i) kind.call(i);
      kind.slices.push_back(seconds_since(start) * 1e9 / static_cast<double>(slice));
    }
  }
}

double synced_commits_per_second(ashlar::Database& database, int threads) {
  std::atomic<uint64_t> commits{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  const Clock::time_point start = Clock::now();
  for (int writer = 0; writer < threads; ++writer) {
    writers.emplace_back([&, writer] {
      const std::string value(100, 'v');
      for (uint64_t i = 0; !stop; ++i) {
        auto tx = database.begin({.durability = ashlar::Durability::kDisk});
        check(tx.set("thread" + std::to_string(writer) + ":" + std::to_string(i), value));
        check(tx.commit());
        ++commits;
      }
    });
  }
  std::this_thread::sleep_for(kSyncedTime);
  stop = true;
  for (std::thread& writer : writers) writer.join();
  return static_cast<double>(commits) / seconds_since(start);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t entries = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200'000;
  const std::string folder = argc > 2 ? argv[2] : "/tmp/txbench";
  if (entries < kSlices) {
    std::fprintf(stderr, "txbench: takes at least %d entries\n", kSlices);
    return 2;
  }
  std::filesystem::remove_all(folder);
  ashlar::Options options;
  options.memory_budget = std::size_t{1} << 30;
  options.durability = ashlar::Durability::kProcess;
  auto opened = ashlar::Database::open(folder, options);
  check(opened.status());
  ashlar::Database& database = **opened;

  // An odd factor: each key once, in no order.
  std::vector<std::string> keys;
  for (std::size_t i = 0; i <= entries; ++i) {
    char key[32];
    std::snprintf(key, sizeof(key), "user%012zu", i * 7919 % entries);
    keys.emplace_back(key);
  }
  const std::string value(100, 'v');
  for (const std::string& key : keys) check(database.set(key, value));

  std::string got;
  std::vector<Kind> kinds = {
      {"get + set, plain",
       [&](std::size_t i) {
         check(database.get(keys[i], &got));
         check(database.set(keys[i + 1], value));
       },
       {}},
      {"get + set in a transaction",
       [&](std::size_t i) {
         auto tx = database.begin();
         check(tx.get(keys[i], &got));
         check(tx.set(keys[i + 1], value));
         check(tx.commit());
       },
       {}},
      {"snapshot and get",
       [&](std::size_t i) {
         const auto snapshot = database.snapshot();
         check(database.get(keys[i], &got, {.snapshot = &snapshot}));
       },
       {}},
      {"read-only transaction of one get",
       [&](std::size_t i) {
         auto tx = database.begin({.read_only = true});
         check(tx.get(keys[i], &got));
         check(tx.commit());
       },
       {}},
  };
  measure(&kinds, entries);
  for (Kind& kind : kinds) std::printf("%-34s %6.0f ns\n", kind.name, kind.median());
  std::printf("%-34s %6.2f\n", "transaction / plain", kinds[1].median() / kinds[0].median());
  std::printf("%-34s %6.2f\n", "read-only / snapshot", kinds[3].median() / kinds[2].median());

  const double one = synced_commits_per_second(database, 1);
  const double many = synced_commits_per_second(database, kThreads);
  std::printf("%-34s %6.0f commits/s\n", "to the disk, 1 thread", one);
  std::printf("%-34s %6.0f commits/s\n", "to the disk, 8 threads", many);
  std::printf("%-34s %6.2f\n", "8 threads / 1 thread", many / one);
  opened->reset();
  std::filesystem::remove_all(folder);
}
