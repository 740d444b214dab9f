// What keeps a database well while it is in use: verifying beside writers, scrubbing, and deleting
// on a full disk.
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "ashlar/database.h"
#include "support/expect.h"
#include "support/layered_database.h"
#include "support/random.h"
#include "support/recipe.h"
#include "support/temporary_folder.h"

namespace ashlar {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// --- Verifying -----------------------------------------------------------------------------------

TEST(Verify, FindsNothingWrongBesideWriters) {
  const TemporaryFolder folder;
  Options options;
  options.memory_budget = Options::kMinimumMemoryBudget;
  options.durability = Durability::kProcess;
  const auto opened = Database::open(folder / "db", options);
  ASSERT_OK(opened);
  Database& database = **opened;
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    Random random(1);
    while (!stop.load()) {
      const std::string key = std::to_string(random.below(20'000));
      if (random.one_in(5)) {
        ASSERT_OK(database.del(key));
      } else {
        ASSERT_OK(database.set(
            key, Recipe{random.next(), static_cast<uint32_t>(random.below(2500))}.make()));
      }
    }
  });
  uint64_t bytes = 0;
  for (int i = 0; i < 10; ++i) {
    std::this_thread::sleep_for(milliseconds(100));
    uint64_t last = 0;
    const auto report = database.verify([&](uint64_t done, uint64_t total) {
      EXPECT_GE(done, last);
      EXPECT_LE(done, total);
      last = done;
      return true;
    });
    if (report.status().is(StatusCode::kBusy)) continue;  // the log changed too fast
    ASSERT_OK(report);
    EXPECT_TRUE(report->problems.empty()) << report->problems.front();
    bytes += report->bytes;
  }
  stop = true;
  writer.join();
  EXPECT_GT(bytes, 0u);
}

TEST(Verify, NamesEachDamagedFileWithItsOffset) {
  SimEnv sim(1);
  sim.record_history(false);
  make_layered_database(sim, "/db", Compression::kLz4, 3);
  Options options = layered_options(sim);
  options.read_only = true;  // so that nothing is loaded or merged in the background
  const auto opened = Database::open("/db", options);
  ASSERT_OK(opened);
  std::set<std::string> damaged;
  for (const std::string& path : sim.files_below("/db")) {
    if (!path.ends_with(".table") && !path.ends_with(".values")) continue;
    ASSERT_OK(sim.flip_bit(path, 5000 * 8));
    damaged.insert(path);
  }
  ASSERT_GE(damaged.size(), 4u);
  const auto report = (*opened)->verify();
  ASSERT_OK(report);
  for (const std::string& path : damaged) {
    bool named = false;
    for (const std::string& problem : report->problems) {
      named = named || (problem.find(path + ": offset ") == 0 &&
                        problem.find(path + ": offset 0:") == std::string::npos);
    }
    EXPECT_TRUE(named) << path;
  }
}

// --- Images --------------------------------------------------------------------------------------

// An idle database moves images to huge pages; whoever was given a view of them keeps it.
TEST(Images, WhatWasGivenOutStaysWhenTheyMove) {
  SimEnv sim(1);
  sim.record_history(false);
  Options options = layered_options(sim);
  options.memory_budget = std::size_t{256} << 20;
  const auto opened = Database::open("/db", options);
  ASSERT_OK(opened);
  Database& database = **opened;
  const std::string value = Recipe{1, 3000}.make();
  ASSERT_OK(database.set("large", value));
  ASSERT_OK(database.set("small", "in the table itself"));
  ASSERT_OK(database.flush());
  const auto large = database.get_pinned("large");
  const auto small = database.get_pinned("small");
  ASSERT_OK(large);
  ASSERT_OK(small);
  for (int second = 0; second < 5; ++second) {
    sim.advance(std::chrono::seconds(1));
    sim.run_background();
  }
  const auto moved = database.get_pinned("large");
  ASSERT_OK(moved);
  EXPECT_NE(moved->view().data(), large->view().data()) << "it did not move";
  EXPECT_EQ(large->view(), value);
  EXPECT_EQ(small->view(), "in the table itself");
  EXPECT_EQ(moved->view(), value);
}

// --- Scrubbing -----------------------------------------------------------------------------------

class Scrub : public testing::Test {
 protected:
  Scrub() : sim_(1) { sim_.record_history(false); }

  void open(std::optional<uint64_t> bytes_per_second) {
    make_layered_database(sim_, "/db", Compression::kLz4, 3);
    Options options = layered_options(sim_);
    // Nothing else may meet the damage first.
    options.scrub_bytes_per_second = bytes_per_second;
    options.logger = [this](LogLevel level, std::string_view message) {
      if (level == LogLevel::kError) logged_.emplace_back(message);
    };
    options.listener = [this](const Event& event) {
      if (event.kind == Event::Kind::kCorruptionFound) told_.emplace_back(event.message);
    };
    auto opened = Database::open("/db", options);
    ASSERT_OK(opened);
    database_ = std::move(*opened);
    ASSERT_OK(database_->wait_for_background());
    // What there is to scrub.
    for (const TierStatistics& tier : database_->statistics().tiers) bytes_ += tier.bytes;
    bytes_ += database_->statistics().value_file_bytes;
  }
  void let_pass(hours time) {
    const uint64_t end =
        sim_.monotonic_ns() + static_cast<uint64_t>(time.count()) * 3600'000'000'000;
    while (sim_.next_due_ns() <= end) {
      const uint64_t now = sim_.monotonic_ns();
      const uint64_t due = sim_.next_due_ns();
      if (due > now) sim_.advance(std::chrono::nanoseconds(due - now));
      sim_.run_background();
    }
    sim_.advance(std::chrono::nanoseconds(end - sim_.monotonic_ns()));
  }

  SimEnv sim_;
  std::unique_ptr<Database> database_;
  uint64_t bytes_ = 0;
  std::vector<std::string> logged_;
  std::vector<std::string> told_;
};

TEST_F(Scrub, ReadsEverythingAboutOnceAWeek) {
  open(std::nullopt);
  let_pass(hours(24));
  EXPECT_EQ(database_->statistics().scrub_passes, 0u);
  let_pass(hours(24 * 13));
  const Statistics statistics = database_->statistics();
  EXPECT_GE(statistics.scrub_passes, 1u);
  EXPECT_LE(statistics.scrub_passes, 3u);
  EXPECT_GE(statistics.scrub_bytes_read, bytes_);
  EXPECT_GT(statistics.last_scrub_ms, 0u);
  EXPECT_EQ(statistics.scrub_problems, 0u);
  EXPECT_TRUE(logged_.empty());
}

TEST_F(Scrub, KeepsToTheRateAndSleepsInBetween) {
  open(20'000);
  const uint64_t calls = sim_.calls(SimCall::kRead);
  sim_.advance(std::chrono::seconds(1));
  sim_.run_background();
  EXPECT_EQ(sim_.calls(SimCall::kRead), calls);
  EXPECT_GT(sim_.next_due_ns(), sim_.monotonic_ns());
  let_pass(hours(1));
  const uint64_t read = database_->statistics().scrub_bytes_read;
  EXPECT_GT(read, 0u);
  EXPECT_LE(read, 20'000u * 3600);
}

TEST_F(Scrub, ZeroMeansNever) {
  open(0);
  let_pass(hours(24 * 30));
  EXPECT_EQ(database_->statistics().scrub_bytes_read, 0u);
}

TEST_F(Scrub, TellsOfDamageInTablesAndValueFilesWithFileAndOffset) {
  open(1'000'000);
  std::set<std::string> damaged;
  for (const std::string& path : sim_.files_below("/db")) {
    const bool table = path.ends_with(".table");
    if (!table && !path.ends_with(".values")) continue;
    ASSERT_OK(sim_.flip_bit(path, 5000 * 8));
    if (table) {
      // An index page, too.
      const uint64_t bytes = sim_.contents(path)->size();
      ASSERT_OK(sim_.flip_bit(path, (bytes - 4000) * 8));
    }
    damaged.insert(path);
  }
  let_pass(hours(2));
  const Statistics statistics = database_->statistics();
  EXPECT_GE(statistics.scrub_passes, 1u);
  EXPECT_GE(statistics.scrub_problems, damaged.size());
  EXPECT_EQ(told_.size(), statistics.scrub_problems);
  EXPECT_GE(logged_.size(), told_.size());
  for (const std::string& path : damaged) {
    bool named = false;
    for (const std::string& message : told_) {
      named = named || (message.find(path + ": offset ") != std::string::npos &&
                        message.find(path + ": offset 0:") == std::string::npos);
    }
    EXPECT_TRUE(named) << path;
  }
}

TEST_F(Scrub, FilesThatAMergeRemovedAreNoFinding) {
  open(50'000);
  let_pass(hours(0));
  for (int i = 0; i < 20; ++i) {
    ASSERT_OK(database_->set("key" + std::to_string(10'000 + i), "new"));
    ASSERT_OK(database_->compact());
    sim_.advance(std::chrono::seconds(6));
    sim_.run_background();
  }
  EXPECT_GT(database_->statistics().scrub_bytes_read, 0u);
  EXPECT_EQ(database_->statistics().scrub_problems, 0u);
  EXPECT_TRUE(logged_.empty());
}

// --- A small disk --------------------------------------------------------------------------------

class SmallDisk : public testing::Test {
 protected:
  SmallDisk() : sim_(1) { sim_.record_history(false); }
  ~SmallDisk() override { database_.reset(); }

  Status open() {
    database_.reset();
    Options options;
    options.env = &sim_;
    auto opened = Database::open("/db", options);
    if (opened.ok()) database_ = std::move(*opened);
    return opened.status();
  }
  // Sets keys until the disk is full.
  void fill() {
    Status status;
    for (count_ = 0; status.ok(); count_ += status.ok()) {
      status = database_->set(key(count_), Recipe{count_, 1000}.make());
    }
    ASSERT_TRUE(status.is(StatusCode::kNoSpace)) << status.to_string();
  }
  void expect_all() {
    EXPECT_EQ(database_->count().value(), count_);
    for (uint64_t i = 0; i < count_; ++i) {
      ASSERT_EQ(database_->get(key(i)).value_or(""), (Recipe{i, 1000}.make())) << i;
    }
  }
  static std::string key(uint64_t i) { return "key" + std::to_string(100'000 + i); }

  SimEnv sim_;
  std::unique_ptr<Database> database_;
  uint64_t count_ = 0;
};

TEST_F(SmallDisk, IsFilledToAnExtentReadAndOpenedAgainWhileItIsFull) {
  sim_.set_capacity(6 << 20);
  ASSERT_OK(open());
  fill();
  EXPECT_GT(count_, 1500u);
  expect_all();
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(open());
    expect_all();
    EXPECT_TRUE(database_->verify()->problems.empty());
  }
  // Not a byte is left, but for what the database itself can do without.
  sim_.set_capacity(sim_.used_bytes());
  ASSERT_OK(open());
  expect_all();
  sim_.set_capacity(12 << 20);
  for (int second = 0; second < 5; ++second) {
    sim_.advance(std::chrono::seconds(1));
    sim_.run_background();
  }
  ASSERT_OK(database_->set("more", "1"));
}

// --- A full disk ---------------------------------------------------------------------------------

class FullDisk : public testing::Test {
 protected:
  FullDisk() : sim_(1) {
    sim_.record_history(false);
    auto opened = Database::open("/db", layered_options(sim_));
    EXPECT_OK(opened);
    if (opened.ok()) database_ = std::move(*opened);
  }
  ~FullDisk() override { database_.reset(); }

  // Sets keys until that fails; how many were set.
  uint64_t fill() {
    sim_.advance(milliseconds(60));
    sim_.run_background();
    sim_.set_capacity(sim_.used_bytes() + (2 << 20));
    uint64_t count = 0;
    Status status;
    while (status.ok()) {
      status = database_->set(key(count), Recipe{count, 1000}.make());
      count += status.ok();
    }
    EXPECT_TRUE(status.is(StatusCode::kNoSpace)) << status.to_string();
    return count;
  }
  static std::string key(uint64_t i) { return "key" + std::to_string(100'000 + i); }

  SimEnv sim_;
  std::unique_ptr<Database> database_;
};

TEST_F(FullDisk, LetsDeletesGoOn) {
  ASSERT_OK(database_->set("a", "1"));
  const uint64_t count = fill();
  ASSERT_GT(count, 1000u);
  for (uint64_t i = 0; i < 1000; ++i) {
    ASSERT_OK(database_->del(key(i)));
    if (i % 100 == 0) {
      // There may be room again, as a flush has shortened the log.
      const Status set = database_->set("a", "2");
      EXPECT_TRUE(set.ok() || set.is(StatusCode::kNoSpace)) << set.to_string();
      ASSERT_OK(database_->del("a", {.durability = Durability::kDisk, .ttl = {}}));
    }
  }
  Batch batch;
  batch.del(key(1000));
  batch.del_range(key(1001), key(1100));
  ASSERT_OK(database_->write(batch));
  EXPECT_EQ(database_->count().value(), count - 1100);

  // They are as safe as any other commit.
  database_.reset();
  sim_.set_capacity(UINT64_MAX);
  auto again = Database::open("/db", layered_options(sim_));
  ASSERT_OK(again);
  EXPECT_EQ((*again)->count().value(), count - 1100);
  EXPECT_CODE((*again)->get("a"), kNotFound);
}

TEST_F(FullDisk, EndsByItselfWhenThereIsRoomAndTheReserveIsThereAgain) {
  ASSERT_OK(database_->set("a", "1"));
  for (int round = 0; round < 3; ++round) {
    fill();
    for (uint64_t i = 0; i < 200; ++i) ASSERT_OK(database_->del(key(i)));
    sim_.set_capacity(UINT64_MAX);
    for (int second = 0; second < 5; ++second) {
      sim_.advance(std::chrono::seconds(1));
      sim_.run_background();
    }
    ASSERT_OK(database_->set("room", "again"));
    ASSERT_OK(database_->compact());
  }
}

TEST_F(FullDisk, DeletesGoOnBeyondTheReserve) {
  ASSERT_OK(database_->set("a", "1"));
  const uint64_t count = fill();
  const std::string long_key(60'000, 'x');
  for (int i = 0; i < 2000; ++i) ASSERT_OK(database_->del(long_key));
  EXPECT_EQ(database_->count().value(), count + 1);
}

TEST_F(FullDisk, DeletesAreRefusedWhenNothingHasRoomAndNothingIsLost) {
  ASSERT_OK(database_->set("a", "1"));
  const uint64_t count = fill();
  const std::string long_key(60'000, 'x');
  Status status;
  uint64_t deletes = 0;
  sim_.set_capacity(0);  // others have taken what is left, and take what the database gives up
  for (; status.ok() && deletes < 10'000; deletes += status.ok()) {
    status = database_->del(long_key);
  }
  EXPECT_TRUE(status.is(StatusCode::kNoSpace)) << status.to_string();
  EXPECT_GT(deletes, 10u);
  EXPECT_EQ(database_->count().value(), count + 1);
  sim_.set_capacity(UINT64_MAX);
  ASSERT_OK(database_->del(key(0)));
  ASSERT_OK(database_->set("b", "1"));
  EXPECT_EQ(database_->count().value(), count + 1);
}

}  // namespace
}  // namespace ashlar
