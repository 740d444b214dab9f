#include "env/new_folder.h"

#include <gtest/gtest.h>

#include "env/sim_env.h"

namespace ashlar {
namespace {

Status write_new(Env& env, const std::string& path, const std::string& bytes) {
  auto file = env.open_file(path, {.mode = OpenMode::kCreate});
  if (!file.ok()) return file.status();
  if (Status written = (*file)->write(0, bytes); !written.ok()) return written;
  return (*file)->sync();
}

TEST(NewFolder, IsThereOnlyOncePublished) {
  SimEnv sim(1);
  {
    auto folder = NewFolder::create(sim, "/a/");
    ASSERT_TRUE(folder.ok());
    ASSERT_TRUE(write_new(sim, join_path((*folder)->path(), "file"), "x").ok());
    EXPECT_FALSE(sim.exists("/a").value());
    ASSERT_TRUE((*folder)->publish().ok());
  }
  EXPECT_EQ(sim.contents("/a/file").value(), "x");
  EXPECT_EQ(sim.list("/").value().size(), 1u);
}

TEST(NewFolder, GivenUpLeavesNothing) {
  SimEnv sim(1);
  {
    auto folder = NewFolder::create(sim, "/a");
    ASSERT_TRUE(folder.ok());
    ASSERT_TRUE(sim.create_folder(join_path((*folder)->path(), "inside")).ok());
    ASSERT_TRUE(write_new(sim, join_path((*folder)->path(), "inside/file"), "x").ok());
  }
  EXPECT_TRUE(sim.list("/").value().empty());
}

TEST(NewFolder, ReplacesWhatAnEarlierAttemptLeftAndNothingElse) {
  SimEnv sim(1);
  ASSERT_TRUE(sim.create_folder("/a.ashlar-partial").ok());
  ASSERT_TRUE(write_new(sim, "/a.ashlar-partial/old", "x").ok());
  EXPECT_TRUE(NewFolder::create(sim, "/a").ok());
  ASSERT_TRUE(sim.create_folder("/b").ok());
  EXPECT_TRUE(NewFolder::create(sim, "/b").status().is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(NewFolder::create(sim, "").status().is(StatusCode::kInvalidArgument));
}

TEST(NewFolder, IsWholeOrNotThereAfterPowerLoss) {  // [FOLDER-1]
  SimEnv sim(1);
  {
    auto folder = NewFolder::create(sim, "/a");
    ASSERT_TRUE(folder.ok());
    for (const char* name : {"1", "2", "3"}) {
      ASSERT_TRUE(
          write_new(sim, join_path((*folder)->path(), name), std::string(9000, *name)).ok());
    }
    ASSERT_TRUE((*folder)->publish().ok());
  }
  SimCrash crash = sim.crash_points();
  SimRandom random(7);
  bool seen_whole = false;
  for (std::size_t position = 0; position <= crash.operation_count(); ++position) {
    crash.advance_to(position);
    for (int i = 0; i < 30; ++i) {
      const auto after = sim.restart(crash.image(crash.random_fates(&random)), 1);
      if (!after->exists("/a").value()) continue;
      seen_whole = true;
      for (const char* name : {"1", "2", "3"}) {
        ASSERT_EQ(after->contents(join_path("/a", name)).value_or(""), std::string(9000, *name));
      }
    }
  }
  EXPECT_TRUE(seen_whole);
}

TEST(CopyFile, CopiesEveryByteAndTellsTheirChecksum) {
  SimEnv sim(1);
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{5}, std::size_t{3} << 20}) {
    std::string content(bytes, '\0');
    for (std::size_t i = 0; i < bytes; ++i) content[i] = static_cast<char>(i * 7 + (i >> 12));
    ASSERT_TRUE(write_new(sim, "/from", content).ok());
    const auto copied = copy_file(sim, "/from", "/to");
    ASSERT_TRUE(copied.ok());
    EXPECT_EQ(sim.contents("/to").value(), content);
    EXPECT_EQ(*copied, digest_file(sim, "/from").value());
    EXPECT_EQ(copied->bytes, bytes);
    EXPECT_FALSE(copy_file(sim, "/from", "/to").ok());
    ASSERT_TRUE(sim.remove("/from").ok());
    ASSERT_TRUE(sim.remove("/to").ok());
  }
}

TEST(CopyFile, ThatFailsLeavesNothing) {
  SimEnv sim(1);
  ASSERT_TRUE(write_new(sim, "/from", std::string(100'000, 'x')).ok());
  sim.inject({.call = SimCall::kWrite, .bytes = 5000, .path_part = "/to"});
  EXPECT_FALSE(copy_file(sim, "/from", "/to").ok());
  EXPECT_FALSE(sim.exists("/to").value());
}

TEST(LinkOrCopy, CopiesOnlyWhereLinksFail) {
  SimEnv sim(1);
  ASSERT_TRUE(write_new(sim, "/from", "x").ok());
  ASSERT_TRUE(link_or_copy(sim, "/from", "/linked").ok());
  sim.inject({.call = SimCall::kLink});
  ASSERT_TRUE(link_or_copy(sim, "/from", "/copied").ok());
  ASSERT_TRUE(sim.overwrite("/from", 0, "y").ok());
  EXPECT_EQ(sim.contents("/linked").value(), "y");
  EXPECT_EQ(sim.contents("/copied").value(), "x");
  EXPECT_TRUE(link_or_copy(sim, "/none", "/to").is(StatusCode::kNotFound));
}

}  // namespace
}  // namespace ashlar
