#include "table/value_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "base/coding.h"
#include "base/epoch.h"
#include "env/sim_env.h"
#include "table/table_description.h"

namespace ashlar {
namespace {

using ::testing::HasSubstr;

struct TestValue {
  std::string key;
  std::string value;
  ValuePointer pointer;
};

class ValueFileTest : public testing::Test {
 protected:
  static constexpr uint64_t kFileNumber = 7;

  ValueFileTest() { env.record_history(false); }

  ValueFileSummary build(std::vector<TestValue>* values, bool keep_image = false) {
    auto builder = ValueFileBuilder::create(env, path, kFileNumber, keep_image, &budget).value();
    for (TestValue& value : *values) value.pointer = builder->add(value.key, value.value).value();
    const uint64_t expected_bytes = builder->file_bytes();
    const ValueFileSummary summary = builder->finish().value();
    EXPECT_EQ(summary.file_bytes, expected_bytes);
    image = builder->take_image();
    return summary;
  }
  std::shared_ptr<ValueFile> open(const ValueFileSummary& summary) {
    return ValueFile::open(env, path, summary, &budget).value();
  }
  std::vector<TestValue> random_values(int count, std::size_t maximum_bytes) {
    std::vector<TestValue> values;
    for (int i = 0; i < count; ++i) {
      TestValue value;
      value.key = "key" + std::to_string(i) + std::string(random() % 20, 'k');
      value.value.resize(random() % maximum_bytes);
      for (char& byte : value.value) byte = static_cast<char>(random());
      values.push_back(std::move(value));
    }
    return values;
  }
  void expect_values(const ValueFile& file, const std::vector<TestValue>& values) {
    for (const TestValue& value : values) {
      std::string got = "something";
      const Status status = file.read(value.pointer, value.key, &got);
      ASSERT_TRUE(status.ok()) << status.to_string();
      ASSERT_EQ(got, value.value);
      EXPECT_EQ(file.view(value.pointer, value.key).ok(), file.resident());
    }
    const auto records = file.new_iterator();
    std::size_t at = 0;
    for (records->seek_first(); records->valid(); records->next(), ++at) {
      ASSERT_LT(at, values.size());
      EXPECT_EQ(records->key(), values[at].key);
      EXPECT_EQ(records->value(), values[at].value);
      EXPECT_EQ(records->pointer(), values[at].pointer);
    }
    EXPECT_EQ(at, values.size());
    EXPECT_TRUE(file.verify(nullptr).ok());
  }

  SimEnv env{1};
  MemoryBudget budget{std::size_t{1} << 30};
  std::string path = "000007.values";
  HugeBuffer image;
  std::mt19937_64 random{3};
};

TEST_F(ValueFileTest, ExampleOfTheFormat) {
  std::vector<TestValue> values = {{"k", "vvvv", {}}, {"l", "", {}}};
  const ValueFileSummary summary = build(&values);
  const std::string bytes = env.contents(path).value();
  const std::string record("\xed\x25\x9b\x3f\x01\x00\x00\x00\x04\x00\x00\x00kvvvv\0\0\0\0\0\0\0",
                           24);
  EXPECT_EQ(bytes.substr(4096, record.size()), record);
  EXPECT_EQ(values[0].pointer.offset, 4096u);
  EXPECT_EQ(values[1].pointer.offset, 4120u);
  EXPECT_EQ(summary.file_bytes, 8192u);
  EXPECT_EQ(summary.record_count, 2u);
  EXPECT_EQ(summary.value_bytes, 4u);
}

TEST_F(ValueFileTest, GivesBackValuesResidentAndNot) {
  std::vector<TestValue> values = random_values(200, 20000);
  values.push_back({"huge", std::string(std::size_t{5} << 20, 'h'), {}});
  values.push_back({std::string(kMaximumKeyBytes, 'k'), "v", {}});
  const ValueFileSummary summary = build(&values);
  const auto file = open(summary);
  expect_values(*file, values);
  ASSERT_TRUE(file->make_resident().ok());
  expect_values(*file, values);
  EXPECT_EQ(budget.used(MemoryUse::kTable), file->image_bytes());
  EXPECT_NE(file->image().release(), nullptr);
  EXPECT_EQ(budget.used(MemoryUse::kTable), 0u);
  expect_values(*file, values);
}

TEST_F(ValueFileTest, BuilderKeepsTheImageThatTheFileHolds) {
  std::vector<TestValue> values = random_values(300, 20000);
  const ValueFileSummary summary = build(&values, true);
  EXPECT_EQ(std::string_view(image.data(), summary.file_bytes), env.contents(path).value());
  const auto file = ValueFile::open(env, path, summary, &budget, std::move(image)).value();
  ASSERT_TRUE(file->resident());
  expect_values(*file, values);
  const std::string_view view = file->view(values[9].pointer, values[9].key).value();
  const auto old = file->image().replace(file->image().copy_in_huge_pages(&budget).value());
  ASSERT_NE(old, nullptr);
  EXPECT_EQ(view, values[9].value) << "what was given out lies in the old image";
  EXPECT_FALSE(file->image().in_small_pages());
  expect_values(*file, values);
}

TEST_F(ValueFileTest, ReadersNeedNoGuardWhileTheImageMoves) {
  std::vector<TestValue> values;
  for (int i = 0; i < 4; ++i) {
    values.push_back(
        {"key" + std::to_string(i), std::string(900'000, static_cast<char>('a' + i)), {}});
  }
  for (int round = 0; round < 20; ++round) {
    const ValueFileSummary summary = build(&values, true);
    const auto file = ValueFile::open(env, path, summary, &budget, std::move(image)).value();
    std::atomic<bool> stop{false};
    std::thread reader([&] {
      std::string value;
      while (!stop.load()) {
        for (const TestValue& wanted : values) {
          EXPECT_TRUE(file->read(wanted.pointer, wanted.key, &value).ok());
          EXPECT_TRUE(value == wanted.value);
        }
      }
    });
    RetireList retired;
    retired.reserve();
    auto old = file->image().replace(file->image().copy_in_huge_pages(&budget).value());
    retired.retire([image = std::move(old)]() mutable { image.reset(); });
    while (retired.collect() > 0) std::this_thread::yield();
    stop.store(true);
    reader.join();
    ASSERT_TRUE(env.remove(path).ok());
  }
}

TEST_F(ValueFileTest, ACachedRecordNeedsNoFileAndIsGivenToItsKeyOnly) {
  std::vector<TestValue> values = random_values(3, 3000);
  const ValueFileSummary summary = build(&values);
  ValueCache cache(&budget);
  cache.set_capacity(std::size_t{8} << 20);
  const auto file = ValueFile::open(env, path, summary, &budget, {}, &cache).value();
  const TestValue& wanted = values[1];
  std::string got;
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(file->read(wanted.pointer, wanted.key, &got).ok());

  SimFault fault;
  fault.call = SimCall::kRead;
  fault.lasting = true;
  env.inject(fault);
  ASSERT_TRUE(file->read(wanted.pointer, wanted.key, &got).ok());
  EXPECT_EQ(got, wanted.value);
  EXPECT_FALSE(file->read(values[0].pointer, values[0].key, &got).ok());
  std::string other = wanted.key;
  other.back() ^= 1;
  EXPECT_TRUE(file->read(wanted.pointer, other, &got).is(StatusCode::kCorruption));
  ValuePointer shorter = wanted.pointer;
  shorter.length -= 1;
  EXPECT_FALSE(file->read(shorter, wanted.key, &got).ok());
}

TEST_F(ValueFileTest, PointersThatAreNotItsOwnAreCorruption) {
  std::vector<TestValue> values = random_values(10, 3000);
  const auto file = open(build(&values));
  for (int resident = 0; resident < 2; ++resident) {
    ASSERT_TRUE(resident == 0 || file->make_resident().ok());
    const auto refused = [&](ValuePointer pointer, std::string_view key) {
      std::string got;
      return file->read(pointer, key, &got).is(StatusCode::kCorruption);
    };
    const TestValue& good = values[4];
    EXPECT_FALSE(refused(good.pointer, good.key));
    EXPECT_TRUE(refused(good.pointer, values[5].key));
    for (const auto change :
         {+[](ValuePointer& p) { ++p.file_number; }, +[](ValuePointer& p) { p.offset += 8; },
          +[](ValuePointer& p) { p.offset = 0; },
          +[](ValuePointer& p) { p.offset = UINT64_MAX - 7; }, +[](ValuePointer& p) { ++p.length; },
          +[](ValuePointer& p) { p.length = UINT32_MAX; },
          +[](ValuePointer& p) { ++p.checksum; }}) {
      ValuePointer pointer = good.pointer;
      change(pointer);
      EXPECT_TRUE(refused(pointer, good.key));
    }
  }
}

TEST_F(ValueFileTest, AnyFlippedBitIsNoticedNeverBelieved) {  // [VALUE-1]
  std::vector<TestValue> values = random_values(6, 100);
  const ValueFileSummary summary = build(&values);
  for (uint64_t bit = 0; bit < summary.file_bytes * 8; ++bit) {
    if (bit > 32 * 8 && bit < 4090 * 8 && bit % 509 != 0) continue;
    if (bit > (4096 + 1000) * 8 && bit % 509 != 0) continue;
    ASSERT_TRUE(env.flip_bit(path, bit).ok());
    const auto opened = ValueFile::open(env, path, summary, &budget);
    if (opened.ok()) {
      ASSERT_TRUE((*opened)->verify(nullptr).is(StatusCode::kCorruption)) << bit;
      if (bit % 2 == 0) static_cast<void>((*opened)->make_resident().ok());
      for (const TestValue& value : values) {
        std::string got;
        const Status status = (*opened)->read(value.pointer, value.key, &got);
        ASSERT_TRUE(status.is(StatusCode::kCorruption) || got == value.value) << bit;
      }
    } else {
      ASSERT_TRUE(opened.status().is(StatusCode::kCorruption));
    }
    ASSERT_TRUE(env.flip_bit(path, bit).ok());
  }
}

TEST_F(ValueFileTest, CutOffAndForeignFilesAreRefused) {
  std::vector<TestValue> values = random_values(5, 3000);
  const ValueFileSummary summary = build(&values);
  for (const auto change : {+[](ValueFileSummary& s) { ++s.file_number; },
                            +[](ValueFileSummary& s) { s.file_bytes += 4096; },
                            +[](ValueFileSummary& s) { ++s.record_count; }}) {
    ValueFileSummary other = summary;
    change(other);
    EXPECT_TRUE(ValueFile::open(env, path, other, &budget).status().is(StatusCode::kCorruption));
  }
  for (const uint64_t length : {uint64_t{0}, uint64_t{100}, uint64_t{4096}}) {
    ASSERT_TRUE(env.set_length(path, length).ok());
    EXPECT_TRUE(ValueFile::open(env, path, summary, &budget).status().is(StatusCode::kCorruption));
  }
}

TEST_F(ValueFileTest, AbandonedBuilderRemovesItsFile) {
  {
    auto builder = ValueFileBuilder::create(env, path, kFileNumber, true, &budget).value();
    ASSERT_TRUE(builder->add("k", std::string(std::size_t{3} << 20, 'v')).ok());
  }
  EXPECT_FALSE(env.exists(path).value());
  EXPECT_EQ(budget.used(), 0u);
}

TEST_F(ValueFileTest, DescriptionNamesRecords) {
  std::vector<TestValue> values = {{"\x01k", "value", {}}};
  build(&values);
  std::string text;
  ASSERT_TRUE(describe_value_file(env, path, [&](std::string_view line) {
                text.append(line).append("\n");
              }).ok());
  EXPECT_THAT(text, HasSubstr("value file 7, 8192 bytes, 1 records"));
  EXPECT_THAT(text, HasSubstr("record offset 4096, key \"\\x01k\", value of 5 bytes"));
}

}  // namespace
}  // namespace ashlar
