#include "table/segment_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "base/checksum.h"
#include "base/coding.h"
#include "base/memory_budget.h"
#include "env/sim_env.h"
#include "table/segment_test_support.h"
#include "table/table_description.h"
#include "table/value_cache.h"
#include "table/value_file.h"
#include "table/value_file_builder.h"

namespace ashlar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Operation make_operation(EntryKind kind, std::string_view key, std::string_view value) {
  Operation operation;
  operation.kind = kind;
  operation.key = key;
  operation.value = value;
  return operation;
}

class SegmentValuesTest : public testing::Test {
 protected:
  static constexpr uint64_t kNumber = 12;
  static constexpr const char* kPath = "000012.values";

  SegmentValuesTest() { env.record_history(false); }

  std::string bytes_of(std::size_t count) {
    std::string bytes(count, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
  }
  // Two commits with a large value each, one that expires, and everything else that a log may hold
  // beside them.
  TestSegment small_segment() {
    TestSegment segment(kNumber, 2);
    segment.set("small", "value");
    segment.set("first", bytes_of(kLargeValueBytes));
    segment.set("nearly", bytes_of(kLargeValueBytes - 1));
    deleted = segment.add(make_operation(EntryKind::kDelete, "first", ""));
    segment.end_commit();
    segment.pad_to(log_block_up(segment.position()));
    Operation huge = make_operation(EntryKind::kSet, "huge", "");
    const std::string to_huge = ValuePointer{3, 4096, 1 << 20, 7}.encode();
    huge.value = to_huge;
    huge.value_is_pointer = true;
    pointing = segment.add(huge);
    segment.set("second", bytes_of(1500), 1'800'000'000'000);
    range = segment.add(make_operation(EntryKind::kDeleteRange, "a", "b"));
    segment.end_commit();
    segment.pad_to_end();
    return segment;
  }
  // Its values have lengths up to `most`; the last one ends with the file, but for its checksum.
  TestSegment random_segment(int commits, std::size_t most, uint64_t last_expires_at_ms = 0) {
    TestSegment segment(kNumber, static_cast<uint64_t>(commits) * 8 * (most / kLogBlockBytes + 2));
    for (int commit = 0; commit < commits; ++commit) {
      for (int i = 0; i < 6; ++i) {
        const std::string key = "key" + std::to_string(commit * 6 + i) + bytes_of(random() % 300);
        const bool large = random() % 3 != 0;
        segment.set(key, bytes_of(large ? kLargeValueBytes + random() % most : random() % 100),
                    random() % 4 == 0 ? 1 + random() : 0);
      }
      segment.end_commit();
      if (random() % 3 == 0) segment.pad_to(padded_log_end(segment.position()));
    }
    const uint64_t end = segment.info().end();
    segment.pad_to(log_block_down(end - 2 * kLogBlockBytes));
    Operation last = make_operation(EntryKind::kSet, "last", "");
    last.expires_at_ms = last_expires_at_ms;
    std::string value = bytes_of(2 * kLogBlockBytes);
    value.resize(end - segment.position() - kFrameHeaderBytes - encoded_operation_bytes(last) - 1);
    segment.set(last.key, value, last.expires_at_ms);
    segment.end_commit();
    EXPECT_EQ(segment.position(), end);
    return segment;
  }

  std::shared_ptr<ValueFile> write_and_open(const TestSegment& segment,
                                            ValueCache* cache = nullptr) {
    segment.write_to(env, kPath);
    return ValueFile::open(env, kPath, segment.summary(), &budget, {}, cache).value();
  }
  Status open_status(const ValueFileSummary& summary) {
    return ValueFile::open(env, kPath, summary, &budget).status();
  }
  void expect_values(const ValueFile& file, const TestSegment& segment) {
    for (const SegmentValue& wanted : segment.values()) {
      std::string got = "something";
      const Status status = file.read(wanted.pointer, wanted.key, &got);
      ASSERT_TRUE(status.ok()) << status.to_string();
      ASSERT_TRUE(got == wanted.value);
      const auto view = file.view(wanted.pointer, wanted.key);
      ASSERT_EQ(view.ok(), file.resident());
      if (view.ok()) {
        ASSERT_TRUE(*view == wanted.value);
      } else {
        ASSERT_TRUE(view.status().is(StatusCode::kNotFound));
      }
    }
  }
  bool refuses(const ValueFile& file, const ValuePointer& pointer, std::string_view key) {
    std::string got;
    const Status status = file.read(pointer, key, &got);
    if (status.is(StatusCode::kCorruption)) {
      EXPECT_THAT(status.to_string(),
                  HasSubstr(std::string(kPath) + ": offset " + std::to_string(pointer.offset)));
    }
    return status.is(StatusCode::kCorruption);
  }

  SimEnv env{1};
  MemoryBudget budget{std::size_t{1} << 30};
  std::mt19937_64 random{5};
  // In small_segment(): what is no value.
  ValuePointer deleted;
  ValuePointer pointing;
  ValuePointer range;
};

TEST_F(SegmentValuesTest, MostOperationBytesIsTheLengthOfOneThatExpires) {
  for (const std::size_t key_bytes : {1, 127, 128, 70'000}) {
    for (const std::size_t value_bytes : {1024, 16'383, 16'384, 2'097'151, 2'097'152}) {
      const std::string key(key_bytes, 'k');
      const std::string value(value_bytes, 'v');
      Operation operation = make_operation(EntryKind::kSet, key, value);
      operation.expires_at_ms = UINT64_MAX;
      std::string encoded;
      encode_operation(operation, &encoded);
      EXPECT_EQ(most_operation_bytes(key, value_bytes), encoded.size());
    }
  }
}

TEST_F(SegmentValuesTest, GivesBackValuesResidentAndNot) {
  for (const uint64_t last_expires_at_ms : {uint64_t{0}, uint64_t{1'800'000'000'000}}) {
    const TestSegment segment = random_segment(20, 20'000, last_expires_at_ms);
    ASSERT_GT(segment.values().size(), 50u);
    const auto file = write_and_open(segment);
    EXPECT_FALSE(file->resident());
    expect_values(*file, segment);
    EXPECT_TRUE(file->verify(nullptr).ok());
    ASSERT_TRUE(file->make_resident().ok());
    ASSERT_TRUE(file->resident());
    expect_values(*file, segment);
    EXPECT_EQ(budget.used(MemoryUse::kTable), segment.bytes().size());
    EXPECT_TRUE(file->verify(nullptr).ok());
    EXPECT_NE(file->image().release(), nullptr);
    EXPECT_EQ(budget.used(), 0u);
    expect_values(*file, segment);
    ASSERT_TRUE(env.remove(kPath).ok());
  }
}

TEST_F(SegmentValuesTest, AValueMayEndWithTheFile) {
  for (const uint64_t expires_at_ms : {uint64_t{0}, uint64_t{1}}) {
    const TestSegment segment = random_segment(1, 2000, expires_at_ms);
    const SegmentValue& last = segment.values().back();
    const auto file = write_and_open(segment);
    Operation operation = make_operation(EntryKind::kSet, last.key, last.value);
    operation.expires_at_ms = expires_at_ms;
    ASSERT_EQ(last.pointer.offset + encoded_operation_bytes(operation), file->image_bytes());
    expect_values(*file, segment);
    ASSERT_TRUE(file->make_resident().ok());
    expect_values(*file, segment);
    // The next operation would begin at the end, and there is none.
    for (const uint64_t behind : {uint64_t{0}, uint64_t{1}, last.value.size() + 16}) {
      ValuePointer pointer = last.pointer;
      pointer.offset = file->image_bytes() - behind;
      EXPECT_TRUE(refuses(*file, pointer, last.key)) << behind;
    }
    ASSERT_TRUE(env.remove(kPath).ok());
  }
}

TEST_F(SegmentValuesTest, AnImageNeedsTheHeaderAndTheOperationsThatArePointedTo) {
  const TestSegment segment = random_segment(5, 5000);
  segment.write_to(env, kPath);
  const std::string& bytes = segment.bytes();
  HugeBuffer image =
      HugeBuffer::allocate(bytes.size(), MemoryUse::kTable, &budget, PageSize::kQuick).value();
  std::memcpy(image.data(), bytes.data(), kLogBlockBytes);
  const auto walked =
      walk_segment(bytes, segment.info(), kPath, [&](uint64_t offset, const Operation& operation) {
        std::memcpy(image.data() + offset, bytes.data() + offset,
                    encoded_operation_bytes(operation));
      });
  ASSERT_TRUE(walked.ok());
  const auto file =
      ValueFile::open(env, kPath, segment.summary(), &budget, std::move(image)).value();
  ASSERT_TRUE(file->resident());
  // It is the image that is read.
  SimFault fault;
  fault.call = SimCall::kRead;
  fault.lasting = true;
  env.inject(fault);
  expect_values(*file, segment);
  EXPECT_TRUE(refuses(*file, segment.values()[1].pointer, segment.values()[0].key));
  env.clear_faults();
  EXPECT_TRUE(file->verify(nullptr).ok()) << "verification reads the file";
}

TEST_F(SegmentValuesTest, ACachedValueNeedsNoFileAndIsGivenToItsKeyOnly) {
  const TestSegment segment = small_segment();
  ValueCache cache(&budget);
  cache.set_capacity(std::size_t{8} << 20);
  const auto file = write_and_open(segment, &cache);
  const SegmentValue& first = segment.values()[0];
  const SegmentValue& second = segment.values()[1];
  std::string got;
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(file->read(second.pointer, second.key, &got).ok());
  EXPECT_EQ(cache.statistics().records, 1u);

  SimFault fault;
  fault.call = SimCall::kRead;
  fault.lasting = true;
  env.inject(fault);
  for (int i = 0; i < 2; ++i) {
    got = "something";
    ASSERT_TRUE(file->read(second.pointer, second.key, &got).ok());
    EXPECT_EQ(got, second.value);
  }
  EXPECT_TRUE(file->read(first.pointer, first.key, &got).is(StatusCode::kIoError));
  EXPECT_TRUE(refuses(*file, second.pointer, "secone"));
  ValuePointer shorter = second.pointer;
  shorter.length -= 1;
  EXPECT_FALSE(file->read(shorter, second.key, &got).ok());
}

TEST_F(SegmentValuesTest, ThroughACacheEveryValueIsTheSameEachTime) {
  const TestSegment segment = random_segment(20, 9000);
  ValueCache cache(&budget);
  cache.set_capacity(std::size_t{16} << 20);
  const auto file = write_and_open(segment, &cache);
  for (int round = 0; round < 4; ++round) expect_values(*file, segment);
  EXPECT_GE(cache.statistics().hits, segment.values().size());
}

TEST_F(SegmentValuesTest, PointersThatAreNotItsOwnAreCorruption) {
  const TestSegment segment = small_segment();
  const auto file = write_and_open(segment);
  const SegmentValue& good = segment.values()[1];
  for (int resident = 0; resident < 2; ++resident) {
    ASSERT_TRUE(resident == 0 || file->make_resident().ok());
    EXPECT_FALSE(refuses(*file, good.pointer, good.key));
    for (const char* key : {"first", "secone", "secon", "second2", ""}) {
      EXPECT_TRUE(refuses(*file, good.pointer, key)) << key;
    }
    for (const auto change :
         {+[](ValuePointer& p) { ++p.file_number; }, +[](ValuePointer& p) { ++p.offset; },
          +[](ValuePointer& p) { --p.offset; }, +[](ValuePointer& p) { p.offset += 8; },
          +[](ValuePointer& p) { p.offset = 0; },
          +[](ValuePointer& p) { p.offset = kLogBlockBytes - 1; },
          +[](ValuePointer& p) { p.offset = kLogBlockBytes; },
          +[](ValuePointer& p) { p.offset = 3 * kLogBlockBytes; },
          +[](ValuePointer& p) { p.offset = UINT64_MAX; }, +[](ValuePointer& p) { ++p.length; },
          +[](ValuePointer& p) { --p.length; }, +[](ValuePointer& p) { p.length = 0; },
          +[](ValuePointer& p) { p.length = UINT32_MAX; }}) {
      ValuePointer pointer = good.pointer;
      change(pointer);
      EXPECT_TRUE(refuses(*file, pointer, good.key)) << pointer.offset << " " << pointer.length;
    }
    // Operations that are there, and set no value that could lie in this file.
    EXPECT_TRUE(refuses(*file, deleted, "first"));
    EXPECT_TRUE(refuses(*file, pointing, "huge"));
    EXPECT_TRUE(refuses(*file, range, "a"));
    // Compared with the operation's where the operation is verified, and only there.
    ValuePointer other = good.pointer;
    ++other.checksum;
    EXPECT_EQ(refuses(*file, other, good.key), resident == 0);
  }
}

TEST_F(SegmentValuesTest, AValueThatAnotherCommitSetIsNotTheOneThatIsPointedTo) {
  TestSegment segment(kNumber, 1);
  segment.set("key", std::string(kLargeValueBytes, 'a'));
  segment.end_commit();
  segment.set("key", std::string(kLargeValueBytes, 'b'));
  segment.end_commit();
  segment.pad_to_end();
  const auto file = write_and_open(segment);
  ValuePointer mixed = segment.values()[0].pointer;
  mixed.offset = segment.values()[1].pointer.offset;
  EXPECT_TRUE(refuses(*file, mixed, "key"));
}

TEST_F(SegmentValuesTest, AnotherSegmentUnderThatNameIsRefused) {
  const TestSegment segment = small_segment();
  const ValueFileSummary summary = segment.summary();
  const SegmentInfo& info = segment.info();
  const auto put = [&](const SegmentHeader& header) {
    std::string bytes = segment.bytes();
    encode_segment_header(header, bytes.data());
    return env.overwrite(kPath, 0, bytes).ok();
  };
  segment.write_to(env, kPath);
  ASSERT_TRUE(put({info, 1}));
  ASSERT_TRUE(open_status(summary).ok());
  std::vector<SegmentHeader> others(6, {info, 1});
  ++others[0].info.number;
  ++others[1].info.generation;
  others[2].info.start += kLogBlockBytes;
  others[3].info.capacity += kLogBlockBytes;
  ++others[4].info.first_sequence;
  ++others[5].created_us;
  for (const SegmentHeader& other : others) {
    ASSERT_TRUE(put(other));
    const Status status = open_status(summary);
    EXPECT_TRUE(status.is(StatusCode::kCorruption)) << status.to_string();
    EXPECT_THAT(status.to_string(), HasSubstr("000012.values: offset 0: is another segment"));
  }
  // With that header's checksum in the summary, number and length still have to be right.
  for (const std::size_t i : {0, 3}) {
    ASSERT_TRUE(put(others[i]));
    ValueFileSummary other = summary;
    other.file_checksum = segment_identity(env.contents(kPath)->data());
    EXPECT_TRUE(open_status(other).is(StatusCode::kCorruption)) << i;
  }
}

TEST_F(SegmentValuesTest, AHeaderOfANewerVersionIsUnsupported) {
  const TestSegment segment = small_segment();
  std::string bytes = segment.bytes();
  store<uint32_t>(bytes.data() + 8, kSegmentVersion + 1);
  store<uint32_t>(bytes.data(), crc32c(std::string_view(bytes).substr(4, kSegmentHeaderBytes - 4)));
  segment.write_to(env, kPath);
  ASSERT_TRUE(env.overwrite(kPath, 0, bytes).ok());
  for (const Status& status :
       {open_status(segment.summary()), describe_value_file(env, kPath, [](std::string_view) {})}) {
    EXPECT_TRUE(status.is(StatusCode::kUnsupported)) << status.to_string();
    EXPECT_THAT(status.to_string(), HasSubstr("000012.values: log segment has version 2"));
  }
}

TEST_F(SegmentValuesTest, FilesOfTheOtherKindAreRefused) {
  const TestSegment segment = small_segment();
  segment.write_to(env, kPath);
  ValueFileSummary records = segment.summary();
  records.kind = ValueFileKind::kRecords;
  EXPECT_TRUE(open_status(records).is(StatusCode::kCorruption));
  ASSERT_TRUE(env.remove(kPath).ok());

  const auto builder = ValueFileBuilder::create(env, kPath, kNumber, false, &budget).value();
  ASSERT_TRUE(builder->add("k", std::string(8192, 'v')).ok());
  ValueFileSummary other = builder->finish().value();
  ASSERT_TRUE(open_status(other).ok());
  other.kind = ValueFileKind::kSegment;
  other.file_checksum = segment_identity(env.contents(kPath)->data());
  EXPECT_TRUE(open_status(other).is(StatusCode::kCorruption));
}

// What no checksum covers is what TestSegment::covers() says, and nothing points there.
TEST_F(SegmentValuesTest, EveryFlippedByteThatAChecksumCoversIsNoticedAndOthersDoNoHarm) {
  const TestSegment segment = small_segment();
  const ValueFileSummary summary = segment.summary();
  segment.write_to(env, kPath);
  std::size_t covered = 0;
  for (uint64_t offset = 0; offset < segment.bytes().size(); ++offset) {
    const uint64_t bit = offset * 8 + offset % 8;
    ASSERT_TRUE(env.flip_bit(kPath, bit).ok());
    const auto opened = ValueFile::open(env, kPath, summary, &budget);
    ASSERT_EQ(opened.status().is(StatusCode::kCorruption), offset < kSegmentHeaderBytes) << offset;
    if (opened.ok()) {
      ValueFile& file = **opened;
      for (const SegmentValue& value : segment.values()) {
        std::string got;
        const Status status = file.read(value.pointer, value.key, &got);
        ASSERT_TRUE(status.is(StatusCode::kCorruption) || got == value.value) << offset;
        ASSERT_TRUE(status.ok() || segment.covers(offset)) << offset;
      }
      const Status verified = file.verify(nullptr);
      ASSERT_EQ(verified.is(StatusCode::kCorruption), segment.covers(offset)) << offset;
      ASSERT_EQ(verified.ok(), !segment.covers(offset)) << offset;
      ASSERT_EQ(file.make_resident().ok(), !segment.covers(offset)) << offset;
      ASSERT_EQ(file.resident(), !segment.covers(offset)) << offset;
      if (file.resident()) expect_values(file, segment);
    }
    covered += segment.covers(offset);
    ASSERT_TRUE(env.flip_bit(kPath, bit).ok());
    if (HasFatalFailure()) return;
  }
  // The header, two commits and the headers of the two paddings behind them.
  EXPECT_EQ(segment.bytes().size(), 3 * kLogBlockBytes);
  EXPECT_GT(covered, 64u + 2 * kLargeValueBytes + 1500);
  EXPECT_LT(covered, 64u + 2 * kLargeValueBytes + 1500 + 400);
}

TEST_F(SegmentValuesTest, AFlippedBitOfAValueIsNeverGivenOut) {
  const TestSegment segment = random_segment(2, 2000);
  const auto file = write_and_open(segment);
  const SegmentValue& value = segment.values()[2];
  const uint64_t bytes = most_operation_bytes(value.key, value.value.size()) - 8;
  std::string got;
  for (uint64_t bit = value.pointer.offset * 8; bit < (value.pointer.offset + bytes) * 8; ++bit) {
    ASSERT_TRUE(env.flip_bit(kPath, bit).ok());
    ASSERT_TRUE(refuses(*file, value.pointer, value.key)) << bit;
    ASSERT_TRUE(env.flip_bit(kPath, bit).ok());
  }
  EXPECT_TRUE(file->read(value.pointer, value.key, &got).ok());
}

TEST_F(SegmentValuesTest, ACutOffFileIsRefused) {
  const TestSegment segment = small_segment();
  const auto file = write_and_open(segment);
  const uint64_t bytes = segment.bytes().size();
  ASSERT_TRUE(env.set_length(kPath, bytes + kLogBlockBytes).ok());
  EXPECT_TRUE(open_status(segment.summary()).is(StatusCode::kCorruption));
  for (const uint64_t length : {bytes - 1, bytes - kLogBlockBytes, kLogBlockBytes,
                                kLogBlockBytes - 1, uint64_t{64}, uint64_t{63}, uint64_t{0}}) {
    ASSERT_TRUE(env.set_length(kPath, length).ok());
    EXPECT_TRUE(open_status(segment.summary()).is(StatusCode::kCorruption)) << length;
    ValueFileSummary shorter = segment.summary();
    shorter.file_bytes = length;
    EXPECT_TRUE(open_status(shorter).is(StatusCode::kCorruption)) << length;
    // What was open already, too, and what the commits before the cut say is not made up.
    std::string got;
    const SegmentValue& last = segment.values()[1];
    const Status read = file->read(last.pointer, last.key, &got);
    EXPECT_EQ(read.ok(), length == bytes - 1 && got == last.value) << length;
    EXPECT_FALSE(file->verify(nullptr).ok()) << length;
    EXPECT_FALSE(file->make_resident().ok()) << length;
    EXPECT_FALSE(describe_value_file(env, kPath, [](std::string_view) {}).ok()) << length;
  }
}

TEST_F(SegmentValuesTest, VerificationSaysWhereTheDamageIs) {
  const TestSegment segment = small_segment();
  const auto file = write_and_open(segment);
  const auto expect_problem = [&](const std::string& what) {
    std::vector<std::string> problems;
    const Status status = file->verify([&](std::string p) { problems.push_back(std::move(p)); });
    EXPECT_TRUE(status.is(StatusCode::kCorruption)) << status.to_string();
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_EQ(problems[0], std::string(kPath) + ": " + what);
    EXPECT_EQ(status.message(), problems[0]);
  };
  // By the frame: that of the second commit, that of the padding before it, that of the first.
  for (const auto& [offset, frame] :
       {std::pair(segment.values()[1].pointer.offset + 700, 2 * kLogBlockBytes),
        std::pair(segment.values()[0].pointer.offset + 9, kLogBlockBytes)}) {
    ASSERT_TRUE(env.flip_bit(kPath, offset * 8).ok());
    expect_problem("offset " + std::to_string(frame) + ": a frame does not verify");
  }
  ASSERT_TRUE(env.flip_bit(kPath, 30 * 8).ok());
  expect_problem("offset 0: segment header's checksum does not match");
}

TEST_F(SegmentValuesTest, ASegmentIsFullOfFrames) {
  TestSegment segment(kNumber, 2);
  segment.set("key", std::string(2000, 'v'));
  segment.end_commit();
  const uint64_t unwritten = segment.bytes().size();
  const auto expect_found = [&](std::string rest, uint64_t offset) {
    const std::string bytes = segment.bytes() + std::move(rest);
    ASSERT_EQ(bytes.size(), 3 * kLogBlockBytes);
    const Status status = check_segment(bytes, segment.summary(), kPath);
    EXPECT_TRUE(status.is(StatusCode::kCorruption));
    EXPECT_THAT(status.to_string(), HasSubstr(std::string(kPath) + ": offset " +
                                              std::to_string(offset) + ": a frame does not"));
  };
  // Nothing behind its commits, as in the segment that is being written.
  expect_found(std::string(3 * kLogBlockBytes - unwritten, '\0'), unwritten);
  // A commit of an earlier generation, as in a file that was used before.
  SegmentInfo earlier = segment.info();
  --earlier.generation;
  TestSegment old(earlier);
  old.set("key", std::string(2000, 'v'));
  old.end_commit();
  old.set("key", std::string(2000, 'w'));
  old.end_commit();
  old.pad_to_end();
  expect_found(old.bytes().substr(unwritten), unwritten);
  // Less than a frame at the end; and a frame that goes beyond it.
  TestSegment gap = segment;
  gap.pad_to(gap.info().end() - kFrameHeaderBytes + 1);
  expect_found(gap.bytes().substr(unwritten) + std::string(kFrameHeaderBytes - 1, '\0'),
               gap.bytes().size());
  TestSegment beyond = segment;
  beyond.pad_to(beyond.info().end() + kLogBlockBytes);
  expect_found(beyond.bytes().substr(unwritten, 3 * kLogBlockBytes - unwritten), unwritten);

  segment.pad_to_end();
  EXPECT_TRUE(check_segment(segment.bytes(), segment.summary(), kPath).ok());
}

TEST_F(SegmentValuesTest, OtherCountsThanWereGivenAreNoticed) {
  const TestSegment segment = small_segment();
  segment.write_to(env, kPath);
  EXPECT_EQ(segment.summary().record_count, 2u);
  EXPECT_EQ(segment.summary().value_bytes, kLargeValueBytes + 1500);
  for (const auto change : {+[](ValueFileSummary& s) { ++s.record_count; },
                            +[](ValueFileSummary& s) { --s.record_count; },
                            +[](ValueFileSummary& s) { ++s.value_bytes; },
                            +[](ValueFileSummary& s) { s.value_bytes -= kLargeValueBytes; }}) {
    ValueFileSummary other = segment.summary();
    change(other);
    const auto file = ValueFile::open(env, kPath, other, &budget).value();
    for (const Status& status : {file->verify(nullptr), file->make_resident()}) {
      EXPECT_TRUE(status.is(StatusCode::kCorruption));
      EXPECT_THAT(status.to_string(),
                  HasSubstr("000012.values: offset 0: the values are not those that were given"));
    }
    EXPECT_FALSE(file->resident());
  }
  EXPECT_EQ(budget.used(), 0u);
}

TEST_F(SegmentValuesTest, TheWalkFindsTheLargeValuesAndWhereTheyWereSet) {
  const TestSegment segment = random_segment(10, 3000);
  auto wanted = segment.values().begin();
  const Status walked = walk_segment(segment.bytes(), segment.info(), kPath,
                                     [&](uint64_t offset, const Operation& operation) {
                                       ASSERT_NE(wanted, segment.values().end());
                                       EXPECT_EQ(offset, wanted->pointer.offset);
                                       EXPECT_EQ(operation.key, wanted->key);
                                       EXPECT_EQ(operation.value, wanted->value);
                                       EXPECT_EQ(operation.checksum, wanted->pointer.checksum);
                                       ++wanted;
                                     });
  EXPECT_TRUE(walked.ok());
  EXPECT_EQ(wanted, segment.values().end());
}

TEST_F(SegmentValuesTest, ErrorsOfTheDiskArePassedOn) {
  const TestSegment segment = small_segment();
  const auto file = write_and_open(segment);
  const SegmentValue& value = segment.values()[0];
  SimFault fault;
  fault.call = SimCall::kRead;
  fault.lasting = true;
  env.inject(fault);
  std::string got;
  bool called = false;
  EXPECT_TRUE(file->read(value.pointer, value.key, &got).is(StatusCode::kIoError));
  EXPECT_TRUE(file->make_resident().is(StatusCode::kIoError));
  EXPECT_TRUE(file->verify([&](const std::string&) { called = true; }).is(StatusCode::kIoError));
  EXPECT_FALSE(called) << "it is not damage";
  EXPECT_TRUE(open_status(segment.summary()).is(StatusCode::kIoError));
  EXPECT_TRUE(describe_value_file(env, kPath, [](std::string_view) {}).is(StatusCode::kIoError));
  env.clear_faults();
  EXPECT_TRUE(file->verify(nullptr).ok());
  EXPECT_EQ(budget.used(), 0u);
}

TEST_F(SegmentValuesTest, DescriptionNamesTheLargeValuesUpToTheDamage) {
  const TestSegment segment = small_segment();
  segment.write_to(env, kPath);
  std::vector<std::string> lines;
  const auto describe = [&] {
    lines.clear();
    return describe_value_file(env, kPath,
                               [&](std::string_view line) { lines.emplace_back(line); });
  };
  const std::string header = "segment 12 of the log, 12288 bytes, from position 8192";
  const auto record = [&](const SegmentValue& value) {
    return "record offset " + std::to_string(value.pointer.offset) + ", key \"" + value.key +
           "\", value of " + std::to_string(value.value.size()) + " bytes";
  };
  ASSERT_TRUE(describe().ok());
  EXPECT_THAT(lines, ElementsAre(header, record(segment.values()[0]), record(segment.values()[1])));

  ASSERT_TRUE(env.flip_bit(kPath, (segment.values()[1].pointer.offset + 40) * 8).ok());
  const Status status = describe();
  EXPECT_TRUE(status.is(StatusCode::kCorruption));
  EXPECT_THAT(status.to_string(), HasSubstr("000012.values: offset 8192: a frame does not verify"));
  EXPECT_THAT(lines, ElementsAre(header, record(segment.values()[0])));

  ASSERT_TRUE(env.set_length(kPath, 2 * kLogBlockBytes).ok());
  EXPECT_THAT(describe().to_string(),
              HasSubstr("000012.values: offset 8192: the file should have 12288 bytes"));
  ASSERT_TRUE(env.flip_bit(kPath, 20 * 8).ok());
  EXPECT_EQ(describe().message(),
            "000012.values: offset 0: segment header's checksum does not match");
}

}  // namespace
}  // namespace ashlar
