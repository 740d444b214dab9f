#include "query/external_sorter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "env/sim_env.h"

namespace ashlar {
namespace {

class ExternalSorterTest : public testing::Test {
 protected:
  ExternalSorterTest() {
    Options options;
    options.memory_budget = Options::kMinimumMemoryBudget;
    options.env = &env_;
    auto opened = Engine::open("/db", options);
    EXPECT_TRUE(opened.ok()) << opened.status().to_string();
    engine_ = std::move(opened).value();
  }

  // Fed with `count` records, of which each place comes `repeats` times, in a scattered order.
  static void feed(ExternalSorter* sorter, int count, int repeats, std::size_t payload_bytes) {
    for (int number = 0; number < count; ++number) {
      const int place = static_cast<int>(int64_t{number} * 7919 % count) / repeats;
      SortRecord record;
      record.order = "o" + std::to_string(100'000 + place / 10);
      record.key = "k" + std::to_string(place % 10);
      record.payload = std::string(payload_bytes, static_cast<char>('a' + place % 26));
      ASSERT_TRUE(sorter->add(std::move(record)).ok());
    }
    ASSERT_TRUE(sorter->finish().ok());
  }

  static std::vector<std::string> drain(ExternalSorter* sorter) {
    std::vector<std::string> places;
    while (sorter->valid()) {
      places.push_back(sorter->record().order + sorter->record().key);
      EXPECT_TRUE(sorter->next().ok());
    }
    return places;
  }

  std::size_t sort_files() {
    std::size_t count = 0;
    for (const auto& entry : env_.list("/db").value()) count += entry.name.ends_with(".sort");
    return count;
  }

  SimEnv env_{1};
  std::unique_ptr<Engine> engine_;
};

TEST_F(ExternalSorterTest, SortsInMemoryWithoutFiles) {
  ExternalSorter sorter(*engine_, {});
  feed(&sorter, 500, 1, 10);
  const auto places = drain(&sorter);
  EXPECT_EQ(places.size(), 500u);
  EXPECT_TRUE(std::is_sorted(places.begin(), places.end()));
  EXPECT_EQ(sorter.spilled_bytes(), 0u);
}

TEST_F(ExternalSorterTest, SortsManyRunsThroughFilesThatGoWithIt) {
  {
    ExternalSorter sorter(*engine_, {});
    feed(&sorter, 40'000, 2, 1000);  // 40 MB: more runs than are merged at a time
    EXPECT_GT(sorter.spilled_bytes(), 40'000'000u);
    EXPECT_GT(sort_files(), 0u);
    EXPECT_LE(sort_files(), 2 * ExternalSorter::kFanIn);
    const auto places = drain(&sorter);
    EXPECT_EQ(places.size(), 40'000u);
    EXPECT_TRUE(std::is_sorted(places.begin(), places.end()));
    EXPECT_EQ(std::set<std::string>(places.begin(), places.end()).size(), 20'000u);
  }
  EXPECT_EQ(sort_files(), 0u);
}

TEST_F(ExternalSorterTest, KeepsOneOfEqualRecordsAlsoAcrossRuns) {
  ExternalSorter sorter(*engine_, {.unique = true});
  feed(&sorter, 12'000, 4, 1000);
  const auto places = drain(&sorter);
  EXPECT_EQ(places.size(), 3000u);
  EXPECT_TRUE(std::is_sorted(places.begin(), places.end()));
}

TEST_F(ExternalSorterTest, OfTheFirstOnesAloneKeepsNoMoreInMemory) {
  ExternalSorter sorter(*engine_, {.keep = 10});
  feed(&sorter, 40'000, 1, 1000);
  EXPECT_EQ(sorter.spilled_bytes(), 0u);
  const auto places = drain(&sorter);
  ASSERT_EQ(places.size(), 10u);
  EXPECT_EQ(places.front(), "o100000k0");
  EXPECT_EQ(places.back(), "o100000k9");
}

// Records that the sorter says it would drop are left out, as sorting does.
TEST_F(ExternalSorterTest, TellsWhichRecordsAreOfNoInterest) {
  constexpr int kCount = 20'000;
  constexpr int kKept = 699;
  ExternalSorter sorter(*engine_, {.keep = kKept});
  int left_out = 0;
  for (int number = 0; number < kCount; ++number) {
    const int place = static_cast<int>(int64_t{number} * 7919 % kCount);
    SortRecord record{std::to_string(100'000 + place / 3), std::to_string(place % 3), {}};
    if (!sorter.may_be_kept(record.order, record.key)) {
      ++left_out;
    } else {
      ASSERT_TRUE(sorter.add(std::move(record)).ok());
    }
  }
  ASSERT_TRUE(sorter.finish().ok());
  EXPECT_GT(left_out, kCount / 2);
  const auto places = drain(&sorter);
  ASSERT_EQ(places.size(), std::size_t{kKept});
  for (int place = 0; place < kKept; ++place) {
    ASSERT_EQ(places[static_cast<std::size_t>(place)],
              std::to_string(100'000 + place / 3) + std::to_string(place % 3));
  }
}

TEST_F(ExternalSorterTest, GivesItsMemoryBack) {
  const std::size_t before = engine_->memory_budget().used(MemoryUse::kQuery);
  {
    ExternalSorter sorter(*engine_, {});
    EXPECT_GT(engine_->memory_budget().used(MemoryUse::kQuery), before);
  }
  EXPECT_EQ(engine_->memory_budget().used(MemoryUse::kQuery), before);
}

TEST_F(ExternalSorterTest, LeftoverFilesGoWhenTheDatabaseIsOpened) {
  engine_.reset();
  ASSERT_TRUE(env_.open_file("/db/123456.sort", {.mode = OpenMode::kCreate}).ok());
  EXPECT_EQ(sort_files(), 1u);
  Options options;
  options.memory_budget = Options::kMinimumMemoryBudget;
  options.env = &env_;
  engine_ = Engine::open("/db", options).value();
  EXPECT_EQ(sort_files(), 0u);
}

}  // namespace
}  // namespace ashlar
