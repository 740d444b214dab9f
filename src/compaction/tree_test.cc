// Flushes and merges of random trees against a model that keeps every write: whatever they do,
// nobody may notice.
#include <gtest/gtest.h>

#include "compaction/compaction_test_support.h"
#include "compaction/value_references.h"

namespace ashlar {
namespace {

// All runs or none, to fragments or bottoms at will.
std::optional<MergePlan> random_plan(const TestTree& tree, std::mt19937_64& random) {
  const auto version = tree.versions.current();
  switch (random() % 4) {
    case 0:
      return pick_merge(version, tree.picker_state(random() % 2 == 0));
    case 1:
      return plan_full_merge(version, tree.picker_state(true));
    default:
      break;
  }
  MergePlan plan;
  plan.base = version;
  const bool with_runs = random() % 3 != 0;
  if (with_runs) plan.runs = version->runs;
  for (std::size_t i = 0; i < version->partitions.size(); ++i) {
    if (with_runs || random() % 2 == 0)
      plan.targets.push_back({i, !with_runs || random() % 2 == 0});
  }
  for (const auto& [number, file] : version->value_files) {
    if (random() % 3 == 0) plan.relocated_value_files.insert(number);
  }
  if (plan.runs.empty() && plan.targets.empty()) return std::nullopt;
  return plan;
}

TEST(Tree, ReadsAsWrittenAfterEveryFlushAndMerge) {  // [KEEP-1] [KEEP-2] [VER-1] [VER-2] [VER-3]
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    std::mt19937_64 random(seed);
    TestTree tree(seed);
    for (int round = 0; round < 25; ++round) {
      write_randomly(tree, random, static_cast<int>(random() % 300));
      const Status flushed = tree.flush(random() % 2 == 0);
      ASSERT_TRUE(flushed.ok()) << flushed.to_string();
      tree.now_ms += random() % 60;
      if (random() % 3 == 0 && !tree.snapshots.empty()) {
        tree.snapshots.erase(tree.snapshots.begin() +
                             static_cast<std::ptrdiff_t>(random() % tree.snapshots.size()));
      }
      if (const auto plan = random_plan(tree, random)) {
        if (random() % 3 == 0) {
          // A flush overtakes the merge.
          write_randomly(tree, random, 50);
          tree.before_apply = [&] {
            tree.before_apply = nullptr;
            ASSERT_TRUE(tree.flush().ok());
          };
        }
        const Status merged = tree.merge(*plan);
        ASSERT_TRUE(merged.ok()) << plan->reason << ": " << merged.to_string();
      }
      tree.before_apply = nullptr;
      ASSERT_TRUE(tree.flush().ok());
      tree.expect_reads_as_written();
      tree.expect_tree_is_sound();
      if (HasFatalFailure()) FAIL() << "seed " << seed << ", round " << round;
    }
    tree.expect_files_match_version();
  }
}

TEST(Tree, AFullMergeLeavesOneVersionOfEachLiveKeyAndNothingElse) {  // [KEEP-2]
  std::mt19937_64 random(3);
  TestTree tree;
  for (int i = 0; i < 10; ++i) {
    write_randomly(tree, random, 300);
    ASSERT_TRUE(tree.flush().ok());
  }
  tree.snapshots.clear();
  ASSERT_TRUE(tree.merge_everything().ok());
  const auto version = tree.versions.current();
  EXPECT_TRUE(version->runs.empty());
  EXPECT_TRUE(version->range_tombstones().empty());
  uint64_t entries = 0;
  uint64_t tombstones = 0;
  for (const auto& table : version->all_tables()) {
    entries += table->summary.entry_count;
    tombstones += table->summary.tombstone_count;
  }
  EXPECT_EQ(tombstones, 0u);
  EXPECT_EQ(entries, tree.walk(kMaximumSequence).size());
  tree.expect_reads_as_written();
}

TEST(Tree, PartitionsAreJoinedWhenTheyHaveShrunk) {
  TestTree tree;
  for (int i = 100; i < 400; ++i) tree.set("key" + std::to_string(i), std::string(300, 'v'));
  ASSERT_TRUE(tree.flush(true).ok());
  const std::size_t before = tree.versions.current()->partitions.size();
  ASSERT_GT(before, 5u);
  for (int i = 100; i < 400; ++i) {
    if (i % 10 != 0) tree.del("key" + std::to_string(i));
  }
  tree.context.table_bytes = 65536;
  ASSERT_TRUE(tree.flush().ok());
  ASSERT_TRUE(tree.merge_everything().ok());
  EXPECT_LT(tree.versions.current()->partitions.size(), before / 2);
  tree.expect_reads_as_written();
  tree.expect_tree_is_sound();
}

TEST(Tree, AnEmptiedTreeTakesWritesAgain) {
  TestTree tree;
  for (int i = 100; i < 400; ++i) tree.set("key" + std::to_string(i), std::string(300, 'v'));
  ASSERT_TRUE(tree.flush(true).ok());
  tree.del_range("", "");
  ASSERT_TRUE(tree.flush().ok());
  ASSERT_TRUE(tree.merge_everything().ok());
  EXPECT_TRUE(tree.versions.current()->all_tables().empty());
  EXPECT_EQ(tree.versions.current()->partitions.size(), 1u);
  tree.expect_files_match_version();
  for (int i = 150; i < 300; ++i) tree.set("key" + std::to_string(i), "again");
  ASSERT_TRUE(tree.flush(true).ok());
  tree.expect_reads_as_written();
  ASSERT_TRUE(tree.merge_everything().ok());
  tree.expect_reads_as_written();
}

TEST(Tree, PartitionsOfAQueueDoNotAddUp) {
  TestTree tree;
  std::size_t most = 0;
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < 100; ++i) {
      tree.set("key" + std::to_string(10'000 + round * 100 + i), std::string(200, 'v'));
    }
    ASSERT_TRUE(tree.flush(true).ok());
    for (int i = 0; i < 100; ++i) tree.del("key" + std::to_string(10'000 + round * 100 + i));
    ASSERT_TRUE(tree.flush(true).ok());
    while (const auto plan = pick_merge(tree.versions.current(), tree.picker_state(true))) {
      ASSERT_TRUE(tree.merge(*plan).ok());
    }
    most = std::max(most, tree.versions.current()->partitions.size());
  }
  EXPECT_LT(most, 10u);
  tree.expect_reads_as_written();
  tree.expect_tree_is_sound();
}

// --- Flush ---------------------------------------------------------------------------------------

TEST(Flush, SequentialLoadsGoStraightToTheBottom) {
  TestTree tree;
  int key = 10'000;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 200; ++i) tree.set("key" + std::to_string(key++), std::string(100, 'v'));
    ASSERT_TRUE(tree.flush(true).ok());
  }
  const auto version = tree.versions.current();
  EXPECT_TRUE(version->runs.empty());
  for (const auto& partition : version->partitions) EXPECT_TRUE(partition->fragments.empty());
  tree.expect_reads_as_written();
  tree.expect_tree_is_sound();
}

TEST(Flush, SoDoDescendingLoadsAndThoseBetween) {
  TestTree tree;
  const auto load = [&](int from) {
    for (int i = from; i < from + 100; ++i) {
      tree.set("key" + std::to_string(i), std::string(100, 'v'));
    }
    ASSERT_TRUE(tree.flush(true).ok());
    tree.expect_reads_as_written();
    tree.expect_tree_is_sound();
  };
  for (const int from : {5000, 4000, 3000, 4500, 1000, 9000, 2000}) load(from);
  EXPECT_TRUE(tree.versions.current()->runs.empty());
}

TEST(Flush, WhatOverlapsAnythingBecomesARun) {
  TestTree tree;
  tree.set("b", "1");
  tree.set("d", "1");
  ASSERT_TRUE(tree.flush(true).ok());
  EXPECT_TRUE(tree.versions.current()->runs.empty());
  tree.set("c", "2");
  ASSERT_TRUE(tree.flush(true).ok());
  EXPECT_EQ(tree.versions.current()->runs.size(), 1u);
  tree.set("a", "3");
  tree.del_range("x", "y");
  ASSERT_TRUE(tree.flush(true).ok());
  EXPECT_EQ(tree.versions.current()->runs.size(), 3u);  // range tombstones have one of their own
  tree.expect_reads_as_written();
}

TEST(Flush, AFlushThatFailsLeavesNoFileAndCanBeRepeated) {  // [FLUSH-1]
  for (const SimCall call :
       {SimCall::kOpen, SimCall::kWrite, SimCall::kSync, SimCall::kSyncFolder}) {
    for (uint64_t skip = 0; skip < 40; ++skip) {
      TestTree tree;
      tree.set("old", "v");
      ASSERT_TRUE(tree.flush().ok());
      const auto before = tree.versions.current();
      const uint64_t log_start = tree.versions.log_bounds().start;
      for (int i = 0; i < 100; ++i) {
        tree.set("key" + std::to_string(i), std::string(i % 5 == 0 ? 2000 : 100, 'v'));
      }
      tree.env.inject({.call = call, .skip = skip, .code = StatusCode::kNoSpace});
      const Status failed = tree.flush();
      tree.env.clear_faults();
      if (failed.ok()) {
        ASSERT_GT(skip, 0u);
        break;
      }
      EXPECT_TRUE(failed.is(StatusCode::kNoSpace));
      EXPECT_EQ(tree.versions.current(), before);
      EXPECT_EQ(tree.versions.log_bounds().start, log_start);
      ASSERT_TRUE(tree.flush().ok());
      tree.expect_reads_as_written();
    }
  }
}

TEST(Flush, AMemtableThatMemoryDamagedIsRefused) {
  MemoryBudget budget(std::size_t{1} << 30);
  MemtableMemory memory(&budget);
  TestTree tree;
  auto memtable = Memtable::create(std::size_t{1} << 20, 0, &memory).value();
  Operation operation;
  operation.key = "k";
  operation.value = "value";
  std::string bytes;
  encode_operation(operation, &bytes);
  memtable->add(1, bytes, operation, hash_key("k"));
  EntryView entry;
  ASSERT_TRUE(memtable->get("k", hash_key("k"), 1, &entry));
  *const_cast<char*>(entry.value.data()) = 'V';
  FlushRequest request;
  request.memtable = memtable;
  JobReport report;
  EXPECT_TRUE(flush_memtable(tree.context, request, &report).is(StatusCode::kCorruption));
  EXPECT_TRUE(tree.files(FileType::kTable).empty());
}

// --- Merges that end early
// -------------------------------------------------------------------------

// A tree with a run over settled partitions, large enough to be stopped in.
void fill_for_merge(TestTree& tree) {
  for (int i = 10'000; i < 15'000; ++i) tree.set("key" + std::to_string(i), std::string(20, 'a'));
  ASSERT_TRUE(tree.flush(true).ok());
  for (int i = 10'000; i < 15'000; ++i) {
    tree.set("key" + std::to_string(i), std::string(i % 500 == 0 ? 1500 : 20, 'b'));
  }
  ASSERT_TRUE(tree.flush().ok());
}

TEST(Merge, StoppedInTheMiddleLeavesNothingBehind) {
  TestTree tree;
  fill_for_merge(tree);
  const auto before = tree.versions.current();
  tree.stopping = true;
  EXPECT_TRUE(tree.merge_everything().is(StatusCode::kAborted));
  EXPECT_EQ(tree.versions.current(), before);
  tree.expect_files_match_version();
  tree.stopping = false;
  ASSERT_TRUE(tree.merge_everything().ok());
  EXPECT_TRUE(tree.versions.current()->runs.empty());
}

TEST(Merge, ThatFailsLeavesNothingBehindAndCanBeRepeated) {
  TestTree tree;
  fill_for_merge(tree);
  const auto before = tree.versions.current();
  for (const SimCall call : {SimCall::kOpen, SimCall::kWrite, SimCall::kSync}) {
    for (const uint64_t skip : {0, 1, 2, 5, 10}) {
      tree.env.inject({.call = call, .skip = skip, .code = StatusCode::kNoSpace});
      EXPECT_TRUE(tree.merge_everything().is(StatusCode::kNoSpace)) << to_string(call) << skip;
      tree.env.clear_faults();
      EXPECT_EQ(tree.versions.current(), before);
      tree.expect_files_match_version();
    }
  }
  ASSERT_TRUE(tree.merge_everything().ok());
  EXPECT_TRUE(tree.versions.current()->runs.empty());
}

TEST(Merge, ReportsADamagedInputAndKeepsIt) {
  TestTree tree;
  fill_for_merge(tree);
  const auto before = tree.versions.current();
  const std::string path = before->runs[0]->tables[0]->path();
  ASSERT_TRUE(tree.env.flip_bit(path, (kPageBytes + 500) * 8).ok());
  const Status status = tree.merge_everything();
  EXPECT_TRUE(status.is(StatusCode::kCorruption)) << status.to_string();
  EXPECT_NE(status.message().find(path), std::string_view::npos) << status.to_string();
  EXPECT_EQ(tree.versions.current(), before);
  tree.expect_files_match_version();
}

// --- Value files
// -------------------------------------------------------------------------------------

TEST(ValueFiles, AreRemovedWithTheLastReferenceButNotWhilePending) {
  TestTree tree;
  tree.set("a", std::string(5000, 'a'));
  ASSERT_TRUE(tree.flush().ok());
  ASSERT_EQ(tree.files(FileType::kValues).size(), 1u);
  const uint64_t number = *tree.files(FileType::kValues).begin();
  tree.del("a");
  ASSERT_TRUE(tree.flush().ok());
  tree.pending_value_files = {number};
  ASSERT_TRUE(tree.merge_everything().ok());
  EXPECT_EQ(tree.files(FileType::kValues), std::set<uint64_t>{number});
  tree.pending_value_files.clear();
  tree.set("b", "small");
  ASSERT_TRUE(tree.flush().ok());
  ASSERT_TRUE(tree.merge_everything().ok());
  EXPECT_TRUE(tree.files(FileType::kValues).empty());
}

TEST(ValueFiles, KeepWhatASnapshotReads) {
  TestTree tree;
  tree.set("a", std::string(5000, 'a'));
  ASSERT_TRUE(tree.flush().ok());
  tree.take_snapshot();
  tree.del("a");
  ASSERT_TRUE(tree.flush().ok());
  ASSERT_TRUE(tree.merge_everything().ok());
  tree.expect_reads_as_written();
  EXPECT_EQ(tree.files(FileType::kValues).size(), 1u);
  tree.snapshots.clear();
  tree.set("b", "small");
  ASSERT_TRUE(tree.flush().ok());
  ASSERT_TRUE(tree.merge_everything().ok());
  EXPECT_TRUE(tree.files(FileType::kValues).empty());
}

TEST(ValueFiles, FullOfGarbageAreEmptiedByMovingWhatLives) {
  TestTree tree;
  for (int i = 0; i < 200; ++i) {
    tree.set("key" + std::to_string(i), std::string(3000, 'v') + std::to_string(i));
  }
  ASSERT_TRUE(tree.flush(true).ok());
  const std::set<uint64_t> first = tree.files(FileType::kValues);
  for (int i = 0; i < 200; ++i) {
    if (i % 4 != 0) tree.del("key" + std::to_string(i));
  }
  ASSERT_TRUE(tree.flush().ok());
  // First the pointers go, then the file is seen to be garbage.
  ASSERT_TRUE(tree.merge_everything().ok());
  for (int i = 0; i < 50; ++i) {
    const auto plan = pick_merge(tree.versions.current(), tree.picker_state(true));
    if (!plan) break;
    ASSERT_LT(i, 49) << "the picker finds no end: " << plan->reason;
    ASSERT_TRUE(tree.merge(*plan).ok());
  }
  for (const uint64_t number : first) {
    EXPECT_FALSE(tree.files(FileType::kValues).contains(number));
  }
  tree.expect_reads_as_written();
  tree.expect_files_match_version();
  uint64_t live = 0;
  for (const auto& [number, bytes] : referenced_bytes(*tree.versions.current())) live += bytes;
  uint64_t wanted = 0;
  for (int i = 0; i < 200; i += 4) wanted += 3000 + std::to_string(i).size();
  EXPECT_EQ(live, wanted);
}

// --- Large values that stay in the log
// ---------------------------------------------------------------

constexpr std::size_t kSegment = 64 << 10;

std::string large_value(int i, std::size_t bytes = 3000) {
  return std::string(bytes, static_cast<char>('a' + i % 26)) + std::to_string(i);
}

std::set<uint64_t> segments_kept(const TestTree& tree) {
  std::set<uint64_t> numbers;
  for (const auto& [number, file] : tree.versions.current()->value_files) {
    if (file->summary.kind == ValueFileKind::kSegment) numbers.insert(number);
  }
  return numbers;
}

void expect_values_verify(const TestTree& tree) {
  for (const auto& [number, file] : tree.versions.current()->value_files) {
    const Status verified = file->reader->verify({});
    EXPECT_TRUE(verified.ok()) << verified.to_string();
  }
}

TEST(ValuesInLog, StayInSegmentsThatAreFullOfThem) {
  TestTree tree;
  tree.start_log(kSegment);
  for (int i = 0; i < 200; ++i) tree.set("key" + std::to_string(i), large_value(i));
  const uint64_t written = tree.log().statistics().bytes_written;
  ASSERT_TRUE(tree.flush().ok());
  EXPECT_GE(segments_kept(tree).size(), 8u);  // 600 KB
  EXPECT_GE(written, 500'000u);
  tree.expect_reads_as_written();
  tree.expect_files_match_version();
  expect_values_verify(tree);
  // What lies at the ends of the memtable's log was copied, and nothing else.
  uint64_t copied = 0;
  for (const auto& [number, file] : tree.versions.current()->value_files) {
    if (file->summary.kind == ValueFileKind::kRecords) copied += file->summary.value_bytes;
  }
  EXPECT_LE(copied, 2 * kSegment);
}

TEST(ValuesInLog, AreCopiedWhereMostOfASegmentIsSomethingElse) {
  TestTree tree;
  tree.start_log(kSegment);
  for (int i = 0; i < 1000; ++i) {
    tree.set("key" + std::to_string(i), i % 10 == 0 ? large_value(i) : std::string(500, 's'));
  }
  ASSERT_TRUE(tree.flush().ok());
  EXPECT_TRUE(segments_kept(tree).empty());
  for (int i = 0; i < 200; ++i) tree.set("hot" + std::to_string(i % 5), large_value(i));
  ASSERT_TRUE(tree.flush().ok());
  EXPECT_TRUE(segments_kept(tree).empty());
  tree.expect_reads_as_written();
  tree.expect_files_match_version();
}

TEST(ValuesInLog, MayExpireBeRewrittenAndBeSeenBySnapshots) {
  TestTree tree;
  tree.start_log(kSegment);
  for (int i = 0; i < 100; ++i) {
    tree.set("key" + std::to_string(i), large_value(i), i % 3 == 0 ? tree.now_ms + 50 : 0);
  }
  tree.take_snapshot();
  for (int i = 0; i < 10; i += 2) tree.set("key" + std::to_string(i), large_value(i, 5000));
  for (int i = 1; i < 10; i += 4) tree.del("key" + std::to_string(i));
  ASSERT_TRUE(tree.flush().ok());
  EXPECT_FALSE(segments_kept(tree).empty());
  tree.expect_reads_as_written();
  tree.now_ms += 100;
  tree.expect_reads_as_written();
  ASSERT_TRUE(tree.merge_everything().ok());
  tree.expect_reads_as_written();
  tree.snapshots.clear();
  ASSERT_TRUE(tree.merge_everything().ok());
  tree.expect_reads_as_written();
  tree.expect_files_match_version();
}

TEST(ValuesInLog, AreReadFromImagesThatAFlushFills) {
  TestTree tree;
  tree.context.may_keep_image = [](std::size_t) { return true; };
  tree.start_log(kSegment);
  for (int i = 0; i < 100; ++i) tree.set("key" + std::to_string(i * 7 % 100), large_value(i));
  tree.take_snapshot();
  for (int i = 0; i < 15; ++i) tree.set("key" + std::to_string(i * 7 % 100), large_value(i, 2000));
  ASSERT_TRUE(tree.flush().ok());
  const std::set<uint64_t> kept = segments_kept(tree);
  ASSERT_FALSE(kept.empty());
  for (const uint64_t number : kept) {
    EXPECT_TRUE(tree.versions.current()->value_files.at(number)->reader->resident());
  }
  tree.expect_reads_as_written();
}

TEST(ValuesInLog, AnIdleTreePutsThemInTheOrderOfTheirKeys) {
  TestTree tree;
  tree.start_log(std::size_t{256} << 10);
  // A prime, so that every key comes once, in no order; and not too few bytes to be worth it.
  for (int i = 0; i < 997; ++i) tree.set("key" + std::to_string(i * 389 % 997), large_value(i));
  ASSERT_TRUE(tree.flush().ok());
  ASSERT_FALSE(segments_kept(tree).empty());
  EXPECT_FALSE(pick_merge(tree.versions.current(), tree.picker_state(false)));
  for (int i = 0; i < 50; ++i) {
    const auto plan = pick_merge(tree.versions.current(), tree.picker_state(true));
    if (!plan) break;
    ASSERT_LT(i, 49) << "the picker finds no end: " << plan->reason;
    ASSERT_TRUE(tree.merge(*plan).ok());
  }
  EXPECT_TRUE(segments_kept(tree).empty());
  tree.expect_reads_as_written();
  tree.expect_files_match_version();
}

TEST(ValuesInLog, OrderingSettlesEachPartitionOnce) {
  TestTree tree;
  tree.context.table_bytes = 16384;  // several partitions
  tree.start_log(std::size_t{256} << 10);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 997; ++i) {
      tree.set("key" + std::to_string(i * 389 % 997 + 1000 * round), large_value(i));
    }
    ASSERT_TRUE(tree.flush().ok());
  }
  std::map<std::string, int> orderings;
  for (int i = 0; i < 300; ++i) {
    const auto plan = pick_merge(tree.versions.current(), tree.picker_state(true));
    if (!plan) break;
    ASSERT_LT(i, 299) << "the picker finds no end: " << plan->reason;
    if (plan->optional) ++orderings[plan->base->partitions[plan->targets.front().partition]->lower];
    ASSERT_TRUE(tree.merge(*plan).ok());
  }
  EXPECT_GT(orderings.size(), 5u);
  for (const auto& [lower, count] : orderings) EXPECT_EQ(count, 1) << lower;
  EXPECT_TRUE(segments_kept(tree).empty());
  tree.expect_reads_as_written();
  tree.expect_files_match_version();
}

TEST(ValuesInLog, ThatNobodyNeedsWhenTheyAreFlushedAreNotKept) {
  for (const bool expired : {true, false}) {
    TestTree tree;
    tree.start_log(kSegment);
    for (int i = 1000; i < 1100; ++i) {
      tree.set("key" + std::to_string(i), large_value(i), expired ? tree.now_ms + 10 : 0);
    }
    if (expired) {
      tree.now_ms += 100;
    } else {
      tree.del_range("key", "key~");
    }
    ASSERT_TRUE(tree.flush(true).ok());
    EXPECT_TRUE(segments_kept(tree).empty());
    tree.expect_files_match_version();
    tree.expect_reads_as_written();
  }
}

TEST(ValuesInLog, ThatCameInTheOrderOfTheirKeysStay) {
  TestTree tree;
  tree.start_log(std::size_t{256} << 10);
  for (int i = 1000; i < 1400; ++i) tree.set("key" + std::to_string(i), large_value(i));
  ASSERT_TRUE(tree.flush(true).ok());
  const std::set<uint64_t> kept = segments_kept(tree);
  EXPECT_FALSE(kept.empty());
  EXPECT_FALSE(pick_merge(tree.versions.current(), tree.picker_state(true)));
  EXPECT_EQ(segments_kept(tree), kept);
}

TEST(ValuesInLog, AreOnStableStorageBeforeAnythingPointsToThem) {
  std::size_t checked = 0;
  for (int count = 20; count < 45; ++count) {  // so that the ring holds the end of a segment, too
    TestTree tree;
    tree.start_log(kSegment, 2 * kSegment);
    tree.env.record_history(true);
    for (int i = 0; i < count; ++i) {
      tree.set("key" + std::to_string(i), large_value(i));
      if (i != 10) continue;
      ASSERT_TRUE(tree.log().write_out(LogWriter::Reach::kSegments).ok());  // and makes the next
    }
    ASSERT_TRUE(tree.flush().ok());
    const auto after = tree.env.after_power_cut(static_cast<uint64_t>(count));
    for (const auto& [number, file] : tree.versions.current()->value_files) {
      const auto left = ValueFile::open(*after, file->path(), file->summary, &tree.budget);
      ASSERT_TRUE(left.ok()) << count << ": " << left.status().to_string();
      const Status verified = (*left)->verify({});
      EXPECT_TRUE(verified.ok()) << count << ": " << verified.to_string();
    }
    checked += segments_kept(tree).size();
  }
  EXPECT_GT(checked, 20u);
}

TEST(ValuesInLog, AFlushThatFailsLeavesNothingAndCanBeRepeated) {  // [FLUSH-1] [LOG-13]
  for (const SimCall call : {SimCall::kOpen, SimCall::kRead, SimCall::kWrite, SimCall::kSync,
                             SimCall::kLink, SimCall::kSyncFolder}) {
    for (uint64_t skip = 0; skip < 100; ++skip) {
      TestTree tree;
      tree.start_log(kSegment);
      for (int i = 0; i < 60; ++i) tree.set("key" + std::to_string(i), large_value(i));
      ASSERT_TRUE(tree.log().sync(tree.log().end()).ok());
      const auto before = tree.versions.current();
      const uint64_t calls = tree.env.calls(call);
      tree.env.inject({.call = call, .skip = skip, .code = StatusCode::kNoSpace});
      const Status flushed = tree.flush();
      const bool hit = tree.env.calls(call) > calls + skip;
      tree.env.clear_faults();
      if (!flushed.ok() && tree.versions.current() == before) {
        ASSERT_TRUE(tree.flush().ok());
      }
      tree.expect_reads_as_written();
      expect_values_verify(tree);
      if (!hit) break;
      ASSERT_LT(skip, 99u);
    }
  }
}

// What is picked must come to an end by itself, with and without snapshots.
TEST(Picking, ComesToAnEnd) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    std::mt19937_64 random(seed);
    TestTree tree(seed);
    for (int round = 0; round < 12; ++round) {
      write_randomly(tree, random, 200);
      ASSERT_TRUE(tree.flush(random() % 2 == 0).ok());
      tree.now_ms += random() % 200;
      int merges = 0;
      while (const auto plan =
                 pick_merge(tree.versions.current(), tree.picker_state(round % 2 == 0))) {
        ASSERT_TRUE(tree.merge(*plan).ok());
        ASSERT_LT(++merges, 100) << "seed " << seed << ": " << plan->reason;
      }
      tree.expect_reads_as_written();
      if (HasFatalFailure()) FAIL() << "seed " << seed << ", round " << round;
    }
  }
}

}  // namespace
}  // namespace ashlar
