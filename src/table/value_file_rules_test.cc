// Value files in which every checksum is right and a rule is broken.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/checksum.h"
#include "base/coding.h"
#include "env/sim_env.h"
#include "table/table_description.h"
#include "table/table_format.h"
#include "table/value_file.h"

namespace ashlar {
namespace {

using ::testing::HasSubstr;

class ValueFileRules : public testing::Test {
 protected:
  static constexpr uint64_t kFileNumber = 7;
  static constexpr const char* kPath = "000007.values";

  ValueFileRules() {
    env_.record_history(false);
    auto builder = ValueFileBuilder::create(env_, kPath, kFileNumber, false, &budget_).value();
    pointer_ = builder->add("key", std::string(100, 'v')).value();
    EXPECT_TRUE(builder->add("other", std::string(200, 'w')).ok());
    summary_ = builder->finish().value();
    bytes_ = env_.contents(kPath).value();
  }
  void write_header(const ValueFileHeader& header) {
    encode_value_file_header(header, bytes_.data());
    ASSERT_TRUE(env_.overwrite(kPath, 0, bytes_).ok());
  }
  // Gives the first record the checksum of what its front says.
  void seal_record() {
    const char* record = bytes_.data() + kPageBytes;
    const std::string_view body(record + kValueRecordHeaderBytes, bytes_.size());
    const uint32_t key_bytes = load<uint32_t>(record + 4);
    const uint32_t value_bytes = load<uint32_t>(record + 8);
    store(bytes_.data() + kPageBytes,
          value_record_checksum(kFileNumber, kPageBytes, body.substr(0, key_bytes),
                                body.substr(key_bytes, value_bytes)));
  }
  void expect_refused(const std::string& what) {
    const auto opened = ValueFile::open(env_, kPath, summary_, &budget_);
    ASSERT_TRUE(opened.status().is(StatusCode::kCorruption)) << opened.status().to_string();
    EXPECT_THAT(opened.status().to_string(), HasSubstr(what));
    EXPECT_THAT(opened.status().to_string(), HasSubstr(kPath));
  }
  // Opening does not read the records; everything that does finds the problem.
  void expect_found(const std::string& what) {
    std::vector<std::string> problems;
    const auto file = ValueFile::open(env_, kPath, summary_, &budget_).value();
    const Status verified = file->verify([&](std::string p) { problems.push_back(std::move(p)); });
    EXPECT_TRUE(verified.is(StatusCode::kCorruption));
    ASSERT_FALSE(problems.empty());
    EXPECT_THAT(problems.back(), HasSubstr(what));
    EXPECT_TRUE(file->verify({}).is(StatusCode::kCorruption));
    const auto records = file->new_iterator();
    for (records->seek_first(); records->valid(); records->next()) continue;
    EXPECT_TRUE(records->status().is(StatusCode::kCorruption));
    const Status described = describe_value_file(env_, kPath, [](std::string_view) {});
    EXPECT_TRUE(described.is(StatusCode::kCorruption));
    EXPECT_TRUE(file->make_resident().is(StatusCode::kCorruption));
    EXPECT_FALSE(file->resident());
  }

  SimEnv env_{1};
  MemoryBudget budget_{std::size_t{1} << 30};
  ValuePointer pointer_;
  ValueFileSummary summary_;
  std::string bytes_;
};

TEST_F(ValueFileRules, HeaderOfAnotherFileIsRefused) {
  const uint64_t bytes = summary_.file_bytes;
  write_header({kFileNumber + 1, bytes, 2});
  expect_refused("is another value file, by its number");
  write_header({kFileNumber, bytes + kPageBytes, 2});
  expect_refused("has another length than it was given");
  EXPECT_TRUE(
      describe_value_file(env_, kPath, [](std::string_view) {}).is(StatusCode::kCorruption));
  write_header({kFileNumber, bytes, 3});
  expect_refused("has another record count than given");
  write_header({kFileNumber, bytes, 2});
  EXPECT_TRUE(ValueFile::open(env_, kPath, summary_, &budget_).ok());
}

TEST_F(ValueFileRules, NewerVersionIsUnsupported) {
  store(bytes_.data() + 4, kValueFileVersion + 1);
  seal_page(bytes_.data(), kFileNumber, 0);
  ASSERT_TRUE(env_.overwrite(kPath, 0, bytes_).ok());
  EXPECT_TRUE(
      ValueFile::open(env_, kPath, summary_, &budget_).status().is(StatusCode::kUnsupported));
}

TEST_F(ValueFileRules, RecordBeyondTheFileIsFound) {
  for (const uint32_t key_bytes : {uint32_t{kMaximumStoredKeyBytes + 1}, uint32_t{4000}}) {
    store(bytes_.data() + kPageBytes + 4, key_bytes);
    ASSERT_TRUE(env_.overwrite(kPath, 0, bytes_).ok());
    expect_found("offset 4096: a record reaches beyond the file");
  }
}

TEST_F(ValueFileRules, FileThatEndsBeforeItsLastRecordIsFound) {
  // The first record takes the whole file, and there is to be a second.
  const auto rest = static_cast<uint32_t>(bytes_.size() - kPageBytes - kValueRecordHeaderBytes - 3);
  store(bytes_.data() + kPageBytes + 8, rest);
  seal_record();
  ASSERT_TRUE(env_.overwrite(kPath, 0, bytes_).ok());
  expect_found("offset 8192: the file ends before its last record");
}

TEST_F(ValueFileRules, LengthOfAllValuesIsChecked) {
  ++summary_.value_bytes;
  const auto file = ValueFile::open(env_, kPath, summary_, &budget_).value();
  const Status status = file->verify({});
  ASSERT_TRUE(status.is(StatusCode::kCorruption));
  EXPECT_THAT(status.to_string(), HasSubstr("the values don't have the length that was given"));
}

TEST_F(ValueFileRules, PointerMustFitItsRecord) {
  const auto file = ValueFile::open(env_, kPath, summary_, &budget_).value();
  for (int resident = 0; resident < 2; ++resident) {
    ASSERT_TRUE(resident == 0 || file->make_resident().ok());
    std::string value;
    ASSERT_TRUE(file->read(pointer_, "key", &value).ok());
    for (const auto change :
         {+[](ValuePointer& p) { ++p.file_number; },
          +[](ValuePointer& p) { p.offset = kPageBytes - 8; }, +[](ValuePointer& p) { ++p.offset; },
          +[](ValuePointer& p) { p.offset += kPageBytes; },
          +[](ValuePointer& p) { p.length = 9000; }, +[](ValuePointer& p) { ++p.length; },
          +[](ValuePointer& p) { ++p.checksum; }}) {
      ValuePointer pointer = pointer_;
      change(pointer);
      EXPECT_TRUE(file->read(pointer, "key", &value).is(StatusCode::kCorruption));
    }
    EXPECT_TRUE(file->read(pointer_, "kez", &value).is(StatusCode::kCorruption));
    EXPECT_TRUE(file->read(pointer_, "ke", &value).is(StatusCode::kCorruption));
  }
  // A value that was changed under its record's front.
  bytes_[kPageBytes + kValueRecordHeaderBytes + 3] ^= 1;
  ASSERT_TRUE(env_.overwrite(kPath, 0, bytes_).ok());
  file->image().release();
  std::string value;
  EXPECT_TRUE(file->read(pointer_, "key", &value).is(StatusCode::kCorruption));
}

}  // namespace
}  // namespace ashlar
