// What an engine takes for a database, and what it refuses.
#include <gtest/gtest.h>

#include "base/limits.h"
#include "db/engine.h"
#include "env/sim_env.h"

namespace ashlar {
namespace {

class EngineOpen : public testing::Test {
 protected:
  EngineOpen() {
    env_.record_history(false);
    options_.memory_budget = Options::kMinimumMemoryBudget;
    options_.env = &env_;
  }
  Status open() { return Engine::open("db", options_).status(); }
  void write_file(const std::string& path) {
    ASSERT_TRUE(env_.open_file(path, {.mode = OpenMode::kCreate}).ok());
  }

  SimEnv env_{1};
  Options options_;
};

TEST_F(EngineOpen, OptionsBeyondTheirLimitsAreRefused) {
  const Options sound = options_;
  options_.memory_budget = Options::kMinimumMemoryBudget - 1;
  EXPECT_TRUE(open().is(StatusCode::kInvalidArgument));
  options_ = sound;
  options_.compression = static_cast<Compression>(4);
  EXPECT_TRUE(open().is(StatusCode::kInvalidArgument));
  options_ = sound;
  options_.durability = static_cast<Durability>(2);
  EXPECT_TRUE(open().is(StatusCode::kInvalidArgument));
  EXPECT_FALSE(env_.exists("db").value());
  options_ = sound;
  EXPECT_TRUE(open().ok());
}

TEST_F(EngineOpen, FolderOfSomethingElseIsLeftAlone) {
  ASSERT_TRUE(env_.create_folder("db").ok());
  ASSERT_TRUE(env_.create_folder("db/000001.log").ok());
  EXPECT_TRUE(open().is(StatusCode::kCorruption));
  ASSERT_TRUE(env_.remove_folder("db/000001.log").ok());
  ASSERT_TRUE(env_.create_folder("db/holiday").ok());
  EXPECT_TRUE(open().is(StatusCode::kInvalidArgument));
  ASSERT_TRUE(env_.remove_folder("db/holiday").ok());
  write_file("db/notes.txt");
  EXPECT_TRUE(open().is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(env_.exists("db/notes.txt").value());
  ASSERT_TRUE(env_.remove("db/notes.txt").ok());
  write_file("db/000002.table");
  EXPECT_TRUE(open().is(StatusCode::kCorruption));
  ASSERT_TRUE(env_.remove("db/000002.table").ok());
  // What a crash during the creation may leave.
  write_file("db/000001.log");
  write_file("db/CURRENT.new");
  EXPECT_TRUE(open().ok());
  EXPECT_FALSE(env_.exists("db/CURRENT.new").value());
}

TEST_F(EngineOpen, LogWithCommitsButWithoutCurrentIsCorruptionAndStays) {
  {
    const auto engine = Engine::open("db", options_).value();
    ASSERT_TRUE(engine->set("k", "v", {}).ok());
  }
  ASSERT_TRUE(env_.erase("db/CURRENT").ok());
  const auto files = env_.files_below("db");
  EXPECT_TRUE(open().is(StatusCode::kCorruption));
  EXPECT_EQ(env_.files_below("db"), files);
}

TEST_F(EngineOpen, NothingIsMadeWhereNothingMayBe) {
  options_.create_if_missing = false;
  EXPECT_TRUE(open().is(StatusCode::kNotFound));
  EXPECT_FALSE(env_.exists("db").value());
  ASSERT_TRUE(env_.create_folder("db").ok());
  EXPECT_TRUE(open().is(StatusCode::kNotFound));
  options_.create_if_missing = true;
  options_.read_only = true;
  EXPECT_TRUE(open().is(StatusCode::kNotFound));
}

TEST_F(EngineOpen, KeysBeyondTheirLimitsAreRefused) {
  const auto engine = Engine::open("db", options_).value();
  EXPECT_TRUE(engine->set("", "v", {}).is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(
      engine->set(std::string(kMaximumStoredKeyBytes + 1, 'k'), "v", {}).is(StatusCode::kTooLarge));
  EXPECT_TRUE(engine->set(std::string(kMaximumStoredKeyBytes, 'k'), "v", {}).ok());
}

}  // namespace
}  // namespace ashlar
