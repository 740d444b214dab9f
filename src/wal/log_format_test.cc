#include "wal/log_format.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "wal/log_test_support.h"

namespace ashlar {
namespace {

std::string from_hex(std::string_view text) {
  std::string bytes;
  std::string digits;
  for (const char c : text) {
    if (c != ' ') digits.push_back(c);
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<char>(std::stoi(digits, nullptr, 16)));
    digits.clear();
  }
  return bytes;
}

TEST(LogFormat, FrameOfTheDrawingHasTheseBytes) {
  const std::string operation = from_hex("01 00 00 00 00 00 00 00 01 01 6b 01 76 7c f6 18 d9");
  const Result<uint32_t> digest = verify_operations(operation);
  ASSERT_TRUE(digest.ok()) << digest.status().to_string();
  char header[kFrameHeaderBytes];
  encode_frame_header({37, FrameKind::kCommit, 7, 96}, *digest, 1, 4096, header);
  EXPECT_EQ(std::string(header, sizeof(header)),
            from_hex("e6 5b a1 24 25 00 00 00 01 07 00 00 00 00 00 00 60 00 00 00"));
}

TEST(LogFormat, FrameHeaderRoundTrips) {
  const FrameHeader written{37, FrameKind::kPadding, kMaximumSequence, 0xffffffff};
  char bytes[kFrameHeaderBytes];
  encode_frame_header(written, 5, 11, 8192, bytes);
  const std::string_view view(bytes, sizeof(bytes));
  EXPECT_EQ(decode_frame_header(view), written);
  EXPECT_TRUE(frame_verifies(view, 5, 11, 8192));
}

TEST(LogFormat, FrameVerifiesOnlyInItsGenerationAtItsPositionWithItsOperations) {
  char bytes[kFrameHeaderBytes];
  encode_frame_header({37, FrameKind::kCommit, 7, 0}, 5, 11, 8192, bytes);
  const std::string_view view(bytes, sizeof(bytes));
  EXPECT_FALSE(frame_verifies(view, 6, 11, 8192));
  EXPECT_FALSE(frame_verifies(view, 5, 12, 8192));
  EXPECT_FALSE(frame_verifies(view, 5, 11, 12288));
}

TEST(LogFormat, ZerosAndUnknownKindsAreNoFrame) {
  std::string bytes(kFrameHeaderBytes, '\0');
  EXPECT_FALSE(decode_frame_header(bytes));
  bytes[4] = 40;
  bytes[8] = 3;
  EXPECT_FALSE(decode_frame_header(bytes));
  bytes[8] = 1;
  EXPECT_TRUE(decode_frame_header(bytes));
  EXPECT_FALSE(decode_frame_header(std::string_view(bytes).substr(1)));
  bytes[4] = 19;
  EXPECT_FALSE(decode_frame_header(bytes));
}

TEST(LogFormat, SegmentHeaderRoundTripsAndEveryFlippedBitIsFound) {
  const SegmentHeader written{{12, 0x1234567890abcdef, 8192, 65536, 99}, 1700000000000000};
  std::string bytes(kSegmentHeaderBytes, '\0');
  encode_segment_header(written, bytes.data());
  const Result<SegmentHeader> read = decode_segment_header(bytes);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->info, written.info);
  EXPECT_EQ(read->created_us, written.created_us);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_TRUE(decode_segment_header(damaged).status().is(StatusCode::kCorruption)) << bit;
  }
}

TEST(LogFormat, SegmentHeaderOfANewerVersionIsUnsupported) {
  std::string bytes(kSegmentHeaderBytes, '\0');
  encode_segment_header({{12, 1, 8192, 65536, 99}, 0}, bytes.data());
  store<uint32_t>(bytes.data() + 8, 2);
  store<uint32_t>(bytes.data(), crc32c(std::string_view(bytes).substr(4)));
  EXPECT_TRUE(decode_segment_header(bytes).status().is(StatusCode::kUnsupported));
}

TEST(LogFormat, SegmentHeaderThatContradictsItselfIsCorruption) {
  for (const SegmentInfo& info :
       {SegmentInfo{1, 1, 100, 4096, 1}, SegmentInfo{1, 1, 4096, 0, 1},
        SegmentInfo{1, 1, 4096, 100, 1}, SegmentInfo{1, 1, UINT64_MAX - 4095, 8192, 1}}) {
    std::string bytes(kSegmentHeaderBytes, '\0');
    encode_segment_header({info, 0}, bytes.data());
    EXPECT_TRUE(decode_segment_header(bytes).status().is(StatusCode::kCorruption));
  }
}

TEST(LogFormat, SegmentNamesRoundTripAndOthersAreRefused) {
  for (const uint64_t number : {uint64_t{0}, uint64_t{7}, uint64_t{999999}, uint64_t{12345678}}) {
    EXPECT_EQ(parse_segment_name(segment_name(number)), number);
  }
  EXPECT_EQ(segment_name(12), "000012.log");
  for (const char* name : {"12.log", "000012.table", "0000012.log", ".log", "00001a.log",
                           "99999999999999999999999.log", "-00001.log"}) {
    EXPECT_FALSE(parse_segment_name(name)) << name;
  }
}

TEST(LogFormat, PaddingLeavesRoomForItsOwnHeader) {
  EXPECT_EQ(padded_log_end(8192), 8192u);
  EXPECT_EQ(padded_log_end(8193), 12288u);
  EXPECT_EQ(padded_log_end(12288 - 20), 12288u);
  EXPECT_EQ(padded_log_end(12288 - 19), 16384u);
  EXPECT_TRUE(frame_fits(100, 50, 150));
  EXPECT_TRUE(frame_fits(100, 50, 170));
  EXPECT_FALSE(frame_fits(100, 50, 169));
  EXPECT_FALSE(frame_fits(100, 50, 149));
}

}  // namespace
}  // namespace ashlar
