// The log on a disk that is full, fails or has been tampered with.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "env/sim_env.h"
#include "wal/log_dump.h"
#include "wal/log_test_support.h"

namespace ashlar {
namespace {

constexpr char kFolder[] = "/db";
constexpr LogOptions kOptions{.segment_bytes = 64 << 10, .ring_bytes = 16 << 10, .prewrite = false};

class LogFaultTest : public testing::Test {
 protected:
  LogFaultTest() {
    EXPECT_TRUE(sim_.create_folder(kFolder).ok());
    EXPECT_TRUE(log_.create().ok());
  }

  std::string contents(uint64_t number) { return *sim_.contents(log_.segment(number)); }
  void append(std::size_t bytes) { ASSERT_TRUE(log_.append(bytes).ok()); }
  void append_and_sync(std::size_t bytes) {
    append(bytes);
    ASSERT_TRUE(log_.sync().ok());
  }
  // Three segments of commits, all of it in the files alone.
  void fill_three_segments() {
    while (log_.writer().end() < 2 * kOptions.segment_bytes + 20000) append(3000);
    ASSERT_TRUE(log_.sync().ok());
    log_.drop();
    log_.lose_ring();
  }
  void expect_corruption(std::string_view place) {
    const Status status = log_.replay().status();
    EXPECT_TRUE(status.is(StatusCode::kCorruption)) << status.to_string();
    EXPECT_NE(status.message().find(place), std::string::npos) << status.to_string();
  }

  SimEnv sim_{1};
  TestLog log_{&sim_, kFolder, kOptions};
};

// --- Failing calls -----------------------------------------------------------------------------

TEST_F(LogFaultTest, AFailedSyncIsForEver) {  // [LOG-7]
  append_and_sync(10);
  append(10);
  sim_.inject({.call = SimCall::kWrite, .path_part = ".log"});
  EXPECT_TRUE(log_.sync().is(StatusCode::kIoError));
  EXPECT_TRUE(log_.sync().is(StatusCode::kReadOnly));
  const Status appended = log_.append(10);
  EXPECT_TRUE(appended.is(StatusCode::kReadOnly));
  EXPECT_NE(appended.message().find("injected"), std::string::npos) << appended.to_string();
  EXPECT_TRUE(log_.writer().write_out(LogWriter::Reach::kStableStorage).is(StatusCode::kReadOnly));
  EXPECT_TRUE(log_.writer().failure().is(StatusCode::kReadOnly));
  EXPECT_LT(log_.writer().durable(), log_.writer().end());
}

TEST_F(LogFaultTest, AFailedSyncOfWhatWasWrittenBeforeIsForEver) {  // [LOG-7]
  append(10);
  ASSERT_TRUE(log_.writer().write_out(LogWriter::Reach::kSegments).ok());
  sim_.inject({.call = SimCall::kSync, .path_part = ".log"});
  EXPECT_TRUE(log_.sync().is(StatusCode::kIoError));
  EXPECT_TRUE(log_.sync().is(StatusCode::kReadOnly));
  EXPECT_TRUE(log_.append(10).is(StatusCode::kReadOnly));
  EXPECT_LT(log_.writer().durable(), log_.writer().written());
}

// [LOG-12] The first thing that is written behind a segment shows that it was whole, or recovery
// could not tell a power cut from damage.
TEST_F(LogFaultTest, ASegmentIsDurableBeforeTheNextIsWritten) {
  const uint64_t start = log_.writer().durable();
  while (log_.writer().written() < start + kOptions.segment_bytes + kLogBlockBytes) {
    append(1000);
    ASSERT_TRUE(log_.writer().write_out(LogWriter::Reach::kSegments).ok());
  }
  EXPECT_EQ(log_.writer().durable(), start + kOptions.segment_bytes);
  SimCrash crash = sim_.crash_points();
  crash.advance_to(crash.operation_count());
  std::vector<std::string> written;
  for (const PendingChange& pending : crash.pending()) {
    if (pending.path->ends_with(".log")) written.push_back(*pending.path);
  }
  ASSERT_FALSE(written.empty());
  EXPECT_EQ(written.front(), written.back()) << "more than one segment is left to chance";
  std::vector<Fate> fates(crash.pending().size(), Fate{.kind = Fate::Kind::kAbsent});
  fates.back().kind = Fate::Kind::kWhole;
  const auto after = sim_.restart(crash.image(fates), 1);
  const Result<LogEnd> end =
      replay_log(*after, kFolder, start, [](const LogFrame&) { return Status(); });
  ASSERT_TRUE(end.ok()) << end.status().to_string();
  EXPECT_GE(end->position, start + kOptions.segment_bytes);
}

// Each write to a segment that is not durable yet may be the one that a power cut takes, though
// those behind it are there. Frames that pass through the ring piece by piece must not say that what
// lies before them was durable.
class LogPowerCut : public testing::Test {
 protected:
  void open(const LogOptions& options) {
    ASSERT_TRUE(sim_.create_folder(kFolder).ok());
    ASSERT_TRUE(sim_.sync_folder("/").ok());
    log_.emplace(&sim_, kFolder, options);
    ASSERT_TRUE(log_->create().ok());
    ASSERT_TRUE(log_->append(1000).ok());
    ASSERT_TRUE(log_->sync().ok());
    sim_.forget_history();
  }
  static bool is_log_write(const PendingChange& change) {
    return change.path != nullptr && change.path->ends_with(".log") &&
           change.kind == PendingChange::Kind::kWrite;
  }
  void expect_no_damage_wherever_it_is_cut() {
    SimCrash crash = sim_.crash_points();
    int cuts = 0;
    for (std::size_t at = 0; at <= crash.operation_count(); ++at) {
      crash.advance_to(at);
      for (std::size_t lost = 0; lost < crash.pending().size(); ++lost) {
        if (!is_log_write(crash.pending()[lost])) continue;
        std::vector<Fate> fates(crash.pending().size(), Fate{.kind = Fate::Kind::kAbsent});
        for (std::size_t i = 0; i < fates.size(); ++i) {
          if (i != lost && is_log_write(crash.pending()[i])) fates[i].kind = Fate::Kind::kWhole;
        }
        const auto after = sim_.restart(crash.image(fates), 1);
        const Status replayed =
            replay_log(*after, kFolder, 0, [](const LogFrame&) { return Status(); }).status();
        ASSERT_TRUE(replayed.ok()) << "cut at " << at << ": " << replayed.to_string();
        ++cuts;
      }
    }
    EXPECT_GT(cuts, 3);
  }

  SimEnv sim_{1};
  std::optional<TestLog> log_;
};

TEST_F(LogPowerCut, BehindPaddingThatPassesThroughTheRing) {
  open({.segment_bytes = 512 << 10, .ring_bytes = 256 << 10, .prewrite = false});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(log_->append(5000).ok());
  ASSERT_TRUE(log_->writer().write_out(LogWriter::Reach::kSegments).ok());
  ASSERT_TRUE(log_->append(450 << 10).ok());
  expect_no_damage_wherever_it_is_cut();
}

TEST_F(LogPowerCut, BehindACommitThatPassesThroughTheRing) {
  open({.segment_bytes = 4 << 20, .ring_bytes = 64 << 10, .prewrite = false});
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(log_->append(5000).ok());
  ASSERT_TRUE(log_->append(200 << 10).ok());
  expect_no_damage_wherever_it_is_cut();
}

TEST_F(LogFaultTest, AFullDiskDuringASegmentsWriteIsForEverToo) {  // [LOG-7]
  append(10);
  sim_.inject({.call = SimCall::kWrite, .code = StatusCode::kNoSpace, .path_part = ".log"});
  EXPECT_TRUE(log_.sync().is(StatusCode::kIoError));
  EXPECT_TRUE(log_.append(10).is(StatusCode::kReadOnly));
}

TEST_F(LogFaultTest, AFullDiskDelaysTheNextSegmentAndAppendsGoOnOnceThereIsRoom) {
  sim_.set_capacity(sim_.used_bytes());
  Status status;
  while (status.ok()) status = log_.append(3000);
  EXPECT_TRUE(status.is(StatusCode::kNoSpace)) << status.to_string();
  const SequenceNumber last = log_.last_sequence();
  EXPECT_GE(last, 20u);
  EXPECT_TRUE(log_.append(3000).is(StatusCode::kNoSpace));
  EXPECT_TRUE(log_.writer().write_out(LogWriter::Reach::kStableStorage).ok());
  EXPECT_TRUE(log_.writer().failure().ok());
  EXPECT_EQ(log_.last_sequence(), last);

  sim_.set_capacity(UINT64_MAX);
  for (int i = 0; i < 40; ++i) append(3000);
  log_.drop();
  const Result<LogEnd> end = log_.replay();
  ASSERT_TRUE(end.ok()) << end.status().to_string();
  EXPECT_EQ(log_.replayed(), sequences(last + 40));
}

TEST_F(LogFaultTest, TheReserveIsForThoseWhoMayUseItUntilThereIsRoom) {  // [LOG-9]
  append(10);
  ASSERT_TRUE(log_.writer().write_out(LogWriter::Reach::kStableStorage).ok());  // makes the reserve
  sim_.set_capacity(sim_.used_bytes());
  Status status;
  while (status.ok()) status = log_.append(3000);
  EXPECT_TRUE(status.is(StatusCode::kNoSpace)) << status.to_string();
  const SequenceNumber refused = log_.last_sequence();
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(log_.append(500, true).ok()) << i;
    EXPECT_TRUE(log_.append(10).is(StatusCode::kNoSpace)) << i;
    if (i == 5) {
      ASSERT_TRUE(log_.sync().ok());
    }
  }
  EXPECT_EQ(log_.last_sequence(), refused + 10);
  status = {};
  while (status.ok()) status = log_.append(3000, true);
  EXPECT_TRUE(status.is(StatusCode::kNoSpace)) << status.to_string();
  EXPECT_TRUE(log_.writer().failure().ok());

  sim_.set_capacity(UINT64_MAX);
  append(10);
  ASSERT_TRUE(log_.writer().write_out(LogWriter::Reach::kStableStorage).ok());
  for (int i = 0; i < 40; ++i) append(3000);
  const SequenceNumber last = log_.last_sequence();
  log_.drop();
  const Result<LogEnd> end = log_.replay();
  ASSERT_TRUE(end.ok()) << end.status().to_string();
  EXPECT_EQ(log_.replayed(), sequences(last));
}

TEST_F(LogFaultTest, TheReserveIsMadeAnewOnceThereIsRoom) {  // [LOG-9]
  append(10);
  ASSERT_TRUE(log_.writer().write_out(LogWriter::Reach::kStableStorage).ok());
  for (int round = 0; round < 3; ++round) {
    sim_.set_capacity(sim_.used_bytes());
    Status status;
    while (status.ok()) status = log_.append(3000);
    ASSERT_TRUE(log_.append(10, true).ok()) << round;
    sim_.set_capacity(UINT64_MAX);
    append(10);
    ASSERT_TRUE(log_.writer().write_out(LogWriter::Reach::kStableStorage).ok());
  }
  const Status reopened = log_.reopen();
  EXPECT_TRUE(reopened.ok()) << reopened.to_string();
}

TEST_F(LogFaultTest, NothingTakesRoomBeforeTheBallast) {  // [LOG-10]
  constexpr uint64_t kRoomOfASegment = kOptions.segment_bytes + kLogBlockBytes;
  LogOptions options = kOptions;
  options.ballast_bytes = 32 << 10;
  ASSERT_TRUE(sim_.create_folder("/ballast").ok());
  TestLog log(&sim_, "/ballast", options);
  ASSERT_TRUE(log.create().ok());
  const auto fill = [&log] {
    Status status;
    while (status.ok()) status = log.append(3000);
    EXPECT_TRUE(status.is(StatusCode::kNoSpace)) << status.to_string();
  };
  ASSERT_TRUE(log.append(10).ok());
  ASSERT_TRUE(log.writer().write_out(LogWriter::Reach::kStableStorage).ok());  // makes the ballast and the reserve

  // Who has borrowed it finds its room.
  sim_.set_capacity(sim_.used_bytes() + kRoomOfASegment);
  const uint64_t used = sim_.used_bytes();
  ASSERT_TRUE(log.writer().lend_ballast());
  EXPECT_FALSE(log.writer().lend_ballast());
  EXPECT_EQ(sim_.used_bytes(), used - options.ballast_bytes - kLogBlockBytes);
  fill();
  EXPECT_EQ(sim_.used_bytes(), used - options.ballast_bytes - kLogBlockBytes);
  log.writer().take_back_ballast();
  EXPECT_EQ(sim_.used_bytes(), used);
  EXPECT_TRUE(log.append(10).ok());

  // It comes before the next segment, for which there is room.
  ASSERT_TRUE(log.writer().lend_ballast());
  sim_.set_capacity(sim_.used_bytes());
  log.writer().take_back_ballast();
  EXPECT_FALSE(log.writer().lend_ballast());
  sim_.set_capacity(sim_.used_bytes() + kRoomOfASegment);
  fill();
  EXPECT_TRUE(log.writer().lend_ballast());
  log.writer().take_back_ballast();
  sim_.set_capacity(UINT64_MAX);
  EXPECT_TRUE(log.append(10).ok());
}

TEST_F(LogFaultTest, AFullDiskAtCreationLeavesNothingBehind) {
  log_.drop();
  sim_.set_capacity(sim_.used_bytes() + 4096);
  const std::size_t files = sim_.files_below(kFolder).size();
  EXPECT_TRUE(log_.reopen().is(StatusCode::kNoSpace));
  EXPECT_EQ(sim_.files_below(kFolder).size(), files);
  sim_.set_capacity(UINT64_MAX);
  EXPECT_TRUE(log_.reopen().ok());
}

TEST_F(LogFaultTest, ASegmentThatCannotBeRemovedIsTriedAgain) {
  while (log_.writer().end() < 5 * kOptions.segment_bytes) append(3000);
  ASSERT_TRUE(log_.sync().ok());
  sim_.inject({.call = SimCall::kRemove, .path_part = ".log"});
  EXPECT_TRUE(log_.writer().release(log_.end()).is(StatusCode::kIoError));
  const std::size_t files = sim_.files_below(kFolder).size();
  EXPECT_TRUE(log_.writer().release(log_.end()).ok());
  EXPECT_EQ(sim_.files_below(kFolder).size(), files - 1);
}

// --- Torn and damaged --------------------------------------------------------------------------

TEST_F(LogFaultTest, ATornTailEndsTheLogAtEveryByte) {  // [LOG-5]
  std::vector<std::size_t> ends;
  for (const std::size_t bytes : {10, 300, 4000, 1, 5000, 20}) {
    append(bytes);
    ends.push_back(kLogBlockBytes + log_.end());
  }
  ASSERT_TRUE(log_.sync().ok());
  log_.drop();
  log_.lose_ring();
  const std::string whole = contents(1);
  for (std::size_t cut = kLogBlockBytes; cut < ends.back(); ++cut) {
    const std::string lost(ends.back() - cut, cut % 2 == 0 ? '\0' : '\xa5');
    ASSERT_TRUE(sim_.overwrite(log_.segment(1), cut, lost).ok());
    const std::string torn = contents(1);
    SequenceNumber last = 0;
    while (last < ends.size() && torn.compare(0, ends[last], whole, 0, ends[last]) == 0) ++last;
    const Result<LogEnd> end = log_.replay();
    ASSERT_TRUE(end.ok()) << cut << ": " << end.status().to_string();
    ASSERT_EQ(log_.replayed(), sequences(last)) << cut;
    ASSERT_TRUE(sim_.overwrite(log_.segment(1), 0, whole).ok());
  }
}

TEST_F(LogFaultTest, EveryFlippedBitIsDamageOrTheEndButNeverWrongData) {  // [LOG-5]
  std::vector<uint64_t> used;     // file offset behind the frames of each group
  std::vector<uint64_t> borders;  // behind its padding
  for (int group = 0; group < 3; ++group) {
    for (int i = 0; i < 3; ++i) append(60);
    used.push_back(kLogBlockBytes + log_.end());
    ASSERT_TRUE(log_.sync().ok());
    borders.push_back(kLogBlockBytes + log_.writer().end());
  }
  log_.drop();
  log_.lose_ring();
  for (uint64_t byte = 0; byte < borders.back(); ++byte) {
    const uint64_t group = byte < kLogBlockBytes ? 0 : (byte - kLogBlockBytes) / kLogBlockBytes;
    const bool in_header = byte < kSegmentHeaderBytes;
    const bool covered = byte >= kLogBlockBytes && byte < used[group] + kFrameHeaderBytes;
    if (!in_header && !covered && byte % 97 != 0) continue;
    const uint64_t bit = byte * 8 + byte % 8;
    ASSERT_TRUE(sim_.flip_bit(log_.segment(1), bit).ok());
    const Result<LogEnd> end = log_.replay();
    if (in_header || (covered && group < 2)) {
      ASSERT_TRUE(end.status().is(StatusCode::kCorruption)) << byte;
      ASSERT_NE(end.status().message().find("000001.log"), std::string::npos);
    } else {
      ASSERT_TRUE(end.ok()) << byte << end.status().to_string();
      const std::size_t found = log_.replayed().size();
      ASSERT_EQ(log_.replayed(), sequences(found)) << byte;
      const bool in_last_commits = group == 2 && byte >= kLogBlockBytes && byte < used[2];
      ASSERT_EQ(found < 9, in_last_commits) << byte;
      ASSERT_GE(found, 6u) << byte;
    }
    ASSERT_TRUE(sim_.flip_bit(log_.segment(1), bit).ok());
  }
}

TEST_F(LogFaultTest, ABadFrameBeforeTheLastSegmentIsCorruption) {  // [LOG-5]
  fill_three_segments();
  ASSERT_TRUE(sim_.flip_bit(log_.segment(1), 8 * (kLogBlockBytes + 60000)).ok());
  expect_corruption("000001.log: offset 6");
}

TEST_F(LogFaultTest, AMissingSegmentIsCorruption) {
  fill_three_segments();
  ASSERT_TRUE(sim_.erase(log_.segment(2)).ok());
  expect_corruption("missing");
}

TEST_F(LogFaultTest, AMissingFirstSegmentIsCorruption) {
  fill_three_segments();
  ASSERT_TRUE(sim_.erase(log_.segment(1)).ok());
  expect_corruption("missing");
}

TEST_F(LogFaultTest, AFolderWithoutSegmentsIsCorruption) {
  log_.drop();
  ASSERT_TRUE(sim_.erase(log_.segment(1)).ok());
  expect_corruption("missing");
}

TEST_F(LogFaultTest, ASegmentUnderAnotherNameIsCorruption) {
  fill_three_segments();
  ASSERT_TRUE(sim_.copy(log_.segment(1), log_.segment(9)).ok());
  expect_corruption("000009.log: offset 16: file is segment 1");
}

TEST_F(LogFaultTest, SwappedSegmentsAreCorruption) {
  fill_three_segments();
  ASSERT_TRUE(sim_.swap(log_.segment(1), log_.segment(2)).ok());
  expect_corruption("offset 16");
}

TEST_F(LogFaultTest, AShortenedSegmentIsCorruption) {
  fill_three_segments();
  ASSERT_TRUE(sim_.set_length(log_.segment(2), 30000).ok());
  expect_corruption("000002.log");
}

TEST_F(LogFaultTest, AWipedHeaderOfAUsedSegmentIsCorruption) {  // [LOG-4]
  fill_three_segments();
  ASSERT_TRUE(sim_.overwrite(log_.segment(3), 0, std::string(kLogBlockBytes, '\0')).ok());
  expect_corruption("000003.log: offset 0");
}

TEST_F(LogFaultTest, ABlankFileBehindTheLogIsALeftover) {  // [LOG-4]
  append_and_sync(100);
  log_.drop();
  for (const std::size_t bytes : {0, 10, 4096, 8192}) {
    const uint64_t number = 10 + bytes;
    ASSERT_TRUE(replace_file(sim_, log_.segment(number), std::string(bytes, '\0')).ok());
    const Result<LogEnd> end = log_.replay();
    ASSERT_TRUE(end.ok()) << end.status().to_string();
    EXPECT_EQ(end->leftovers, std::vector<uint64_t>{number});
    ASSERT_TRUE(sim_.erase(log_.segment(number)).ok());
  }
}

TEST_F(LogFaultTest, AnEarlierIncarnationThatEndsTooSoonIsCorruption) {  // [LOG-8]
  for (int i = 0; i < 5; ++i) append_and_sync(2000);
  ASSERT_TRUE(log_.reopen().ok());
  append_and_sync(10);
  log_.drop();
  ASSERT_TRUE(sim_.flip_bit(log_.segment(1), 8 * (kLogBlockBytes + 8192 + 30)).ok());
  expect_corruption("000001.log: offset 12288");
}

TEST_F(LogFaultTest, ALostWriteBeforeLaterSyncsIsCorruption) {
  append_and_sync(100);
  sim_.inject({.call = SimCall::kWrite, .effect = SimFault::Effect::kLost, .path_part = ".log"});
  append_and_sync(100);
  append_and_sync(100);
  log_.drop();
  log_.lose_ring();
  expect_corruption("000001.log: offset 8192");
}

TEST_F(LogFaultTest, TheRingHealsWhatTheSegmentLost) {
  append_and_sync(100);
  sim_.inject({.call = SimCall::kWrite, .effect = SimFault::Effect::kLost, .path_part = ".log"});
  append_and_sync(100);
  append_and_sync(100);
  log_.drop();
  ASSERT_TRUE(log_.reopen().ok());
  EXPECT_EQ(log_.replayed(), sequences(3));
  log_.drop();
  log_.lose_ring();
  ASSERT_TRUE(log_.replay().ok());
  EXPECT_EQ(log_.replayed(), sequences(3));
}

// --- Beside a live writer, and by hand ---------------------------------------------------------

TEST_F(LogFaultTest, AReaderWhoseSegmentsAreTakenAwayIsToldToTryAgain) {
  while (log_.writer().end() < 5 * kOptions.segment_bytes) append(3000);
  ASSERT_TRUE(log_.sync().ok());
  bool released = false;
  const Result<LogEnd> end = replay_log(sim_, kFolder, 0, [&](const LogFrame&) {
    if (!released) {
      EXPECT_TRUE(log_.writer().release(log_.end()).ok());
    }
    released = true;
    return Status();
  });
  EXPECT_TRUE(end.status().is(StatusCode::kBusy)) << end.status().to_string();
}

// A spare is blank, and may go at any time; it is looked into if the log ends with a full segment.
TEST_F(LogFaultTest, AReaderWhoseBlankSegmentIsTakenAwayIsToldToTryAgain) {
  while (log_.writer().end() < kOptions.segment_bytes) append_and_sync(100);
  ASSERT_EQ(log_.writer().end(), kOptions.segment_bytes);
  log_.drop();
  ASSERT_TRUE(replace_file(sim_, log_.segment(100), std::string(8192, '\0')).ok());
  bool removed = false;
  const Result<LogEnd> end = replay_log(sim_, kFolder, 0, [&](const LogFrame&) {
    if (!std::exchange(removed, true)) {
      EXPECT_TRUE(sim_.erase(log_.segment(100)).ok());
    }
    return Status();
  });
  EXPECT_TRUE(end.status().is(StatusCode::kBusy)) << end.status().to_string();
  EXPECT_TRUE(log_.replay().ok());
}

TEST_F(LogFaultTest, AReaderBesideALiveWriterSeesWhatIsAppended) {
  for (SequenceNumber last = 1; last < 60; ++last) {
    append(2000);
    if (last % 4 == 0) {
      ASSERT_TRUE(log_.sync().ok());
    }
    const Result<LogEnd> end = log_.replay();
    ASSERT_TRUE(end.ok()) << end.status().to_string();
    ASSERT_EQ(log_.replayed(), sequences(last));
  }
}

TEST_F(LogFaultTest, TheVisitorsErrorEndsTheReplay) {
  append_and_sync(1);
  append_and_sync(1);
  int visits = 0;
  const Result<LogEnd> end = replay_log(sim_, kFolder, 0, [&](const LogFrame&) {
    ++visits;
    return Status::aborted("enough");
  });
  EXPECT_TRUE(end.status().is(StatusCode::kAborted));
  EXPECT_EQ(visits, 1);
}

TEST_F(LogFaultTest, ADumpShowsHeaderFramesAndOperations) {
  append(3);
  append_and_sync(5);
  std::vector<DumpedFrame> frames;
  std::vector<std::string> keys;
  const Result<DumpedSegment> dumped =
      dump_segment(sim_, log_.segment(1), [&](const DumpedFrame& frame) {
        frames.push_back(frame);
        for (const Operation& operation : frame.operations) keys.emplace_back(operation.key);
        return Status();
      });
  ASSERT_TRUE(dumped.ok()) << dumped.status().to_string();
  EXPECT_EQ(dumped->header.info.number, 1u);
  EXPECT_EQ(dumped->frames, 3u);
  EXPECT_EQ(dumped->valid_end, 2 * kLogBlockBytes);
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[0].file_offset, kLogBlockBytes);
  EXPECT_EQ(frames[1].header.sequence, 2u);
  EXPECT_EQ(frames[1].header.unsynced, frames[1].position);
  EXPECT_EQ(frames[2].header.kind, FrameKind::kPadding);
  EXPECT_EQ(frames[2].header.sequence, 2u);
  EXPECT_EQ(keys, (std::vector<std::string>{"key1", "key2"}));
  EXPECT_TRUE(dump_segment(sim_, "/db/log.ring", [](const DumpedFrame&) { return Status(); })
                  .status()
                  .is(StatusCode::kCorruption));
}

// A segment that is shorter than wanted is good enough where there is no room for another.
class ShortSegments : public testing::Test {
 protected:
  ShortSegments() {
    EXPECT_TRUE(sim_.create_folder("/short").ok());
    EXPECT_TRUE(log_.create().ok());
  }

  SimEnv sim_{1};
  TestLog log_{&sim_, "/short", {.segment_bytes = 256 << 10, .ring_bytes = 64 << 10}};
};

TEST_F(ShortSegments, OneMadeAheadIsUsedOnAFullDisk) {
  ASSERT_TRUE(log_.append(40 << 10).ok());
  ASSERT_TRUE(log_.writer().write_out(LogWriter::Reach::kStableStorage).ok());  // makes the next
  log_.writer().use_long_segments(true);
  ASSERT_TRUE(log_.append(130 << 10).ok());
  sim_.set_capacity(sim_.used_bytes());
  const Status status = log_.append(100 << 10);
  EXPECT_TRUE(status.ok()) << status.to_string();
}

TEST_F(ShortSegments, SparesAreUsedOnAFullDisk) {
  for (int i = 0; i < 16; ++i) ASSERT_TRUE(log_.append(60 << 10).ok());
  ASSERT_TRUE(log_.sync().ok());
  ASSERT_TRUE(log_.writer().release(log_.writer().durable()).ok());
  log_.writer().use_long_segments(true);
  sim_.set_capacity(sim_.used_bytes());
  for (int i = 0; i < 8; ++i) {
    const Status status = log_.append(60 << 10);
    EXPECT_TRUE(status.ok()) << i << ": " << status.to_string();
  }
}

}  // namespace
}  // namespace ashlar
