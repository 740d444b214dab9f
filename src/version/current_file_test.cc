#include "version/current_file.h"

#include <gtest/gtest.h>

#include "env/sim_env.h"
#include "version/file_names.h"

namespace ashlar {
namespace {

TEST(CurrentFile, NamesTheManifest) {
  SimEnv env(1);
  ASSERT_TRUE(write_current(env, "", 7).ok());
  EXPECT_EQ(read_current(env, "").value(), 7u);
  ASSERT_TRUE(write_current(env, "", 12'345'678).ok());
  EXPECT_EQ(read_current(env, "").value(), 12'345'678u);
}

TEST(CurrentFile, IsNotFoundWhereThereIsNone) {
  SimEnv env(1);
  EXPECT_TRUE(read_current(env, "").status().is(StatusCode::kNotFound));
}

TEST(CurrentFile, WithAnyBitFlippedOrCutIsCorrupt) {
  SimEnv env(1);
  ASSERT_TRUE(write_current(env, "", 7).ok());
  const std::string bytes = env.contents(std::string(kCurrentFileName)).value();
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_TRUE(parse_current(damaged).status().is(StatusCode::kCorruption)) << damaged;
  }
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_TRUE(parse_current(bytes.substr(0, length)).status().is(StatusCode::kCorruption));
  }
  EXPECT_TRUE(parse_current(bytes + "\n").status().is(StatusCode::kCorruption));
  EXPECT_TRUE(parse_current(bytes).ok());
}

TEST(CurrentFile, NamesTheOldOrTheNewManifestAfterACrash) {  // [CURRENT-1]
  SimEnv env(1);
  ASSERT_TRUE(write_current(env, "", 1).ok());
  env.forget_history();
  ASSERT_TRUE(write_current(env, "", 2).ok());
  SimCrash crash = env.crash_points();
  SimRandom random(9);
  bool old_seen = false;
  while (true) {
    for (int i = 0; i < 30; ++i) {
      const auto after = env.restart(crash.image(crash.random_fates(&random)), 1);
      const auto number = read_current(*after, "");
      ASSERT_TRUE(number.ok()) << number.status().to_string();
      ASSERT_TRUE(*number == 1 || *number == 2);
      old_seen = old_seen || *number == 1;
      const bool done = crash.position() == crash.operation_count();
      if (done) {
        ASSERT_EQ(*number, 2u);
      }
    }
    if (crash.position() == crash.operation_count()) break;
    crash.advance_to(crash.position() + 1);
  }
  EXPECT_TRUE(old_seen);
}

TEST(FileNames, ComeBackAsTheyWere) {
  for (const FileType type :
       {FileType::kManifest, FileType::kLog, FileType::kTable, FileType::kValues}) {
    for (const uint64_t number :
         {uint64_t{0}, uint64_t{1}, uint64_t{999'999}, uint64_t{1'000'000}, UINT64_MAX}) {
      const auto parsed = parse_file_name(file_name(type, number));
      ASSERT_TRUE(parsed.has_value()) << file_name(type, number);
      EXPECT_EQ(parsed->type, type);
      EXPECT_EQ(parsed->number, number);
    }
  }
  EXPECT_EQ(file_name(FileType::kTable, 34), "000034.table");
  EXPECT_EQ(file_name(FileType::kManifest, 7), "MANIFEST-000007");
}

TEST(FileNames, OthersAreNotTaken) {
  for (const char* name :
       {"", "CURRENT", "LOCK", "log.ring", "34.table", "0000034.table", "000034.tables", "000034.",
        "000034", "MANIFEST-7", "MANIFEST-", "manifest-000007", "-00034.table", "+00034.table",
        "000034.table.new", " 000034.table", "00003a.table", "18446744073709551616.log",
        "MANIFEST-000007 "}) {
    EXPECT_FALSE(parse_file_name(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace ashlar
