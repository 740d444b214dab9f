// What an engine does to look after itself, and the copies that are made of it: beside writers, and
// beside damage.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "base/limits.h"
#include "db/engine.h"
#include "env/sim_env.h"

namespace ashlar {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class EngineUpkeep : public testing::Test {
 protected:
  EngineUpkeep() {
    env_.record_history(false);
    options_.memory_budget = Options::kMinimumMemoryBudget;
    options_.durability = Durability::kProcess;
    options_.scrub_bytes_per_second = 0;
    options_.env = &env_;
    options_.listener = [this](const Event& event) {
      if (event.kind == Event::Kind::kCorruptionFound) told_.emplace_back(event.message);
    };
  }

  std::unique_ptr<Engine> open() { return Engine::open("db", options_).value(); }
  std::unique_ptr<Engine> open_for_reading() {
    Options reading = options_;
    reading.read_only = true;
    return Engine::open("db", reading).value();
  }
  static void set(Engine& engine, const std::string& key, const std::string& value) {
    const Status status = engine.set(key, value, {});
    ASSERT_TRUE(status.ok()) << status.to_string();
  }
  // Values that don't shrink by compression.
  static std::string noise(std::size_t bytes, uint64_t seed) {
    std::string out(bytes, '\0');
    for (char& byte : out) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      byte = static_cast<char>(seed >> 56);
    }
    return out;
  }
  void fill(Engine& engine, const std::string& prefix, int count) {
    for (int i = 0; i < count; ++i) {
      set(engine, prefix + std::to_string(1000 + i), noise(900, static_cast<uint64_t>(i)));
    }
    ASSERT_TRUE(engine.flush().ok());
  }
  std::string file_with(const std::string& ending) {
    for (const std::string& file : env_.files_below("db")) {
      if (file.ends_with(ending)) return file;
    }
    ADD_FAILURE() << "no file " << ending;
    return "";
  }
  void let_pass(std::chrono::milliseconds time) {
    constexpr std::chrono::milliseconds kStep{20};
    for (std::chrono::milliseconds passed{0}; passed < time; passed += kStep) {
      env_.advance(kStep);
      env_.run_background();
    }
  }
  // Until the scrubber is through once.
  void scrub_once(const Engine& engine) {
    for (int i = 0; i < 3000 && engine.statistics().scrub_passes == 0; ++i) {
      let_pass(std::chrono::milliseconds(20));
    }
    ASSERT_EQ(engine.statistics().scrub_passes, 1u);
  }

  SimEnv env_{1};
  Options options_;
  std::vector<std::string> told_;
};

// --- The log -------------------------------------------------------------------------------------

TEST_F(EngineUpkeep, SmallCommitsThatWaitForTheDiskDoNotMakeTheLogLong) {
  options_.durability = Durability::kDisk;
  const auto engine = open();
  uint64_t most = 0;
  for (int i = 0; i < 9000; ++i) {
    set(*engine, std::to_string(i), "1");
    env_.run_background();
    most = std::max(most, engine->statistics().log_bytes);
  }
  const MemoryPlan plan(options_.memory_budget);
  EXPECT_GT(engine->statistics().log_bytes_written, 2 * plan.memtable_log_bytes);
  // Behind a memtable's own log: half of the next, two spares, the reserve and the ballast.
  EXPECT_LT(most, 2 * plan.memtable_log_bytes);
  EXPECT_GT(engine->statistics().flushes, 1u);
}

// --- Scrubbing -----------------------------------------------------------------------------------

TEST_F(EngineUpkeep, AMergeThatIsGivenUpBecauseTheLogFailedIsNoSuccess) {
  const auto engine = open();
  fill(*engine, "a", 20);
  fill(*engine, "b", 20);
  engine->submit_maintenance([&] {
    env_.inject({.call = SimCall::kWrite, .lasting = true, .path_part = ".log"});
    env_.inject({.call = SimCall::kSync, .lasting = true, .path_part = ".log"});
    EXPECT_FALSE(engine->set("k", "v", {.durability = Durability::kDisk, .ttl = {}}).ok());
  });
  EXPECT_FALSE(engine->compact().ok());
}

TEST_F(EngineUpkeep, ScrubberFindsNothingToReadInAnEmptyDatabase) {
  options_.scrub_bytes_per_second = uint64_t{1} << 20;
  const auto engine = open();
  for (int hour = 0; hour < 3; ++hour) {
    env_.advance(std::chrono::hours(1));
    env_.run_background();
  }
  EXPECT_EQ(engine->statistics().scrub_bytes_read, 0u);
}

TEST_F(EngineUpkeep, ScrubberGoesOnWhereFilesWereMergedAway) {
  options_.scrub_bytes_per_second = uint64_t{1} << 20;
  for (const std::chrono::milliseconds before :
       {std::chrono::milliseconds(20), std::chrono::milliseconds(300),
        std::chrono::milliseconds(700), std::chrono::milliseconds(1500)}) {
    ASSERT_TRUE(told_.empty());
    auto engine = open();
    fill(*engine, "a", 1200);
    fill(*engine, "b", 1200);
    set(*engine, "huge", noise(3 * kHugeValueBytes, 1));
    set(*engine, "huger", noise(4 * kHugeValueBytes, 2));
    ASSERT_TRUE(engine->compact().ok());
    engine.reset();
    engine = open();
    let_pass(before);
    set(*engine, "huge", "small");
    set(*engine, "huger", "small");
    fill(*engine, "a", 1200);
    ASSERT_TRUE(engine->compact().ok());
    let_pass(std::chrono::seconds(30));
    EXPECT_EQ(engine->statistics().scrub_passes, 1u);
    EXPECT_EQ(engine->statistics().scrub_problems, 0u);
  }
}

TEST_F(EngineUpkeep, ScrubberTellsOfEachDamagedPlace) {
  for (const Compression compression : {Compression::kNone, Compression::kLz4}) {
    options_.compression = compression;
    options_.scrub_bytes_per_second = 0;
    std::unique_ptr<Engine> engine = open();
    fill(*engine, "a", 600);
    set(*engine, "huge", noise(2 * kHugeValueBytes, 1));
    ASSERT_TRUE(engine->compact().ok());
    engine.reset();
    told_.clear();
    ASSERT_TRUE(env_.flip_bit(file_with(".table"), (kPageBytes + 1000) * 8).ok());
    ASSERT_TRUE(env_.flip_bit(file_with(".values"), (kPageBytes + 70'000) * 8).ok());
    options_.scrub_bytes_per_second = uint64_t{1} << 20;
    engine = open();
    scrub_once(*engine);
    EXPECT_GE(engine->statistics().scrub_problems, 2u);
    EXPECT_THAT(told_, testing::Contains(HasSubstr(".table: offset 4096")));
    EXPECT_THAT(told_, testing::Contains(HasSubstr(".values: ")));
    engine.reset();
    for (const std::string& file : env_.files_below("db")) ASSERT_TRUE(env_.erase(file).ok());
  }
}

TEST_F(EngineUpkeep, ScrubberLetsAFlushGoFirstButNotForEver) {
  options_.scrub_bytes_per_second = uint64_t{4} << 20;
  const auto engine = open();
  fill(*engine, "a", 100);
  ASSERT_TRUE(engine->compact().ok());
  let_pass(std::chrono::seconds(5));
  set(*engine, "late", "v");
  env_.inject({.call = SimCall::kWrite, .lasting = true, .path_part = ".table"});
  EXPECT_TRUE(engine->flush().is(StatusCode::kIoError));
  const uint64_t before = engine->statistics().scrub_bytes_read;
  // Once an hour a pass begins.
  env_.advance(std::chrono::hours(1));
  env_.run_background();
  let_pass(std::chrono::seconds(20));
  EXPECT_EQ(engine->statistics().scrub_bytes_read, before);
  let_pass(std::chrono::seconds(60));
  EXPECT_GT(engine->statistics().scrub_bytes_read, before);
  env_.clear_faults();
  let_pass(std::chrono::seconds(5));
  EXPECT_TRUE(engine->flush().ok());
}

// --- Verifying -----------------------------------------------------------------------------------

TEST_F(EngineUpkeep, VerificationCanBeStopped) {
  const auto engine = open();
  fill(*engine, "a", 100);
  VerifyFindings findings;
  int asked = 0;
  const Status status = engine->verify(
      [&](uint64_t done, uint64_t total) {
        EXPECT_LE(done, total);
        ++asked;
        return false;
      },
      &findings);
  EXPECT_TRUE(status.is(StatusCode::kAborted)) << status.to_string();
  EXPECT_EQ(asked, 1);
}

TEST_F(EngineUpkeep, DamagedLogIsAFindingBesideTheOthers) {
  options_.durability = Durability::kDisk;
  const auto engine = open();
  for (int i = 0; i < 50; ++i) set(*engine, "k" + std::to_string(i), noise(500, 1));
  const std::string segment = file_with(".log");
  ASSERT_TRUE(env_.flip_bit(segment, (2 * kPageBytes + 100) * 8).ok());
  ASSERT_TRUE(env_.flip_bit(file_with("log.ring"), (kPageBytes + 100) * 8).ok());
  VerifyFindings findings;
  ASSERT_TRUE(engine->verify({}, &findings).ok());
  ASSERT_THAT(findings.problems, SizeIs(1));
  EXPECT_THAT(findings.problems.front(), HasSubstr(segment));
}

// --- Copies --------------------------------------------------------------------------------------

TEST_F(EngineUpkeep, CopiesMadeAtOnceKeepTheLogUntilTheLastIsMade) {
  const auto engine = open();
  fill(*engine, "a", 100);
  set(*engine, "late", "v");
  ASSERT_TRUE(env_.create_folder("copy").ok());
  bool inner = false;
  CheckpointInfo info;
  const Status made = engine->write_checkpoint(
      "copy",
      [&](const CheckpointFile& file) -> Status {
        if (!std::exchange(inner, true)) {
          EXPECT_TRUE(engine->checkpoint("inner").ok());
          // Segments of the log would be wiped, used again and removed.
          for (int round = 0; round < 8; ++round) fill(*engine, "b", 1000);
        }
        return env_.link(file.source, "copy/" + file.name);
      },
      &info);
  ASSERT_TRUE(made.ok()) << made.to_string();
  EXPECT_EQ(info.last_sequence, 101u);
  for (const char* path : {"copy", "inner"}) {
    const auto copy = Engine::open(path, options_).value();
    const EpochGuard guard;
    FoundEntry found;
    EXPECT_TRUE(copy->find("late", nullptr, &found).ok()) << path;
    EXPECT_TRUE(copy->find("a1050", nullptr, &found).ok()) << path;
    EXPECT_TRUE(copy->find("b1050", nullptr, &found).is(StatusCode::kNotFound)) << path;
  }
}

TEST_F(EngineUpkeep, ReaderWhoseFilesWereMergedAwayIsTooLateForACopy) {
  const auto engine = open();
  fill(*engine, "a", 100);
  const auto reader = open_for_reading();
  fill(*engine, "a", 100);
  ASSERT_TRUE(engine->compact().ok());
  let_pass(std::chrono::seconds(10));
  const Status late = reader->checkpoint("copy");
  EXPECT_TRUE(late.is(StatusCode::kBusy)) << late.to_string();
  EXPECT_FALSE(env_.exists("copy").value());
  EXPECT_TRUE(open_for_reading()->checkpoint("copy").ok());
}

TEST_F(EngineUpkeep, ReaderWhoseLogWasGivenUpIsTooLateForACopy) {
  const auto engine = open();
  set(*engine, "first", "v");
  ASSERT_TRUE(engine->sync().ok());
  const auto reader = open_for_reading();
  for (int i = 0; i < 40; ++i) fill(*engine, "a", 1000);
  let_pass(std::chrono::seconds(10));
  const Status late = reader->checkpoint("copy");
  EXPECT_TRUE(late.is(StatusCode::kBusy)) << late.to_string();
  EXPECT_FALSE(env_.exists("copy").value());
}

// --- A reader ------------------------------------------------------------------------------------

TEST_F(EngineUpkeep, ReaderWritesNothingAndSaysSo) {
  {
    const auto engine = open();
    fill(*engine, "a", 100);
    set(*engine, "late", "v");
  }
  const auto files = env_.files_below("db");
  const auto reader = open_for_reading();
  EXPECT_TRUE(reader->set("k", "v", {}).is(StatusCode::kReadOnly));
  EXPECT_TRUE(reader->flush().is(StatusCode::kReadOnly));
  EXPECT_TRUE(reader->sync().is(StatusCode::kReadOnly));
  EXPECT_TRUE(reader->compact().is(StatusCode::kReadOnly));
  EXPECT_TRUE(reader->wait_for_background().is(StatusCode::kReadOnly));
  const Statistics statistics = reader->statistics();
  EXPECT_FALSE(statistics.writable);
  EXPECT_EQ(statistics.log_segments, 0u);
  EXPECT_EQ(reader->estimate_entries("", "").value(), 101u);
  EXPECT_EQ(reader->estimate_entries("b", "").value(), 1u);
  EXPECT_EQ(reader->estimate_entries("", "A").value(), 0u);
  VerifyFindings findings;
  EXPECT_TRUE(reader->verify({}, &findings).ok());
  EXPECT_EQ(env_.files_below("db"), files);
}

TEST_F(EngineUpkeep, CommitOfOtherRulesIsAConflictAndItsValueFileGoes) {
  const auto engine = open();
  engine->set_write_rules(3);
  EXPECT_TRUE(engine->set("k", noise(kHugeValueBytes, 1), {}).is(StatusCode::kConflict));
  EXPECT_TRUE(engine->set("k", "v", {}, 3).ok());
  Commit commit;
  ASSERT_TRUE(engine->add_set("other", noise(kHugeValueBytes, 1), 0, &commit).ok());
  engine->abandon(commit);
  engine->abandon(commit);
  ASSERT_TRUE(engine->compact().ok());
  let_pass(std::chrono::seconds(10));
  const EpochGuard guard;
  FoundEntry found;
  EXPECT_TRUE(engine->find("k", nullptr, &found).ok());
  EXPECT_TRUE(engine->find("other", nullptr, &found).is(StatusCode::kNotFound));
}

}  // namespace
}  // namespace ashlar
