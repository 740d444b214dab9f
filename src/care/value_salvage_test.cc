#include "care/value_salvage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/memory_budget.h"
#include "env/sim_env.h"
#include "table/segment_test_support.h"
#include "table/value_file.h"
#include "table/value_file_builder.h"

namespace ashlar {
namespace {

constexpr uint64_t kRecords = 7;
constexpr uint64_t kSegment = 12;
constexpr char kRecordsPath[] = "/db/000007.values";
constexpr char kSegmentPath[] = "/db/000012.values";

// A file of each kind, with values of several lengths; the last record or operation of each ends
// with the file.
class ValueSalvageTest : public testing::Test {
 protected:
  ValueSalvageTest() {
    env_.record_history(false);
    EXPECT_TRUE(env_.create_folder("/db").ok());
    const auto builder =
        ValueFileBuilder::create(env_, kRecordsPath, kRecords, false, &budget_).value();
    for (const std::size_t bytes : {0, 5, 3000, 5098}) {
      const std::string key = "record" + std::to_string(bytes);
      const std::string value(bytes, 'r');
      records_.push_back({key, value, builder->add(key, value).value()});
    }
    EXPECT_EQ(builder->finish()->file_bytes,
              records_.back().pointer.offset + kValueRecordHeaderBytes + 10 + 5098);

    segment_.set("small", "value");
    segment_.set("segment", std::string(1500, 's'));
    segment_.set(std::string(300, 'k'), std::string(4000, 't'), 1'800'000'000'000);
    segment_.end_commit();
    segment_.pad_to(padded_log_end(segment_.position()));
    Operation last;
    last.key = "last";
    const std::string value(segment_.info().end() - segment_.position() - kFrameHeaderBytes -
                                encoded_operation_bytes(last) - 1,
                            'l');
    segment_.set("last", value);
    segment_.end_commit();
    EXPECT_EQ(segment_.position(), segment_.info().end());
    segment_.write_to(env_, kSegmentPath);
  }

  std::vector<SegmentValue> all() const {
    std::vector<SegmentValue> values = records_;
    values.insert(values.end(), segment_.values().begin(), segment_.values().end());
    return values;
  }
  Status read(const SegmentValue& wanted, std::string* value) {
    ValueSalvage salvage(env_, "/db");
    ValueSalvage::Place place;
    const Status status = salvage.read(wanted.key, wanted.pointer.encode(), value, &place);
    EXPECT_EQ(place.offset, wanted.pointer.offset);
    return status;
  }
  bool comes_back(const SegmentValue& wanted) {
    std::string value = "something";
    return read(wanted, &value).ok() && value == wanted.value;
  }
  bool refuses(const SegmentValue& wanted) {
    std::string value;
    return read(wanted, &value).is(StatusCode::kCorruption);
  }

  SimEnv env_{1};
  MemoryBudget budget_{std::size_t{64} << 20};
  std::vector<SegmentValue> records_;
  TestSegment segment_{kSegment, 4};
};

TEST_F(ValueSalvageTest, ReadsValuesOfBothKindsOfFiles) {
  ValueSalvage salvage(env_, "/db");
  for (const SegmentValue& wanted : all()) {
    ValueSalvage::Place place;
    std::string value = "something";
    const Status status = salvage.read(wanted.key, wanted.pointer.encode(), &value, &place);
    EXPECT_TRUE(status.ok()) << wanted.key << ": " << status.to_string();
    EXPECT_EQ(value, wanted.value);
    EXPECT_EQ(place.file, wanted.pointer.file_number == kSegment ? kSegmentPath : kRecordsPath);
    EXPECT_EQ(place.offset, wanted.pointer.offset);
  }
}

TEST_F(ValueSalvageTest, NeedsNoHeader) {
  for (const char* path : {kRecordsPath, kSegmentPath}) {
    ASSERT_TRUE(env_.overwrite(path, 0, std::string(kLogBlockBytes, '\0')).ok());
  }
  for (const SegmentValue& wanted : all()) EXPECT_TRUE(comes_back(wanted)) << wanted.key;
}

TEST_F(ValueSalvageTest, NeedsNothingOfASegmentButTheOperation) {
  std::string bytes(segment_.bytes().size(), '#');
  const SegmentValue& wanted = segment_.values()[1];
  const uint64_t operation = most_operation_bytes(wanted.key, wanted.value.size());
  bytes.replace(wanted.pointer.offset, operation, segment_.bytes(), wanted.pointer.offset,
                operation);
  ASSERT_TRUE(env_.overwrite(kSegmentPath, 0, bytes).ok());
  EXPECT_TRUE(comes_back(wanted));
  EXPECT_TRUE(refuses(segment_.values()[0]));
  EXPECT_TRUE(refuses(segment_.values()[2]));
}

TEST_F(ValueSalvageTest, AnyFlippedBitOfAValueIsFound) {
  for (const SegmentValue& wanted : all()) {
    const bool logged = wanted.pointer.file_number == kSegment;
    const char* const path = logged ? kSegmentPath : kRecordsPath;
    std::size_t bytes = kValueRecordHeaderBytes + wanted.key.size() + wanted.value.size();
    if (logged) {
      const auto operation = std::string_view(segment_.bytes()).substr(wanted.pointer.offset);
      ASSERT_TRUE(decode_operation(operation, &bytes).ok());
    }
    // One bit of each byte, another one each time.
    for (std::size_t at = 0; at < bytes; ++at) {
      const uint64_t bit = (wanted.pointer.offset + at) * 8 + at % 8;
      ASSERT_TRUE(env_.flip_bit(path, bit).ok());
      ASSERT_TRUE(refuses(wanted)) << wanted.key << " bit " << bit;
      ASSERT_TRUE(env_.flip_bit(path, bit).ok());
    }
    EXPECT_TRUE(comes_back(wanted));
  }
}

TEST_F(ValueSalvageTest, APointerThatIsWrongInAnyPartIsRefused) {
  for (const SegmentValue& wanted : all()) {
    for (const auto change :
         {+[](ValuePointer& p) { ++p.file_number; }, +[](ValuePointer& p) { ++p.offset; },
          +[](ValuePointer& p) { --p.offset; }, +[](ValuePointer& p) { p.offset = 0; },
          +[](ValuePointer& p) { p.offset += 16384; },
          +[](ValuePointer& p) { p.offset = UINT64_MAX; }, +[](ValuePointer& p) { ++p.length; },
          +[](ValuePointer& p) { --p.length; }, +[](ValuePointer& p) { p.length = UINT32_MAX; },
          +[](ValuePointer& p) { ++p.checksum; }}) {
      SegmentValue other = wanted;
      change(other.pointer);
      EXPECT_TRUE(refuses(other)) << wanted.key;
    }
    for (const char* key : {"", "k", "segmens", "another key"}) {
      SegmentValue other = wanted;
      other.key = key;
      EXPECT_TRUE(refuses(other)) << wanted.key << " by " << key;
    }
  }
  // Of the other file, where the same checksum is not.
  SegmentValue other = segment_.values()[0];
  other.pointer.file_number = kRecords;
  EXPECT_TRUE(refuses(other));
}

TEST_F(ValueSalvageTest, AFileThatIsCutOffOrMissingGivesWhatIsBeforeItsEnd) {
  const SegmentValue& first = segment_.values().front();
  const SegmentValue& last = segment_.values().back();
  ASSERT_TRUE(env_.set_length(kSegmentPath, segment_.bytes().size() - 1).ok());
  EXPECT_TRUE(comes_back(first));
  EXPECT_TRUE(refuses(last)) << "without the end of its checksum";
  ASSERT_TRUE(env_.set_length(kSegmentPath, last.pointer.offset + 100).ok());
  EXPECT_TRUE(comes_back(first));
  EXPECT_TRUE(refuses(last));
  ASSERT_TRUE(env_.set_length(kSegmentPath, 0).ok());
  EXPECT_TRUE(refuses(first));
  ASSERT_TRUE(env_.erase(kSegmentPath).ok());
  EXPECT_TRUE(refuses(first));
  for (const SegmentValue& record : records_) EXPECT_TRUE(comes_back(record)) << record.key;
}

TEST_F(ValueSalvageTest, OperationsThatSetNoValueOfThisFileAreRefused) {
  TestSegment segment(kSegment, 1);
  Operation operation;
  operation.key = "key";
  operation.value = "value";
  operation.kind = EntryKind::kDeleteRange;
  const ValuePointer range = segment.add(operation);
  operation.kind = EntryKind::kSet;
  operation.value_is_pointer = true;
  const ValuePointer pointing = segment.add(operation);
  operation.value_is_pointer = false;
  const ValuePointer set = segment.add(operation);
  segment.end_commit();
  segment.pad_to_end();
  ASSERT_TRUE(env_.erase(kSegmentPath).ok());
  segment.write_to(env_, kSegmentPath);
  EXPECT_TRUE(comes_back({"key", "value", set}));
  EXPECT_TRUE(refuses({"key", "value", range}));
  EXPECT_TRUE(refuses({"key", "value", pointing}));
}

}  // namespace
}  // namespace ashlar
