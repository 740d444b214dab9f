#include "db/write_pacer.h"

#include <algorithm>

#include "base/limits.h"

namespace ashlar {
namespace {

// Long enough that fewer than one in a thousand of small writes sleeps, however far behind the
// background is.
constexpr uint64_t kSliceNs = 2'000'000;
constexpr uint64_t kLongestSleepNs = 5'000'000;  // for one write, however large
// Writers are slowed once this many memtables wait: from then on they write as fast as memtables
// are flushed, and a little less.
constexpr int kMemtablesBeforePacing = kMaximumImmutableMemtables - 1;
// And by this much for each excess run, squared.
constexpr uint64_t kPicosecondsPerRun = 3'000;

}  // namespace

void WritePacer::set_debt(int waiting_memtables, int excess_runs, uint64_t flush_bytes_per_second) {
  uint64_t cost = 0;
  if (waiting_memtables >= kMemtablesBeforePacing && flush_bytes_per_second > 0) {
    cost = 1'100'000'000'000 / flush_bytes_per_second;
  }
  if (excess_runs > 0) {
    const auto excess = static_cast<uint64_t>(excess_runs);
    cost = std::max(cost, excess * excess * kPicosecondsPerRun);
  }
  picoseconds_per_byte_.store(cost, std::memory_order_relaxed);
}

uint64_t WritePacer::pace(uint64_t bytes) {
  const uint64_t cost = picoseconds_per_byte_.load(std::memory_order_relaxed);
  if (cost == 0) return 0;
  const uint64_t due = bytes * cost / 1000;
  uint64_t owed = owed_ns_.fetch_add(due, std::memory_order_relaxed) + due;
  if (owed < kSliceNs) return 0;
  owed = std::min(owed_ns_.exchange(0, std::memory_order_relaxed), kLongestSleepNs);
  const uint64_t microseconds = owed / 1000;
  if (microseconds == 0) return 0;
  env_.sleep(std::chrono::microseconds(microseconds));
  slept_us_.fetch_add(microseconds, std::memory_order_relaxed);
  return microseconds;
}

}  // namespace ashlar
