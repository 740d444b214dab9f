// Databases of every format version ever released must open for ever, with the same entries.
//
// Each archive in tests/format/vN holds one that make_format_corpus wrote when version N was
// current.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "ashlar/database.h"
#include "support/expect.h"
#include "support/hexadecimal.h"
#include "support/temporary_folder.h"

namespace ashlar {
namespace {

namespace fs = std::filesystem;

class FormatCorpus : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const std::string archive = std::string(ASHLAR_FORMAT_CORPUS) + "/" + GetParam() + ".tar.gz";
    ASSERT_TRUE(fs::exists(archive)) << archive;
    ASSERT_EQ(std::system(("tar -xzf '" + archive + "' -C '" + folder_.path() + "'").c_str()), 0);
    name_ = fs::path(GetParam()).filename();
  }

  void expect_entries(const Database& database) {
    std::ifstream expected(folder_ / (name_ + ".entries"));
    const auto all = database.range("", "");
    uint64_t count = 0;
    std::string key, value;
    for (const Entry& entry : all) {
      ASSERT_TRUE(expected >> key >> value) << "more entries than there were";
      ASSERT_EQ(to_hexadecimal(entry.key), key);
      ASSERT_EQ(entry.value.empty() ? "-" : to_hexadecimal(entry.value), value) << key;
      const auto found = database.get(entry.key);
      ASSERT_OK(found);
      ASSERT_EQ(*found, entry.value);
      ++count;
    }
    ASSERT_OK(all.status());
    ASSERT_FALSE(expected >> key) << key << " is missing";
    ASSERT_GT(count, 100u);
    ASSERT_EQ(database.count().value(), count);
  }

  TemporaryFolder folder_;
  std::string name_;
};

TEST_P(FormatCorpus, OpensWithEveryEntry) {
  for (const bool read_only : {true, false, false}) {
    Options options;
    options.read_only = read_only;
    options.create_if_missing = false;
    const auto database = Database::open(folder_ / name_, options);
    ASSERT_OK(database);
    expect_entries(**database);
    if (HasFatalFailure()) return;
    const auto report = (*database)->verify();
    ASSERT_OK(report);
    EXPECT_TRUE(report->problems.empty()) << report->problems.front();
  }
}

TEST_P(FormatCorpus, TakesWritesAndMergesThemIn) {
  const auto database = Database::open(folder_ / name_);
  ASSERT_OK(database);
  ASSERT_OK((*database)->set("\xff", "behind everything"));
  ASSERT_OK((*database)->compact());
  ASSERT_OK((*database)->del("\xff"));
  expect_entries(**database);
}

INSTANTIATE_TEST_SUITE_P(Version1, FormatCorpus,
                         testing::Values("v1/none", "v1/lz4", "v1/snappy", "v1/zstd"));

}  // namespace
}  // namespace ashlar
