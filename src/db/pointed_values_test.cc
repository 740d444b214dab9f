#include "db/pointed_values.h"

#include <gtest/gtest.h>

#include <map>

#include "env/sim_env.h"
#include "table/value_file.h"

namespace ashlar {
namespace {

// Many files of a few values each, every second one in memory.
class PointedValuesTest : public testing::Test {
 protected:
  static constexpr uint64_t kFiles = 40;
  static constexpr std::size_t kValuesEach = 3;

  PointedValuesTest() {
    for (uint64_t number = 1; number <= kFiles; ++number) add_file(number, number % 2 == 0);
  }

  void add_file(uint64_t number, bool resident) {
    const std::string path = "values" + std::to_string(number);
    auto builder = ValueFileBuilder::create(env_, path, number, resident, nullptr).value();
    for (std::size_t i = 0; i < kValuesEach; ++i) {
      const std::string key = key_of(number, i);
      pointers_[key] = builder->add(key, value_of(key)).value().encode();
    }
    const ValueFileSummary summary = builder->finish().value();
    auto file = ValueFile::open(env_, path, summary, nullptr, builder->take_image()).value();
    ASSERT_EQ(file->resident(), resident);
    version_.value_files.emplace(
        number, std::make_shared<StoredValueFile>(env_, path, summary, std::move(file)));
  }
  static std::string key_of(uint64_t number, std::size_t i) {
    return "key" + std::to_string(number) + "." + std::to_string(i);
  }
  static std::string value_of(const std::string& key) {
    return key + std::string(1000 + 7 * key.size(), 'v');
  }

  SimEnv env_{1};
  Version version_;
  std::map<std::string, std::string> pointers_;
};

TEST_F(PointedValuesTest, AreFoundInTurnsInManyFiles) {
  PointedValues values(version_);
  for (std::size_t i = 0; i < kValuesEach; ++i) {
    for (uint64_t number = 1; number <= kFiles; ++number) {
      const std::string key = key_of(number, i);
      if (number + i < 20) values.prefetch(pointers_[key_of(number, kValuesEach - 1)]);
      const auto found = values.find(key, pointers_[key]);
      ASSERT_TRUE(found.ok()) << found.status().to_string();
      EXPECT_EQ(*found, value_of(key));
    }
  }
}

TEST_F(PointedValuesTest, StayWhenTheirFileLeavesMemory) {
  PointedValues values(version_);
  const std::string key = key_of(2, 0);
  const std::string_view found = values.find(key, pointers_[key]).value();
  version_.value_files.at(2)->reader->image().release();
  EXPECT_EQ(found, value_of(key));
  EXPECT_EQ(values.find(key_of(2, 1), pointers_[key_of(2, 1)]).value(), value_of(key_of(2, 1)));
  EXPECT_EQ(PointedValues(version_).find(key, pointers_[key]).value(), value_of(key));
}

TEST_F(PointedValuesTest, AWrongPointerIsToldAndHarmlessToAskFor) {
  PointedValues values(version_);
  const std::string key = key_of(2, 0);
  ValuePointer elsewhere;
  ASSERT_TRUE(ValuePointer::decode(pointers_[key], &elsewhere));
  elsewhere.offset = uint64_t{1} << 40;
  ValuePointer missing = elsewhere;
  missing.file_number = kFiles + 1;
  ValuePointer of_no_file = elsewhere;
  of_no_file.file_number = 0;
  ValuePointer beyond_memory = elsewhere;
  beyond_memory.offset = UINT64_MAX - 7;
  for (const std::string& wrong : {std::string("short"), elsewhere.encode(), missing.encode(),
                                   of_no_file.encode(), beyond_memory.encode(),
                                   pointers_[key_of(4, 0)]}) {
    values.prefetch(wrong);
    EXPECT_TRUE(values.find(key, wrong).status().is(StatusCode::kCorruption));
  }
}

}  // namespace
}  // namespace ashlar
