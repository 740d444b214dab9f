// Checkpoints: a whole copy of one moment, made beside writers, or none.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "ashlar/database.h"
#include "env/new_folder.h"
#include "support/expect.h"
#include "support/layered_database.h"
#include "support/power_loss.h"
#include "support/random.h"
#include "support/random_faults.h"
#include "support/recipe.h"
#include "support/temporary_folder.h"

namespace ashlar {
namespace {

class Checkpoint : public testing::Test {
 protected:
  Checkpoint() : sim_(1) {
    sim_.record_history(false);
    expected_ = make_layered_database(sim_, "/db", Compression::kLz4, 11);
    auto opened = Database::open("/db", layered_options(sim_));
    EXPECT_OK(opened);
    if (opened.ok()) database_ = std::move(*opened);
  }

  SimEnv sim_;
  Contents expected_;
  std::unique_ptr<Database> database_;
};

TEST_F(Checkpoint, HoldsWhatTheDatabaseHeld) {
  ASSERT_OK(database_->checkpoint("/copy"));
  EXPECT_TRUE(open_and_read(sim_, "/copy") == expected_);
}

TEST_F(Checkpoint, IsADatabaseOfItsOwn) {
  ASSERT_OK(database_->checkpoint("/copy"));
  ASSERT_OK(database_->set("only here", "1"));
  ASSERT_OK(database_->del_range("key10000", "key11000"));
  ASSERT_OK(database_->compact());
  EXPECT_TRUE(open_and_read(sim_, "/copy") == expected_);
  {
    auto copy = Database::open("/copy", layered_options(sim_));
    ASSERT_OK(copy);
    ASSERT_OK((*copy)->set("only there", "1"));
    ASSERT_OK((*copy)->compact());
  }
  EXPECT_CODE(database_->get("only there"), kNotFound);
  EXPECT_OK(database_->get("only here"));
  const auto report = database_->verify();
  ASSERT_OK(report);
  EXPECT_TRUE(report->problems.empty());
}

TEST_F(Checkpoint, HoldsHugeValuesThatOnlyTheLogPointsTo) {
  const std::string huge = Recipe{5, 3 << 20}.make();
  ASSERT_OK(database_->set("huge", huge));
  ASSERT_OK(database_->set("huge overwritten", huge));
  ASSERT_OK(database_->set("huge overwritten", "small"));
  expected_["huge"] = huge;
  expected_["huge overwritten"] = "small";
  ASSERT_OK(database_->checkpoint("/copy"));
  EXPECT_TRUE(open_and_read(sim_, "/copy") == expected_);
}

TEST_F(Checkpoint, OfAnEmptyDatabaseIsEmpty) {
  auto empty = Database::open("/empty", layered_options(sim_));
  ASSERT_OK(empty);
  ASSERT_OK((*empty)->checkpoint("/copy"));
  EXPECT_EQ(open_and_read(sim_, "/copy"), Contents{});
}

TEST_F(Checkpoint, OfACheckpointIsTheSame) {
  ASSERT_OK(database_->checkpoint("/one"));
  auto one = Database::open("/one", layered_options(sim_));
  ASSERT_OK(one);
  ASSERT_OK((*one)->checkpoint("/two"));
  EXPECT_TRUE(open_and_read(sim_, "/two") == expected_);
}

TEST_F(Checkpoint, ByAReaderBesideTheWriter) {
  Options options = layered_options(sim_);
  options.read_only = true;
  auto reader = Database::open("/db", options);
  ASSERT_OK(reader);
  ASSERT_OK((*reader)->checkpoint("/copy"));
  EXPECT_TRUE(open_and_read(sim_, "/copy") == expected_);
  // Files that the reader saw are gone: it has to open anew.
  ASSERT_OK(database_->set("key10001", "x"));
  ASSERT_OK(database_->compact());
  EXPECT_CODE((*reader)->checkpoint("/later"), kBusy);
  EXPECT_FALSE(sim_.exists("/later").value());
}

TEST_F(Checkpoint, DoesNotReplaceAnything) {
  ASSERT_OK(sim_.create_folder("/there"));
  EXPECT_CODE(database_->checkpoint("/there"), kInvalidArgument);
  EXPECT_CODE(database_->checkpoint("/db"), kInvalidArgument);
  EXPECT_CODE(database_->checkpoint(""), kInvalidArgument);
}

TEST_F(Checkpoint, IsCopiedWhereTheFileSystemHasNoLinks) {
  sim_.inject({.call = SimCall::kLink, .lasting = true});
  ASSERT_OK(database_->checkpoint("/copy"));
  sim_.clear_faults();
  EXPECT_TRUE(open_and_read(sim_, "/copy") == expected_);
}

TEST_F(Checkpoint, CutShortByPowerLossIsWholeOrNotThere) {
  sim_.record_history(true);
  ASSERT_OK(database_->checkpoint("/copy"));
  at_power_losses(sim_, 60, test_seed(), [&](SimEnv& after) {
    EXPECT_TRUE(open_and_read(after, "/db") == expected_);
    if (after.exists("/copy").value()) {
      EXPECT_TRUE(open_and_read(after, "/copy") == expected_);
    } else {
      // The next attempt is not hindered by what is left.
      const auto again = Database::open("/db", layered_options(after));
      ASSERT_OK(again);
      ASSERT_OK((*again)->checkpoint("/copy"));
      EXPECT_TRUE(open_and_read(after, "/copy") == expected_);
    }
  });
}

TEST_F(Checkpoint, AnyFailingCallEndsInAnErrorAndNoHalfCopy) {
  Status made;
  const auto attempt = [&] { made = database_->checkpoint("/copy"); };
  const auto check = [&] {
    if (!sim_.exists("/copy").value()) {
      EXPECT_FALSE(made.ok());
      return;
    }
    EXPECT_TRUE(open_and_read(sim_, "/copy") == expected_);
    ASSERT_OK(remove_tree(sim_, "/copy"));
  };
  at_random_faults(sim_, 80, 25, {"copy"}, attempt, check);  // the database itself is spared
  EXPECT_TRUE(contents_of(*database_) == expected_);
  EXPECT_OK(database_->set("still", "writable"));
}

TEST(CheckpointBesideWriters, IsAPrefixOfEveryWritersCommits) {
  const TemporaryFolder folder;
  Options options;
  options.memory_budget = Options::kMinimumMemoryBudget;
  options.durability = Durability::kProcess;
  const auto opened = Database::open(folder / "db", options);
  ASSERT_OK(opened);
  Database& database = **opened;
  constexpr int kWriters = 3;
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> done[kWriters] = {};
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      Random random(static_cast<uint64_t>(writer));
      for (uint64_t n = 1; !stop.load(); ++n) {
        Batch batch;
        batch.set("count" + std::to_string(writer), std::to_string(n));
        batch.set(std::to_string(writer) + ":" + std::to_string(n % 5000),
                  std::to_string(n) + Recipe{n, static_cast<uint32_t>(random.below(3000))}.make());
        ASSERT_OK(database.write(batch));
        done[writer] = n;
      }
    });
  }
  for (int i = 0; i < 8; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    uint64_t least[kWriters];
    for (int writer = 0; writer < kWriters; ++writer) least[writer] = done[writer];
    const std::string copy = folder / ("copy" + std::to_string(i));
    EXPECT_OK(database.checkpoint(copy));
    const auto read = Database::open(copy, options);
    ASSERT_OK(read);
    for (int writer = 0; writer < kWriters; ++writer) {
      const auto count = (*read)->get("count" + std::to_string(writer));
      const uint64_t n = count.ok() ? std::stoull(*count) : 0;
      EXPECT_GE(n, least[writer]);
      if (n == 0) continue;
      const auto last =
          (*read)->get(std::to_string(writer) + ":" + std::to_string(n % 5000)).value_or("");
      EXPECT_TRUE(last.starts_with(std::to_string(n)));
      EXPECT_FALSE((*read)->exists(std::to_string(writer) + ":" + std::to_string(n + 1)).value() &&
                   n + 1 < 5000);
    }
    const auto report = (*read)->verify();
    ASSERT_OK(report);
    EXPECT_TRUE(report->problems.empty()) << report->problems.front();
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace ashlar
