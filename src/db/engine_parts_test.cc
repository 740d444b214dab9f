// The engine's small parts: memory plan, pacer, clock, snapshots.
#include <gtest/gtest.h>

#include <bit>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "db/expiry_clock.h"
#include "db/memory_plan.h"
#include "db/snapshot_registry.h"
#include "db/write_pacer.h"
#include "env/sim_env.h"

namespace ashlar {
namespace {

// --- MemoryPlan ----------------------------------------------------------------------------------

TEST(MemoryPlan, StaysWithinEveryBudget) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  for (std::size_t budget = 16 * kMiB; budget <= std::size_t{64} << 30; budget += budget / 7 + 1) {
    const MemoryPlan plan(budget);
    const std::size_t memtables = plan.memtable_bytes * (kMaximumImmutableMemtables + 1);
    EXPECT_LE(memtables + plan.ring_bytes + plan.cache_bytes, budget) << budget;
    EXPECT_GE(plan.memtable_bytes, kMinimumMemtableBytes);
    EXPECT_LE(plan.memtable_bytes, kMaximumMemtableBytes);
    EXPECT_EQ(plan.memtable_bytes % kPageBytes, 0u);
    EXPECT_TRUE(std::has_single_bit(plan.ring_bytes)) << budget;
    EXPECT_GE(plan.ring_bytes, kMinimumLogRingBytes);
    EXPECT_LE(plan.ring_bytes, kMaximumLogRingBytes);
    EXPECT_GE(plan.segment_bytes, plan.ring_bytes) << budget;
    EXPECT_LE(plan.segment_bytes, kMaximumLogSegmentBytes);
    EXPECT_EQ(plan.segment_bytes % kPageBytes, 0u);
    EXPECT_GE(plan.table_bytes, kMinimumTableBytes);
    EXPECT_LT(plan.table_bytes, kMaximumTableBytes);
    EXPECT_EQ(plan.merge_buffer_bytes % kPageBytes, 0u);
    EXPECT_GT(plan.cache_bytes, budget / 4);
    EXPECT_LE(plan.minimum_page_cache_bytes, plan.cache_bytes);
    EXPECT_GE(plan.minimum_page_cache_bytes, kMiB);
    EXPECT_GE(plan.runs_before_distribution, kMinimumRunsBeforeDistribution);
    EXPECT_LE(plan.runs_before_distribution, kMaximumRunsBeforeDistribution);
  }
}

TEST(MemoryPlan, TakesSmallPartsOfASmallVolume) {
  constexpr uint64_t kMiB = uint64_t{1} << 20;
  const MemoryPlan large(std::size_t{256} << 20, 64 * 1024 * kMiB);
  const MemoryPlan unknown(std::size_t{256} << 20);
  EXPECT_EQ(large.memtable_bytes, unknown.memtable_bytes);
  EXPECT_EQ(large.ring_bytes, unknown.ring_bytes);
  EXPECT_EQ(large.ballast_bytes, 0u);
  for (const uint64_t volume : {6 * kMiB, 64 * kMiB, 300 * kMiB}) {
    const MemoryPlan plan(std::size_t{256} << 20, volume);
    EXPECT_TRUE(std::has_single_bit(plan.ring_bytes)) << volume;
    EXPECT_LE(plan.ring_bytes + plan.segment_bytes + plan.memtable_bytes, volume / 10) << volume;
    EXPECT_LE(plan.table_bytes, volume / 32) << volume;
    EXPECT_EQ(plan.segment_bytes % kPageBytes, 0u);
    EXPECT_TRUE(plan.ballast_bytes == 0 || plan.ballast_bytes >= plan.memtable_bytes) << volume;
    EXPECT_EQ(plan.ballast_bytes % kPageBytes, 0u);
  }
}

// --- WritePacer ----------------------------------------------------------------------------------

constexpr uint64_t kFlushSpeed = 100'000'000;

TEST(WritePacer, CostsNothingWithoutDebt) {
  SimEnv env(1);
  WritePacer pacer(env);
  pacer.set_debt(0, 0, kFlushSpeed);
  EXPECT_EQ(pacer.pace(std::size_t{1} << 30), 0u);
  pacer.set_debt(kMaximumImmutableMemtables - 2, -1, kFlushSpeed);
  EXPECT_EQ(pacer.pace(std::size_t{1} << 30), 0u);
  EXPECT_EQ(pacer.slept_us(), 0u);
}

TEST(WritePacer, SlowsWritersToALittleLessThanTheFlush) {
  SimEnv env(1);
  WritePacer pacer(env);
  pacer.set_debt(kMaximumImmutableMemtables - 1, 0, kFlushSpeed);
  const uint64_t start = env.monotonic_ns();
  constexpr uint64_t kBytes = 10'000'000;
  uint64_t reported = 0;
  for (uint64_t written = 0; written < kBytes; written += 100) reported += pacer.pace(100);
  const double seconds = static_cast<double>(env.monotonic_ns() - start) / 1e9;
  const double speed = kBytes / seconds;
  EXPECT_LT(speed, kFlushSpeed);
  EXPECT_GT(speed, kFlushSpeed * 0.85);
  EXPECT_EQ(pacer.slept_us(), reported);
}

TEST(WritePacer, SleepsInShortSlices) {
  SimEnv env(1);
  WritePacer pacer(env);
  pacer.set_debt(kMaximumImmutableMemtables - 1, 0, kFlushSpeed);
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t slept = pacer.pace(100);
    ASSERT_TRUE(slept == 0 || (slept >= 2000 && slept < 2100)) << slept;
  }
  // Nor does one large write, or a flush that hardly moves, stop a writer for long.
  pacer.set_debt(kMaximumImmutableMemtables, 1000, 1);
  EXPECT_LE(pacer.pace(std::size_t{96} << 20), 5000u);
}

TEST(WritePacer, SlowsMoreTheMoreRunsWait) {
  SimEnv env(1);
  WritePacer pacer(env);
  const auto slept_with = [&](int excess_runs) {
    pacer.set_debt(0, excess_runs, kFlushSpeed);
    uint64_t slept = 0;
    for (int i = 0; i < 10'000; ++i) slept += pacer.pace(1000);
    return slept;
  };
  EXPECT_EQ(slept_with(0), 0u);
  const uint64_t few = slept_with(2);
  const uint64_t many = slept_with(20);
  EXPECT_GT(few, 0u);
  EXPECT_GT(many, 10 * few);
}

TEST(WritePacer, ForgetsTheDebtOnceItIsPaid) {
  SimEnv env(1);
  WritePacer pacer(env);
  pacer.set_debt(kMaximumImmutableMemtables, 0, 1000);
  EXPECT_GT(pacer.pace(1000), 0u);
  pacer.set_debt(0, 0, 1000);
  EXPECT_EQ(pacer.pace(1'000'000), 0u);
}

// --- ExpiryClock ---------------------------------------------------------------------------------

TEST(ExpiryClock, FollowsTheWallClockAndNeverGoesBack) {  // [TTL-1]
  SimEnv env(1);
  ExpiryClock clock(env);
  env.set_wall_clock_us(5'000'999);
  EXPECT_EQ(clock.now_ms(), 5000u);
  env.set_wall_clock_us(9'000'000);
  EXPECT_EQ(clock.now_ms(), 9000u);
  env.set_wall_clock_us(1'000'000);
  EXPECT_EQ(clock.now_ms(), 9000u);
  env.set_wall_clock_us(9'001'000);
  EXPECT_EQ(clock.now_ms(), 9001u);
}

TEST(ExpiryClock, NeverGoesBackForAnyOfManyThreads) {  // [TTL-1]
  SimEnv env(1);
  ExpiryClock clock(env);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      uint64_t latest = 0;
      for (uint64_t j = 0; j < 20'000; ++j) {
        if (i == 0) env.set_wall_clock_us((j * 7919 % 100'000) * 1000);
        const uint64_t now = clock.now_ms();
        ASSERT_GE(now, latest);
        latest = now;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// --- SnapshotRegistry ----------------------------------------------------------------------------

Statistics described(const SnapshotRegistry& registry, uint64_t now_ns) {
  Statistics statistics;
  registry.describe(now_ns, &statistics);
  return statistics;
}

TEST(SnapshotRegistry, KnowsWhatIsHeldUntilTheLastReleases) {  // [SNAP-1]
  SnapshotRegistry registry;
  EXPECT_EQ(registry.oldest(0), kMaximumSequence);
  EXPECT_TRUE(registry.sequences(0).empty());
  SnapshotRegistry::Hold first;
  SnapshotRegistry::Hold second;
  SnapshotRegistry::Hold third;
  registry.take(&first, 50, 1000, [] { return SequenceNumber{7}; });
  EXPECT_EQ(first.sequence, 7u);
  registry.take(&second, 100, 900, [] { return SequenceNumber{7}; });
  registry.take(&third, 200, 1100, [] { return SequenceNumber{9}; });
  EXPECT_EQ(registry.sequences(0), (std::vector<SequenceNumber>{7, 9}));
  EXPECT_EQ(registry.oldest_clock_ms(0), 900u);
  registry.release(&first);
  EXPECT_EQ(registry.oldest(0), 7u);
  registry.release(&second);
  EXPECT_EQ(registry.oldest(0), 9u);
  EXPECT_EQ(registry.sequences(0), (std::vector<SequenceNumber>{9}));
  registry.release(&third);
  EXPECT_EQ(registry.oldest(0), kMaximumSequence);
}

TEST(SnapshotRegistry, TellsSnapshotsFromTransactions) {
  constexpr uint64_t kMillisecond = 1'000'000;
  SnapshotRegistry registry;
  const std::string owner = "report";
  SnapshotRegistry::Hold snapshot;
  SnapshotRegistry::Hold transaction;
  transaction.owner = &owner;
  registry.take(&snapshot, 10 * kMillisecond, 0, [] { return SequenceNumber{7}; });
  registry.take(&transaction, 30 * kMillisecond, 0, [] { return SequenceNumber{8}; });
  const Statistics both = described(registry, 50 * kMillisecond);
  EXPECT_EQ(both.open_snapshots, 2u);
  EXPECT_EQ(both.oldest_snapshot_age_ms, 40u);
  EXPECT_EQ(both.open_transactions, 1u);
  EXPECT_EQ(both.oldest_transaction_age_ms, 20u);
  ASSERT_EQ(both.transactions.size(), 1u);
  EXPECT_EQ(both.transactions[0].owner, "report");
  EXPECT_EQ(both.transactions[0].age_ms, 20u);
  registry.release(&snapshot);
  EXPECT_EQ(described(registry, 50 * kMillisecond).oldest_snapshot_age_ms, 20u);
  registry.release(&transaction);
  EXPECT_EQ(described(registry, 50 * kMillisecond).open_snapshots, 0u);
  EXPECT_TRUE(described(registry, 50 * kMillisecond).transactions.empty());
}

TEST(SnapshotRegistry, AHoldWithAnEndHoldsNothingFromThenOn) {
  SnapshotRegistry registry;
  SnapshotRegistry::Hold mortal;
  mortal.ends_ns = 500;
  SnapshotRegistry::Hold other;
  registry.take(&mortal, 50, 900, [] { return SequenceNumber{7}; });
  registry.take(&other, 60, 1000, [] { return SequenceNumber{8}; });
  EXPECT_EQ(registry.sequences(499), (std::vector<SequenceNumber>{7, 8}));
  EXPECT_EQ(registry.oldest(499), 7u);
  EXPECT_EQ(registry.oldest_clock_ms(499), 900u);
  EXPECT_EQ(registry.sequences(500), (std::vector<SequenceNumber>{8}));
  EXPECT_EQ(registry.oldest(500), 8u);
  EXPECT_EQ(registry.oldest_clock_ms(500), 1000u);
  registry.release(&mortal);
  registry.release(&other);
}

// Whoever lists the snapshots after a sequence was read as the newest finds it there.
TEST(SnapshotRegistry, MissesNoSnapshotThatIsBeingTaken) {  // [SNAP-1]
  SnapshotRegistry registry;
  std::atomic<SequenceNumber> visible{1};
  std::atomic<SequenceNumber> taking{0};
  std::atomic<bool> done{false};
  std::thread taker([&] {
    for (uint64_t i = 0; i < 20'000; ++i) {
      SnapshotRegistry::Hold hold;
      registry.take(&hold, i, i, [&] {
        const SequenceNumber newest = visible.fetch_add(1);
        taking.store(newest);
        return newest;
      });
      taking.store(0);
      registry.release(&hold);
    }
    done = true;
  });
  while (!done) {
    const SequenceNumber seen = taking.load();
    const std::vector<SequenceNumber> held = registry.sequences(0);
    if (seen != 0 && taking.load() == seen) {
      ASSERT_EQ(held, std::vector<SequenceNumber>{seen});
    }
  }
  taker.join();
}

}  // namespace
}  // namespace ashlar
