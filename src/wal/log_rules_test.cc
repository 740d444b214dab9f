// Parts of the log whose checksums are right and whose contents are not; reads outside of them, and
// reads that fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/checksum.h"
#include "base/coding.h"
#include "base/limits.h"
#include "env/sim_env.h"
#include "wal/frame_source.h"
#include "wal/log_dump.h"
#include "wal/log_test_support.h"

namespace ashlar {
namespace {

using ::testing::HasSubstr;

// --- The header of a segment ---------------------------------------------------------------------

SegmentHeader sound_header() {
  SegmentHeader header;
  header.info = {
      .number = 3, .generation = 5, .start = 8192, .capacity = 65536, .first_sequence = 7};
  return header;
}

std::string encoded(const SegmentHeader& header) {
  std::string bytes(kSegmentHeaderBytes, '\0');
  encode_segment_header(header, bytes.data());
  return bytes;
}

void seal(std::string* bytes) {
  store(bytes->data(), crc32c(bytes->substr(4)));
}

TEST(LogRules, HeaderOfAWrongLengthOrMagicIsCorruption) {
  const std::string sound = encoded(sound_header());
  ASSERT_TRUE(decode_segment_header(sound).ok());
  for (const std::string& bytes : {sound.substr(0, 60), sound + "more"}) {
    const auto decoded = decode_segment_header(bytes);
    ASSERT_TRUE(decoded.status().is(StatusCode::kCorruption));
    EXPECT_THAT(decoded.status().to_string(), HasSubstr("cut off"));
  }
  std::string foreign = sound;
  ++foreign[4];
  seal(&foreign);
  const auto decoded = decode_segment_header(foreign);
  ASSERT_TRUE(decoded.status().is(StatusCode::kCorruption));
  EXPECT_THAT(decoded.status().to_string(), HasSubstr("not a log segment"));
}

TEST(LogRules, HeaderWhoseFieldsContradictEachOtherIsCorruption) {
  for (const auto change :
       {+[](SegmentInfo& info) { ++info.start; }, +[](SegmentInfo& info) { ++info.capacity; },
        +[](SegmentInfo& info) { info.capacity = 0; },
        +[](SegmentInfo& info) { info.start = UINT64_MAX - 4095; },
        +[](SegmentInfo& info) { info.capacity = uint64_t{1} << 63; },
        +[](SegmentInfo& info) { info.first_sequence = kMaximumSequence + 2; }}) {
    SegmentHeader header = sound_header();
    change(header.info);
    const auto decoded = decode_segment_header(encoded(header));
    ASSERT_TRUE(decoded.status().is(StatusCode::kCorruption));
    EXPECT_THAT(decoded.status().to_string(), HasSubstr("contradict each other"));
  }
}

TEST(LogRules, OperationsThatEndInTheMiddleAreCorruption) {
  const TestCommit commit = make_commit(7, 100);
  EXPECT_TRUE(verify_operations(commit.operations).ok());
  for (std::size_t bytes = 1; bytes < commit.operations.size(); bytes += 9) {
    EXPECT_TRUE(
        verify_operations(commit.operations.substr(0, bytes)).status().is(StatusCode::kCorruption));
  }
}

// --- Segment and ring ----------------------------------------------------------------------------

class LogSources : public testing::Test {
 protected:
  LogSources() {
    env_.record_history(false);
    EXPECT_TRUE(env_.create_folder("log").ok());
  }
  void write(const std::string& path, std::string_view bytes) {
    const auto file = env_.open_file(path, {.mode = OpenMode::kCreate}).value();
    ASSERT_TRUE(file->write(0, bytes).ok());
  }

  SimEnv env_{1};
};

TEST_F(LogSources, ReadsOutsideOfASegmentFindNothing) {
  SegmentInfo info = sound_header().info;
  std::string bytes(kLogBlockBytes + info.capacity, 's');
  write("log/" + segment_name(info.number), bytes);
  const auto source = SegmentSource::open(env_, "log", info).value();
  EXPECT_EQ(source->read(info.start, 10).value(), "ssssssssss");
  EXPECT_EQ(source->read(info.end() - 10, 10).value(), "ssssssssss");
  EXPECT_EQ(source->read(info.end(), 0).value(), "");
  EXPECT_EQ(source->read(info.start - 1, 10).value(), "");
  EXPECT_EQ(source->read(info.end() + 1, 10).value(), "");
  EXPECT_EQ(source->read(info.end() - 9, 10).value(), "");
  EXPECT_EQ(source->read(info.start, UINT64_MAX).value(), "");
}

TEST_F(LogSources, FailedReadOfASegmentLeavesNothingBehind) {
  const SegmentInfo info = sound_header().info;
  write("log/" + segment_name(info.number), std::string(kLogBlockBytes + info.capacity, 's'));
  const auto source = SegmentSource::open(env_, "log", info).value();
  env_.inject({.call = SimCall::kRead});
  EXPECT_TRUE(source->read(info.start, 10).status().is(StatusCode::kIoError));
  EXPECT_EQ(source->read(info.start, 10).value(), "ssssssssss");
}

TEST_F(LogSources, FileThatCanBeNoRingIsTakenForNone) {
  EXPECT_EQ(RingSource::open(env_, "log").value(), nullptr);
  for (const std::size_t bytes : {std::size_t{0}, kLogBlockBytes / 2, 3 * kLogBlockBytes}) {
    write("log/log.ring", std::string(bytes, 'r'));
    EXPECT_EQ(RingSource::open(env_, "log").value(), nullptr) << bytes;
    ASSERT_TRUE(env_.remove("log/log.ring").ok());
  }
  write("log/log.ring", std::string(2 * kLogBlockBytes, 'r'));
  const auto ring = RingSource::open(env_, "log").value();
  ASSERT_NE(ring, nullptr);
  // Behind its end it begins anew.
  EXPECT_EQ(ring->read(2 * kLogBlockBytes - 3, 6).value(), "rrrrrr");
  EXPECT_EQ(ring->read(0, 2 * kLogBlockBytes + 1).value(), "");
  for (int skip = 0; skip < 2; ++skip) {
    env_.inject({.call = SimCall::kRead, .skip = static_cast<uint64_t>(skip)});
    EXPECT_TRUE(ring->read(2 * kLogBlockBytes - 3, 6).status().is(StatusCode::kIoError)) << skip;
    env_.clear_faults();
  }
  for (const SimCall call : {SimCall::kOpen, SimCall::kSize}) {
    env_.inject({.call = call});
    EXPECT_TRUE(RingSource::open(env_, "log").status().is(StatusCode::kIoError));
    env_.clear_faults();
  }
}

// --- Showing a segment ---------------------------------------------------------------------------

TEST_F(LogSources, FailedCallWhileShowingASegmentIsReported) {
  std::string path;
  {
    TestLog log(&env_, "log", {.segment_bytes = 64 << 10, .ring_bytes = 64 << 10});
    ASSERT_TRUE(log.create().ok());
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(log.append(100).ok());
    ASSERT_TRUE(log.writer().sync(log.writer().end()).ok());
    for (const std::string& file : env_.files_below("log")) {
      if (file.ends_with(".log") && path.empty()) path = file;
    }
  }
  ASSERT_FALSE(path.empty());
  const auto show = [&](int* frames) {
    return dump_segment(env_, path,
                        [&](const DumpedFrame&) {
                          ++*frames;
                          return Status();
                        })
        .status();
  };
  int all = 0;
  ASSERT_TRUE(show(&all).ok());
  EXPECT_GE(all, 20);
  for (const SimCall call : {SimCall::kOpen, SimCall::kRead}) {
    for (uint64_t skip = 0;; ++skip) {
      const uint64_t before = env_.calls(call);
      env_.inject({.call = call, .skip = skip});
      int frames = 0;
      const Status status = show(&frames);
      env_.clear_faults();
      if (env_.calls(call) - before <= skip) break;
      EXPECT_TRUE(status.is(StatusCode::kIoError)) << status.to_string();
      EXPECT_LT(frames, all);
    }
  }
  int frames = 0;
  EXPECT_TRUE(dump_segment(env_, path,
                           [&](const DumpedFrame&) {
                             return ++frames == 3 ? Status::aborted("enough") : Status();
                           })
                  .status()
                  .is(StatusCode::kAborted));
  ASSERT_TRUE(env_.overwrite(path, 0, std::string(kLogBlockBytes, '\0')).ok());
  EXPECT_TRUE(show(&frames).is(StatusCode::kCorruption));
}

}  // namespace
}  // namespace ashlar
