#include "wal/log_writer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "env/sim_env.h"
#include "wal/log_test_support.h"

namespace ashlar {
namespace {

constexpr LogOptions kSmall{.segment_bytes = 64 << 10, .ring_bytes = 16 << 10, .prewrite = false};
constexpr LogOptions kRoomy{.segment_bytes = 1 << 20, .ring_bytes = 1 << 20, .prewrite = true};

class LogWriterTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(LogWriterTest, SyncedCommitsAreReadBackWithoutTheRing) {
  TestLog log(real_env(), folder_.path(), kRoomy);
  ASSERT_TRUE(log.create().ok());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(log.append(static_cast<std::size_t>(i) * 10).ok());
  ASSERT_TRUE(log.sync().ok());
  EXPECT_EQ(log.writer().durable(), log.writer().end());
  EXPECT_EQ(log.writer().durable() % kLogBlockBytes, 0u);
  log.drop();
  log.lose_ring();
  const Result<LogEnd> end = log.replay();
  ASSERT_TRUE(end.ok()) << end.status().to_string();
  EXPECT_EQ(log.replayed(), sequences(100));
  EXPECT_EQ(end->last_sequence, 100u);
  EXPECT_EQ(end->ring_bytes_used, 0u);
}

TEST_F(LogWriterTest, CommitsThatOnlyTheRingHoldsSurviveTheProcess) {
  TestLog log(real_env(), folder_.path(), kRoomy);
  ASSERT_TRUE(log.create().ok());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(log.append(100).ok());
  ASSERT_TRUE(log.sync().ok());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(log.append(100).ok());
  log.drop();
  Result<LogEnd> end = log.replay();
  ASSERT_TRUE(end.ok()) << end.status().to_string();
  EXPECT_EQ(log.replayed(), sequences(20));
  EXPECT_GT(end->ring_bytes_used, 1000u);

  // Twice, since a crash may come in between.
  ASSERT_TRUE(complete_newest_segment(*real_env(), log.folder(), *end).ok());
  ASSERT_TRUE(complete_newest_segment(*real_env(), log.folder(), *end).ok());
  log.lose_ring();
  end = log.replay();
  ASSERT_TRUE(end.ok()) << end.status().to_string();
  EXPECT_EQ(log.replayed(), sequences(20));
  EXPECT_EQ(end->ring_bytes_used, 0u);
}

TEST_F(LogWriterTest, RingWrapsAroundManyTimes) {
  TestLog log(real_env(), folder_.path(), kSmall);
  ASSERT_TRUE(log.create().ok());
  for (std::size_t i = 0; i < 400; ++i) {
    ASSERT_TRUE(log.append(i * 37 % 3000).ok());
    if (i % 50 != 0) continue;
    ASSERT_TRUE(log.writer().write_out(LogWriter::Reach::kStableStorage).ok());
  }
  log.drop();
  ASSERT_TRUE(log.replay().ok());
  EXPECT_EQ(log.replayed(), sequences(400));
}

TEST_F(LogWriterTest, AFullRingIsWrittenPieceByPieceAndWaitsForOneOnly) {  // [LOG-11]
  constexpr std::size_t kRing = 4 << 20;
  constexpr std::size_t kCommits = 1000;
  TestLog log(real_env(), folder_.path(), {.segment_bytes = 8 * kRing, .ring_bytes = kRing});
  ASSERT_TRUE(log.create().ok());
  std::size_t pieces = 0;
  for (std::size_t i = 0; i < kCommits; ++i) {
    const uint64_t written = log.writer().written();
    ASSERT_TRUE(log.append(i * 37 % 30'000).ok());
    if (log.writer().written() == written) continue;
    ++pieces;
    EXPECT_GE(log.writer().end() - log.writer().written(), kRing / 2) << i;
  }
  EXPECT_GE(pieces, 5);
  log.drop();
  ASSERT_TRUE(log.replay().ok());
  EXPECT_EQ(log.replayed(), sequences(kCommits));
}

// [LOG-6] What was moved out of the ring to make room is in a segment, and durable with the next
// sync, whether anything was appended since or not.
TEST_F(LogWriterTest, WhatIsOnlyWrittenOutIsMadeDurableByASync) {
  TestLog log(real_env(), folder_.path(), kRoomy);
  ASSERT_TRUE(log.create().ok());
  const uint64_t start = log.writer().durable();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(log.append(100).ok());
  ASSERT_TRUE(log.writer().write_out(LogWriter::Reach::kSegments).ok());
  EXPECT_EQ(log.writer().written(), log.writer().end());
  EXPECT_EQ(log.writer().durable(), start);
  ASSERT_TRUE(log.sync().ok());
  EXPECT_EQ(log.writer().durable(), log.writer().end());
  ASSERT_TRUE(log.append(100).ok());
  ASSERT_TRUE(log.writer().write_out(LogWriter::Reach::kSegments).ok());
  ASSERT_TRUE(log.append(100).ok());
  ASSERT_TRUE(log.writer().write_out(LogWriter::Reach::kStableStorage).ok());
  EXPECT_EQ(log.writer().durable(), log.writer().end());
  log.drop();
  log.lose_ring();
  ASSERT_TRUE(log.replay().ok());
  EXPECT_EQ(log.replayed(), sequences(12));
}

TEST_F(LogWriterTest, AnAppendWaitsForRoomBesideAThreadThatWritesPieces) {
  constexpr std::size_t kRing = 2 << 20;
  constexpr std::size_t kCommits = 2000;
  TestLog log(real_env(), folder_.path(), {.segment_bytes = 2 * kRing, .ring_bytes = kRing});
  ASSERT_TRUE(log.create().ok());
  std::atomic<bool> stop{false};
  std::thread background([&] {
    while (!stop.load()) {
      EXPECT_TRUE(log.writer().write_out(LogWriter::Reach::kSegments).ok());
      EXPECT_TRUE(log.writer().write_out(LogWriter::Reach::kStableStorage).ok());
    }
  });
  for (std::size_t i = 0; i < kCommits; ++i) EXPECT_TRUE(log.append(i * 37 % 30'000).ok()) << i;
  stop.store(true);
  background.join();
  EXPECT_TRUE(log.sync().ok());
  log.drop();
  log.lose_ring();
  ASSERT_TRUE(log.replay().ok());
  EXPECT_EQ(log.replayed(), sequences(kCommits));
}

TEST_F(LogWriterTest, FramesLargerThanTheRingAndThanASegmentAreWrittenThrough) {
  TestLog log(real_env(), folder_.path(), kSmall);
  ASSERT_TRUE(log.create().ok());
  const std::size_t sizes[] = {100,         16300, 16384 - 60, 40000,     10,      65450,
                               65536,       200,   300000,     5,         1 << 21, 61000,
                               131072 - 43, 1,     8192,       65536 - 43};
  for (const std::size_t bytes : sizes) ASSERT_TRUE(log.append(bytes).ok()) << bytes;
  log.drop();
  const Result<LogEnd> end = log.replay();
  ASSERT_TRUE(end.ok()) << end.status().to_string();
  EXPECT_EQ(log.replayed(), sequences(std::size(sizes)));
}

TEST_F(LogWriterTest, EveryFrameSizeAroundASegmentsEndFits) {
  for (std::size_t bytes = 65536 - 100; bytes <= 65536; ++bytes) {
    SimEnv sim(1);
    TestLog log(&sim, "/", kSmall);
    ASSERT_TRUE(log.create().ok());
    ASSERT_TRUE(log.append(bytes).ok()) << bytes;
    ASSERT_TRUE(log.append(1).ok()) << bytes;
    log.drop();
    ASSERT_TRUE(log.replay().ok()) << bytes;
    ASSERT_EQ(log.replayed(), sequences(2)) << bytes;
  }
}

TEST_F(LogWriterTest, EverySizeBeforeABorderIsPaddedToOne) {
  TestLog log(real_env(), folder_.path(), kSmall);
  ASSERT_TRUE(log.create().ok());
  for (std::size_t bytes = 4096 - 70; bytes <= 4096; ++bytes) {
    ASSERT_TRUE(log.append(bytes).ok());
    ASSERT_TRUE(log.sync().ok());
    ASSERT_EQ(log.writer().durable(), log.writer().end());
  }
  log.drop();
  log.lose_ring();
  ASSERT_TRUE(log.replay().ok());
  EXPECT_EQ(log.replayed(), sequences(71));
}

TEST_F(LogWriterTest, ARingThatIsFullToTheLastByteStillTakesItsPadding) {
  for (std::size_t bytes = (16 << 10) - 90; bytes <= 16 << 10; ++bytes) {
    SimEnv sim(1);
    TestLog log(&sim, "/", kSmall);
    ASSERT_TRUE(log.create().ok());
    ASSERT_TRUE(log.append(bytes).ok());
    ASSERT_TRUE(log.sync().ok());
    log.drop();
    log.lose_ring();
    ASSERT_TRUE(log.replay().ok()) << bytes;
    ASSERT_EQ(log.replayed(), sequences(1)) << bytes;
  }
}

TEST_F(LogWriterTest, ThreadsShareSyncsAndEachFindsItsCommitDurable) {
  TestLog log(real_env(), folder_.path(), kSmall);
  ASSERT_TRUE(log.create().ok());
  LogWriter& writer = log.writer();
  std::mutex order;
  SequenceNumber sequence = 0;
  std::atomic<bool> stop{false};
  std::thread background([&] {
    while (!stop.load()) EXPECT_TRUE(writer.write_out(LogWriter::Reach::kStableStorage).ok());
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        uint64_t end = 0;
        {
          const std::lock_guard lock(order);
          const TestCommit commit = make_commit(++sequence, static_cast<std::size_t>(t * 300));
          ASSERT_TRUE(writer.append(sequence, commit.operations, commit.digest, &end).ok());
        }
        ASSERT_TRUE(writer.sync(end).ok());
        EXPECT_GE(writer.durable(), end);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  stop.store(true);
  background.join();
  log.drop();
  log.lose_ring();
  std::size_t commits = 0;
  const Result<LogEnd> end = replay_log(*real_env(), log.folder(), 0, [&](const LogFrame& frame) {
    EXPECT_EQ(frame.sequence, ++commits);
    return Status();
  });
  ASSERT_TRUE(end.ok()) << end.status().to_string();
  EXPECT_EQ(commits, 400u);
}

TEST_F(LogWriterTest, AReaderBesideARunningWriterSeesAnUnbrokenPrefix) {
  TestLog log(real_env(), folder_.path(), kSmall);
  ASSERT_TRUE(log.create().ok());
  std::atomic<SequenceNumber> appended{0};
  std::thread thread([&] {
    for (std::size_t i = 0; i < 600; ++i) {
      ASSERT_TRUE(log.append(i * 13 % 900).ok());
      if (i % 5 == 0) {
        ASSERT_TRUE(log.writer().write_out(LogWriter::Reach::kStableStorage).ok());
      }
      appended.store(i + 1);
    }
  });
  SequenceNumber last = 0;
  while (last < 600) {
    const SequenceNumber before = appended.load();
    last = 0;
    const Result<LogEnd> end =
        replay_log(*real_env(), folder_.path(), 0, [&](const LogFrame& frame) {
          EXPECT_EQ(frame.sequence, ++last);
          return Status();
        });
    const bool read = end.ok() || end.status().is(StatusCode::kBusy);
    EXPECT_TRUE(read) << end.status().to_string();
    if (end.ok()) {
      EXPECT_GE(last, before);
    }
    if (!read) break;
  }
  thread.join();
}

TEST_F(LogWriterTest, GoesOnOverManyIncarnations) {
  TestLog log(real_env(), folder_.path(), kSmall);
  ASSERT_TRUE(log.create().ok());
  for (std::size_t incarnation = 0; incarnation < 12; ++incarnation) {
    log.remove_leftovers = incarnation % 2 == 0;
    for (std::size_t i = 0; i < incarnation * 7 % 40; ++i) ASSERT_TRUE(log.append(i * 70).ok());
    if (incarnation % 3 == 0) {
      ASSERT_TRUE(log.writer().write_out(LogWriter::Reach::kStableStorage).ok());
    }
    const SequenceNumber last = log.last_sequence();
    const Status reopened = log.reopen();
    ASSERT_TRUE(reopened.ok()) << incarnation << ": " << reopened.to_string();
    ASSERT_EQ(log.replayed(), sequences(last));
  }
}

TEST_F(LogWriterTest, StartsAtTheNextBorderBehindTheGivenPosition) {
  TestLog log(real_env(), folder_.path(), kSmall);
  ASSERT_TRUE(log.create(10000).ok());
  EXPECT_EQ(log.writer().end(), 12288u);
}

TEST_F(LogWriterTest, AnUnusedPreparedSegmentDoesNotDisturbTheNextIncarnation) {
  TestLog log(real_env(), folder_.path(), kSmall);
  ASSERT_TRUE(log.create().ok());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(log.append(4000).ok());
  ASSERT_TRUE(log.writer().write_out(LogWriter::Reach::kStableStorage).ok());
  ASSERT_EQ(log.writer().statistics().segments, 3u);  // one in use, one made ahead, the reserve
  log.remove_leftovers = false;
  for (int i = 0; i < 3; ++i) {
    const Status reopened = log.reopen();
    ASSERT_TRUE(reopened.ok()) << reopened.to_string();
    ASSERT_TRUE(log.append(10).ok());
  }
  log.drop();
  const Result<LogEnd> end = log.replay();
  ASSERT_TRUE(end.ok()) << end.status().to_string();
  EXPECT_EQ(log.replayed(), sequences(13));
  EXPECT_EQ(end->leftovers, (std::vector<uint64_t>{2, 3}));
}

TEST_F(LogWriterTest, ReleaseKeepsTwoSegmentsForReuseAndRemovesTheOthers) {
  TestLog log(real_env(), folder_.path(), kSmall);
  ASSERT_TRUE(log.create().ok());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(log.append(4000).ok());
  ASSERT_TRUE(log.sync().ok());
  const uint64_t segments = log.writer().statistics().segments;
  ASSERT_GE(segments, 7u);
  ASSERT_TRUE(log.writer().release(log.end()).ok());
  const LogStatistics statistics = log.writer().statistics();
  EXPECT_LE(statistics.segments, 4u);
  uint64_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(log.folder())) {
    files += entry.path().extension() == ".log" ? 1 : 0;
  }
  EXPECT_EQ(files, statistics.segments);
  EXPECT_EQ(statistics.segment_bytes,
            statistics.segments * (kLogBlockBytes + kSmall.segment_bytes));
}

TEST_F(LogWriterTest, AsManySpareSegmentsAsWantedAreKeptUntilTheyAreDropped) {
  LogOptions options = kSmall;
  options.spare_segments = 4;
  TestLog log(real_env(), folder_.path(), options);
  ASSERT_TRUE(log.create().ok());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(log.append(4000).ok());
  ASSERT_TRUE(log.sync().ok());
  EXPECT_FALSE(log.writer().drop_spares());
  ASSERT_TRUE(log.writer().release(log.end()).ok());
  const uint64_t kept = log.writer().statistics().segments;
  EXPECT_TRUE(log.writer().drop_spares());
  EXPECT_EQ(log.writer().statistics().segments, kept - options.spare_segments);
  EXPECT_FALSE(log.writer().drop_spares());
  const uint64_t released = log.end();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(log.append(4000).ok());
  log.drop();
  ASSERT_TRUE(log.replay(released).ok());
  EXPECT_EQ(log.replayed().size(), 50u);
}

TEST_F(LogWriterTest, ASegmentMadeAheadCanBeDroppedAndIsMadeAgain) {
  TestLog log(real_env(), folder_.path(), kSmall);
  ASSERT_TRUE(log.create().ok());
  ASSERT_TRUE(log.append(16'000).ok());
  ASSERT_TRUE(log.writer().write_out(LogWriter::Reach::kSegments).ok());  // makes the next
  const uint64_t with_next = log.writer().statistics().segments;
  log.writer().drop_next_segment();
  EXPECT_EQ(log.writer().statistics().segments, with_next - 1);
  log.writer().drop_next_segment();  // there is none
  EXPECT_EQ(log.writer().statistics().segments, with_next - 1);
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 7; ++i) ASSERT_TRUE(log.append(4000).ok());
    ASSERT_TRUE(log.writer().write_out(LogWriter::Reach::kSegments).ok());
    log.writer().drop_next_segment();
    if (round % 5 != 4) continue;
    log.drop();
    ASSERT_TRUE(log.reopen().ok());
    ASSERT_EQ(log.replayed(), sequences(log.last_sequence()));
  }
}

TEST_F(LogWriterTest, ReleaseKeepsWhatIsNotWhollyBeforeThePosition) {
  TestLog log(real_env(), folder_.path(), kSmall);
  ASSERT_TRUE(log.create().ok());
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(log.append(4000).ok());
  const uint64_t from = log.end();
  const SequenceNumber first = log.last_sequence() + 1;
  for (int i = 0; i < 70; ++i) ASSERT_TRUE(log.append(4000).ok());
  ASSERT_TRUE(log.writer().release(from).ok());
  log.drop();
  const Result<LogEnd> end = log.replay(from);
  ASSERT_TRUE(end.ok()) << end.status().to_string();
  EXPECT_EQ(log.replayed(), sequences(100, first));
  EXPECT_TRUE(log.replay(0).status().is(StatusCode::kCorruption));
}

TEST_F(LogWriterTest, ReusedSegmentsNeverBringBackOldFrames) {
  TestLog log(real_env(), folder_.path(), kSmall);
  ASSERT_TRUE(log.create().ok());
  uint64_t from = 0;
  SequenceNumber first = 1;
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < 23; ++i) ASSERT_TRUE(log.append(4000).ok());
    ASSERT_TRUE(log.sync().ok());
    const SequenceNumber durable = log.last_sequence();
    const uint64_t end = log.end();
    if (round % 3 == 2) {
      ASSERT_TRUE(log.append(200).ok());
      log.drop();
      log.lose_ring();
      const Status reopened = log.reopen(from);
      ASSERT_TRUE(reopened.ok()) << reopened.to_string();
      ASSERT_EQ(log.replayed(), sequences(durable, first));
    }
    from = end;
    first = durable + 1;
    ASSERT_TRUE(log.writer().release(from).ok());
  }
  EXPECT_LE(log.writer().statistics().segments, 6u);
}

// --- Segments whose files others keep [LOG-13] ---

bool has_header(const std::string& path) {
  return read_whole(path).substr(0, kSegmentHeaderBytes) != std::string(kSegmentHeaderBytes, '\0');
}

TEST_F(LogWriterTest, ASharedSegmentIsNeverWrittenAgain) {  // [LOG-13]
  LogOptions options = kSmall;
  options.spare_segments = 100;
  TestLog log(real_env(), folder_.path(), options);
  ASSERT_TRUE(log.create().ok());
  const uint64_t from = log.end();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(log.append(4000).ok());
  ASSERT_TRUE(log.sync().ok());
  const std::vector<SegmentInfo> segments = log.writer().segments_within(from, log.end());
  ASSERT_GE(segments.size(), 5u);
  std::map<std::string, std::string> kept;
  for (const SegmentInfo& info : segments) {
    if (info.number % 2 != 0) continue;
    const std::string path = folder_.path() + "/kept" + std::to_string(info.number);
    ASSERT_TRUE(log.writer().share(info.number, path).ok());
    kept[path] = read_whole(path);
    EXPECT_EQ(kept[path], read_whole(log.segment(info.number)));
  }
  ASSERT_TRUE(log.writer().release(log.end()).ok());
  for (const SegmentInfo& info : segments) {
    EXPECT_EQ(std::filesystem::exists(log.segment(info.number)), info.number % 2 != 0);
  }
  // Those that are spare now are used again.
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(log.append(4000).ok());
  ASSERT_TRUE(log.sync().ok());
  for (const auto& [path, bytes] : kept) EXPECT_EQ(read_whole(path), bytes);
}

TEST_F(LogWriterTest, ASharedSegmentIsNotWrittenInTheNextIncarnationEither) {  // [LOG-13]
  LogOptions options = kSmall;
  options.spare_segments = 100;
  TestLog log(real_env(), folder_.path(), options);
  ASSERT_TRUE(log.create().ok());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(log.append(4000).ok());
  ASSERT_TRUE(log.sync().ok());
  const uint64_t number = log.writer().segments_within(0, log.end()).at(2).number;
  const std::string path = folder_.path() + "/kept";
  ASSERT_TRUE(log.writer().share(number, path).ok());
  ASSERT_TRUE(log.reopen().ok());
  ASSERT_TRUE(log.writer().release(log.end()).ok());
  EXPECT_FALSE(std::filesystem::exists(log.segment(number)));
  EXPECT_TRUE(has_header(path));
}

TEST_F(LogWriterTest, SegmentsWithinAPartOfTheLogAreWhollyThere) {
  TestLog log(real_env(), folder_.path(), kSmall);
  ASSERT_TRUE(log.create().ok());
  EXPECT_TRUE(log.writer().segments_within(0, log.end()).empty());
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(log.append(4000).ok());
  const std::vector<SegmentInfo> all = log.writer().segments_within(0, log.end());
  ASSERT_EQ(all.size(), log.end() / kSmall.segment_bytes);
  ASSERT_GE(all.size(), 2u);
  EXPECT_EQ(log.writer().segments_within(1, log.end()).size(), all.size() - 1);
  EXPECT_EQ(log.writer().segments_within(0, all.back().end() - 1).size(), all.size() - 1);
  EXPECT_EQ(log.writer().segments_within(0, all.back().end()), all);
}

TEST_F(LogWriterTest, LongSegmentsAreTwiceAsLongAndNotKeptAsSpares) {
  TestLog log(real_env(), folder_.path(), kSmall);
  ASSERT_TRUE(log.create().ok());
  log.writer().use_long_segments(true);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(log.append(4000).ok());
  const std::vector<SegmentInfo> segments = log.writer().segments_within(0, log.end());
  ASSERT_GE(segments.size(), 3u);
  EXPECT_EQ(segments.front().capacity, kSmall.segment_bytes);  // the first was there before
  EXPECT_EQ(segments.back().capacity, 2 * kSmall.segment_bytes);
  ASSERT_TRUE(log.sync().ok());
  ASSERT_TRUE(log.writer().release(log.end()).ok());
  EXPECT_FALSE(std::filesystem::exists(log.segment(segments.back().number)));
  log.writer().use_long_segments(false);
  const uint64_t from = log.end();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(log.append(4000).ok());
  EXPECT_EQ(log.writer().segments_within(from, log.end()).back().capacity, kSmall.segment_bytes);
  log.drop();
  ASSERT_TRUE(log.replay(from).ok());
  EXPECT_EQ(log.replayed(), sequences(200, 101));
}

TEST_F(LogWriterTest, WhereLinksCanNotBeMadeSegmentsAreUsedAgain) {
  SimEnv sim(1);
  ASSERT_TRUE(sim.create_folder("/log").ok());
  LogOptions options = kSmall;
  options.spare_segments = 100;
  TestLog log(&sim, "/log", options);
  ASSERT_TRUE(log.create().ok());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(log.append(4000).ok());
  ASSERT_TRUE(log.sync().ok());
  const std::vector<SegmentInfo> segments = log.writer().segments_within(0, log.end());
  ASSERT_GE(segments.size(), 4u);
  sim.inject({.call = SimCall::kLink, .code = StatusCode::kIoError});
  const uint64_t links = sim.calls(SimCall::kLink);
  EXPECT_TRUE(log.writer().share(segments[0].number, "/log/a").is(StatusCode::kIoError));
  EXPECT_TRUE(log.writer().share(segments[1].number, "/log/b").is(StatusCode::kUnsupported));
  EXPECT_EQ(sim.calls(SimCall::kLink), links + 1);
  ASSERT_TRUE(log.writer().release(log.end()).ok());
  EXPECT_TRUE(sim.exists(log.segment(segments[1].number)).value());  // a spare
}

TEST_F(LogWriterTest, TellsWhereTheOperationsOfTheLastFrameBegin) {
  TestLog log(real_env(), folder_.path(), kSmall);
  ASSERT_TRUE(log.create().ok());
  for (const std::size_t bytes : {10, 4000, 20'000, 200'000, 30}) {  // larger than the ring, too
    ASSERT_TRUE(log.append(bytes).ok());
    const uint64_t at = log.writer().last_operations();
    ASSERT_TRUE(log.sync().ok());
    const std::string operations = make_commit(log.last_sequence(), bytes).operations;
    const auto listing = list_segments(*real_env(), log.folder());
    ASSERT_TRUE(listing.ok());
    std::string found;
    for (const SegmentInfo& info : listing->segments) {
      if (at < info.start || at >= info.end()) continue;
      found = read_whole(log.segment(info.number)).substr(info.offset_of(at), operations.size());
    }
    EXPECT_EQ(found, operations) << bytes;
  }
}

// Whoever makes the log durable in time hears of commits that are larger than the ring, too, and of
// what was appended while it went to a segment.
TEST_F(LogWriterTest, ListenerIsCalledForAllThatIsNotDurable) {
  TestLog log(real_env(), folder_.path(), {.segment_bytes = 4 << 20, .ring_bytes = 64 << 10});
  ASSERT_TRUE(log.create().ok());
  int first = 0;
  log.writer().set_dirty_listener([&](bool is_urgent) { first += is_urgent ? 0 : 1; });
  ASSERT_TRUE(log.append(200 << 10).ok());
  EXPECT_EQ(first, 1);
  ASSERT_TRUE(log.writer().write_out(LogWriter::Reach::kStableStorage).ok());
  EXPECT_EQ(log.writer().durable(), log.writer().end());
  ASSERT_TRUE(log.append(100).ok());
  EXPECT_EQ(first, 2);
  ASSERT_TRUE(log.writer().write_out(LogWriter::Reach::kSegments).ok());
  ASSERT_TRUE(log.append(100).ok());
  EXPECT_EQ(first, 2) << "who has heard of the one before makes this one durable, too";
  ASSERT_TRUE(log.writer().write_out(LogWriter::Reach::kStableStorage).ok());
  EXPECT_EQ(log.writer().durable(), log.writer().end());
  ASSERT_TRUE(log.append(100).ok());
  EXPECT_EQ(first, 3);
}

TEST_F(LogWriterTest, ListenerIsCalledOncePerTransitionAndOnceWhenMuchWaits) {
  TestLog log(real_env(), folder_.path(), kRoomy);
  ASSERT_TRUE(log.create().ok());
  int first = 0;
  int urgent = 0;
  log.writer().set_dirty_listener([&](bool is_urgent) { ++(is_urgent ? urgent : first); });
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(log.append(1000).ok());
  EXPECT_EQ(first, 1);
  EXPECT_EQ(urgent, 0);
  for (int i = 0; i < 400; ++i) ASSERT_TRUE(log.append(1000).ok());
  EXPECT_EQ(first, 1);
  EXPECT_EQ(urgent, 1);
  ASSERT_TRUE(log.writer().write_out(LogWriter::Reach::kStableStorage).ok());
  ASSERT_TRUE(log.append(1).ok());
  EXPECT_EQ(first, 2);
  EXPECT_EQ(urgent, 1);
}

TEST_F(LogWriterTest, WritesNothingTwice) {
  TestLog log(real_env(), folder_.path(), kRoomy);
  ASSERT_TRUE(log.create().ok());
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(log.append(100).ok());
    ASSERT_TRUE(log.sync().ok());
    ASSERT_TRUE(log.sync().ok());
    ASSERT_TRUE(log.writer().write_out(LogWriter::Reach::kStableStorage).ok());
  }
  EXPECT_EQ(log.writer().statistics().bytes_written, log.writer().end());
  EXPECT_EQ(log.writer().statistics().syncs, 20u);
}

TEST_F(LogWriterTest, RingIsInTheBudgetAndOneOfAnotherSizeIsReplaced) {
  MemoryBudget budget(64 << 20);
  uint64_t number = 0;
  for (const std::size_t ring : {std::size_t{1} << 20, std::size_t{1} << 16}) {
    const LogOptions options{.segment_bytes = 64 << 10, .ring_bytes = ring, .prewrite = false};
    auto writer = LogWriter::create(
        *real_env(), folder_.path(), options, {0, 1}, [&] { return ++number; }, {}, &budget);
    ASSERT_TRUE(writer.ok()) << writer.status().to_string();
    EXPECT_EQ(budget.used(MemoryUse::kLog), ring);
    EXPECT_EQ(std::filesystem::file_size(folder_.path() + "/log.ring"), ring);
  }
  EXPECT_EQ(budget.used(), 0u);
}

}  // namespace
}  // namespace ashlar
