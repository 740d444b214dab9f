// A disk that fails, fills up or lies, and a clock that jumps: an error or a right answer, never a
// wrong one; what was acknowledged is there when the fault is gone.
//
// ASHLAR_SEED repeats a run; ASHLAR_FAULTS sets the number of injected errors.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>

#include "ashlar/database.h"
#include "env/sim_env.h"
#include "support/expect.h"
#include "support/random.h"
#include "support/recipe.h"

namespace ashlar {
namespace {

using std::chrono::milliseconds;

class DiskFaults : public testing::Test {
 protected:
  DiskFaults() : sim_(std::make_unique<SimEnv>(1)) { sim_->record_history(false); }
  ~DiskFaults() override { database_.reset(); }

  Options options() {
    Options options;
    options.memory_budget = Options::kMinimumMemoryBudget;
    options.env = sim_.get();
    return options;
  }
  Status open() {
    database_.reset();
    auto opened = Database::open("/db", options());
    if (!opened.ok()) return opened.status();
    database_ = std::move(opened).value();
    return {};
  }
  // After the end of the process, which writes nothing more.
  Status reopen_after_kill() {
    std::unique_ptr<SimEnv> after = sim_->after_kill(2);
    database_.reset();
    sim_ = std::move(after);
    sim_->record_history(false);
    return open();
  }

  std::unique_ptr<SimEnv> sim_;
  std::unique_ptr<Database> database_;
};

// --- A full disk ---------------------------------------------------------------------------------

TEST_F(DiskFaults, AFullDiskRefusesWritesUntilThereIsRoom) {
  ASSERT_OK(open());
  for (int round = 0; round < 3; ++round) {
    SCOPED_TRACE(round);
    sim_->set_capacity(sim_->used_bytes() + (3 << 20));
    std::map<std::string, Recipe> written;
    Status status;
    for (uint64_t i = 0; i < 30'000 && status.ok(); ++i) {
      const Recipe recipe{i, 3000};
      const std::string key = std::to_string(round) + ":" + std::to_string(i);
      status = database_->set(key, recipe.make(), {.durability = Durability::kProcess, .ttl = {}});
      if (status.ok()) written[key] = recipe;
    }
    EXPECT_TRUE(status.is(StatusCode::kNoSpace)) << status.to_string();
    EXPECT_FALSE(written.empty());
    for (const auto& [key, recipe] : written) ASSERT_EQ(database_->get(key).value(), recipe.make());
    EXPECT_EQ(database_->count(std::to_string(round) + ":").value(), written.size());

    sim_->set_capacity(UINT64_MAX);
    for (int second = 0; second < 10; ++second) {
      sim_->advance(std::chrono::seconds(1));
      sim_->run_background();
    }
    EXPECT_OK(database_->set("room", "again"));
    EXPECT_OK(database_->flush());
    for (const auto& [key, recipe] : written) ASSERT_EQ(database_->get(key).value(), recipe.make());
    if (round == 1) ASSERT_OK(reopen_after_kill());
    for (const auto& [key, recipe] : written) ASSERT_EQ(database_->get(key).value(), recipe.make());
  }
}

TEST_F(DiskFaults, OpeningOnAFullDiskSaysSoAndHarmsNothing) {
  ASSERT_OK(open());
  ASSERT_OK(database_->set("k", "v"));
  database_.reset();
  sim_->set_capacity(sim_->used_bytes());
  const Status full = open();
  if (!full.ok()) {
    EXPECT_TRUE(full.is(StatusCode::kNoSpace)) << full.to_string();
  }
  database_.reset();
  sim_->set_capacity(UINT64_MAX);
  ASSERT_OK(open());
  EXPECT_EQ(database_->get("k").value(), "v");
}

// --- No more file descriptors --------------------------------------------------------------------

TEST_F(DiskFaults, WithoutFileDescriptorsReadsGoOnAndWritesResumeWhenThereAreSome) {
  ASSERT_OK(open());
  ASSERT_OK(database_->set("before", "1"));
  sim_->inject({.call = SimCall::kOpen, .lasting = true, .code = StatusCode::kBusy});
  std::map<std::string, Recipe> written;
  Status status;
  for (uint64_t i = 0; i < 30'000 && status.ok(); ++i) {
    const Recipe recipe{i, 3000};
    const std::string key = "key" + std::to_string(i);
    status = database_->set(key, recipe.make(), {.durability = Durability::kProcess, .ttl = {}});
    if (status.ok()) written[key] = recipe;
  }
  EXPECT_CODE(status, kBusy);
  EXPECT_FALSE(written.empty());
  EXPECT_EQ(database_->get("before").value(), "1");
  for (const auto& [key, recipe] : written) ASSERT_EQ(database_->get(key).value(), recipe.make());

  sim_->clear_faults();
  for (int second = 0; second < 10; ++second) {
    sim_->advance(std::chrono::seconds(1));
    sim_->run_background();
  }
  EXPECT_OK(database_->set("after", "2"));
  EXPECT_OK(database_->flush());
  ASSERT_OK(reopen_after_kill());
  for (const auto& [key, recipe] : written) ASSERT_EQ(database_->get(key).value(), recipe.make());
  EXPECT_EQ(database_->get("after").value(), "2");
}

// --- A log that can't be written -----------------------------------------------------------------

TEST_F(DiskFaults, AFailedLogWriteMakesTheDatabaseReadOnly) {
  ASSERT_OK(open());
  ASSERT_OK(database_->set("before", "1"));
  // Log segments are written with synced writes, so a write is the sync.
  sim_->inject({.call = SimCall::kWrite, .path_part = ".log"});
  sim_->inject({.call = SimCall::kSync, .path_part = ".log"});
  EXPECT_CODE(database_->set("failing", "2"), kIoError);
  sim_->clear_faults();
  EXPECT_CODE(database_->set("after", "3"), kReadOnly);
  EXPECT_CODE(database_->set("after", "3", {.durability = Durability::kProcess, .ttl = {}}),
              kReadOnly);
  EXPECT_CODE(database_->sync(), kReadOnly);
  EXPECT_FALSE(database_->statistics().writable);
  EXPECT_NE(database_->statistics().state, "ok");
  EXPECT_EQ(database_->get("before").value(), "1");
  EXPECT_CODE(database_->get("after"), kNotFound);

  ASSERT_OK(reopen_after_kill());
  EXPECT_EQ(database_->get("before").value(), "1");
  const auto failing = database_->get("failing");
  EXPECT_TRUE(failing.ok() ? *failing == "2" : failing.status().is(StatusCode::kNotFound));
  EXPECT_OK(database_->set("after", "3"));
}

// --- Any call fails ------------------------------------------------------------------------------

// A workload that meets one error somewhere, and what it was told.
class FaultedRun {
 public:
  FaultedRun(SimEnv& sim, uint64_t seed) : sim_(sim), random_(seed) {
    options_.memory_budget = Options::kMinimumMemoryBudget;
    options_.env = &sim;
  }

  // Writes, flushes, merges and reopens; errors are taken note of and otherwise ignored.
  void work() {
    std::unique_ptr<Database> database = open();
    for (int i = 0; i < 60; ++i) {
      if (database == nullptr || random_.one_in(25)) {
        database.reset();
        database = open();
      }
      if (database != nullptr) step(*database);
    }
  }

  // Opens without faults: every key has a value that it may have.
  void check() {
    const auto opened = Database::open("/db", options_);
    ASSERT_OK(opened);
    for (const auto& [key, values] : possible_) {
      const auto found = (*opened)->get(key);
      if (found.ok()) {
        EXPECT_TRUE(values.contains(*found)) << key << " is " << abbreviate(*found);
      } else {
        EXPECT_TRUE(found.status().is(StatusCode::kNotFound)) << found.status().to_string();
        EXPECT_TRUE(values.contains(std::nullopt)) << key << " is lost";
      }
    }
    const auto report = (*opened)->verify();
    ASSERT_OK(report);
    EXPECT_TRUE(report->problems.empty()) << report->problems.front();
  }

 private:
  using Value = std::optional<std::string>;

  std::unique_ptr<Database> open() {
    auto opened = Database::open("/db", options_);
    return opened.ok() ? std::move(opened).value() : nullptr;
  }

  void step(Database& database) {
    const std::string key = "key" + std::to_string(random_.below(12));
    const uint64_t kind = random_.below(20);
    if (kind < 9) {
      write(key, Recipe{random_.next(), random_value_bytes(random_, 9000)}.make(), database);
    } else if (kind < 11) {
      write(key, std::nullopt, database);
    } else if (kind < 15) {
      read(key, database);
    } else if (kind < 17) {
      (void)database.flush();
    } else if (kind < 18) {
      (void)database.compact();
    } else {
      sim_.advance(milliseconds(60));
      sim_.run_background();
    }
  }

  void write(const std::string& key, Value value, Database& database) {
    const WriteOptions options{
        .durability = random_.one_in(2) ? Durability::kDisk : Durability::kProcess, .ttl = {}};
    const Status status = value ? database.set(key, *value, options) : database.del(key, options);
    std::set<Value>& values =
        possible_.try_emplace(key, std::set<Value>{std::nullopt}).first->second;
    // A write that failed may have happened or not.
    if (status.ok())
      values = {value};
    else
      values.insert(value);
  }

  void read(const std::string& key, Database& database) {
    const auto found = database.get(key);
    const auto values = possible_.find(key);
    if (found.ok()) {
      ASSERT_TRUE(values != possible_.end() && values->second.contains(*found)) << key;
    } else if (found.status().is(StatusCode::kNotFound)) {
      ASSERT_TRUE(values == possible_.end() || values->second.contains(std::nullopt)) << key;
    }
  }

  SimEnv& sim_;
  Random random_;
  Options options_;
  std::map<std::string, std::set<Value>> possible_;
};

TEST(InjectedErrors, EndInAnErrorOrARightAnswer) {
  const uint64_t first_seed = test_seed();
  const uint64_t faults = environment_number("ASHLAR_FAULTS", 400);
  Random random(first_seed);
  for (uint64_t i = 0; i < faults && !testing::Test::HasFailure(); ++i) {
    const uint64_t seed = i == 0 ? first_seed : random.next();
    Random draw(seed);
    SCOPED_TRACE(seed_text(seed));
    SimEnv sim(seed);
    sim.record_history(false);
    FaultedRun run(sim, seed);
    SimFault fault;
    fault.call = static_cast<SimCall>(draw.below(static_cast<uint64_t>(SimCall::kCount)));
    fault.skip = draw.below(draw.one_in(2) ? 20 : 300);
    fault.lasting = draw.one_in(3);
    static constexpr StatusCode kCodes[] = {StatusCode::kIoError, StatusCode::kNoSpace,
                                            StatusCode::kBusy};
    fault.code = kCodes[draw.below(3)];
    if (fault.call == SimCall::kWrite && draw.one_in(2)) fault.bytes = draw.below(5000);
    SCOPED_TRACE(std::string(to_string(fault.call)) + " " + std::to_string(fault.skip) +
                 (fault.lasting ? " and all after it" : "") + ", " +
                 std::string(to_string(fault.code)));
    sim.inject(fault);
    run.work();
    sim.clear_faults();
    run.check();
  }
}

TEST(InjectedErrors, ALostOrMisdirectedTableWriteIsNeverAWrongAnswer) {
  const uint64_t first_seed = test_seed();
  const uint64_t faults = environment_number("ASHLAR_FAULTS", 400) / 4;
  Random random(first_seed);
  uint64_t noticed = 0;
  for (uint64_t i = 0; i < faults && !testing::Test::HasFailure(); ++i) {
    const uint64_t seed = i == 0 ? first_seed : random.next();
    Random draw(seed);
    SCOPED_TRACE(seed_text(seed));
    SimEnv sim(seed);
    sim.record_history(false);
    Options options;
    options.memory_budget = Options::kMinimumMemoryBudget;
    options.env = &sim;
    SimFault fault;
    fault.effect = draw.one_in(2) ? SimFault::Effect::kLost : SimFault::Effect::kMisdirected;
    fault.bytes = 4096 * draw.between(1, 3);
    fault.path_part = draw.one_in(3) ? ".values" : ".table";
    fault.skip = draw.below(3);
    sim.inject(fault);
    bool by_writer = false;  // a flush or merge that noticed
    {
      const auto opened = Database::open("/db", options);
      ASSERT_OK(opened);
      for (uint64_t key = 0; key < 200; ++key) {
        ASSERT_OK((*opened)->set("key" + std::to_string(key),
                                 Recipe{key, 900 + static_cast<uint32_t>(key)}.make(),
                                 {.durability = Durability::kProcess, .ttl = {}}));
      }
      by_writer = !(*opened)->flush().ok();
      if (draw.one_in(2)) by_writer |= !(*opened)->compact().ok();
    }
    sim.clear_faults();
    const auto opened = Database::open("/db", options);
    if (!opened.ok()) {
      ++noticed;
      continue;
    }
    for (uint64_t key = 0; key < 200; ++key) {
      const auto found = (*opened)->get("key" + std::to_string(key));
      if (found.ok()) {
        ASSERT_EQ(*found, (Recipe{key, 900 + static_cast<uint32_t>(key)}.make()));
      } else {
        ASSERT_FALSE(found.status().is(StatusCode::kNotFound)) << key << " is lost";
      }
    }
    const auto report = (*opened)->verify();
    noticed += by_writer || !report.ok() || !report->problems.empty();
  }
  // At least two in three of the faults meet a write; a flush reads a table's end before it names
  // the table.
  EXPECT_GT(noticed, faults / 4);
}

// --- The clock -----------------------------------------------------------------------------------

TEST_F(DiskFaults, AClockThatJumpsBackRevivesNothing) {
  ASSERT_OK(open());
  ASSERT_OK(database_->set("short", "1", {.durability = {}, .ttl = milliseconds(1000)}));
  ASSERT_OK(database_->set("ever", "2"));
  EXPECT_EQ(database_->get("short").value(), "1");
  const uint64_t then = sim_->wall_clock_us();
  sim_->set_wall_clock_us(then + 2'000'000);
  EXPECT_CODE(database_->get("short"), kNotFound);
  sim_->set_wall_clock_us(then - 3'600'000'000);
  EXPECT_CODE(database_->get("short"), kNotFound);
  EXPECT_FALSE(database_->exists("short").value());
  EXPECT_EQ(database_->count().value(), 1u);
  EXPECT_CODE(database_->ttl("short"), kNotFound);
  EXPECT_CODE(database_->persist("short"), kNotFound);
  EXPECT_EQ(database_->get("ever").value(), "2");
}

TEST_F(DiskFaults, AClockThatJumpsTenYearsAheadExpiresWhatIsDueAndNothingElse) {
  ASSERT_OK(open());
  for (int i = 0; i < 100; ++i) {
    const milliseconds ttl(i % 2 == 0 ? 0 : 60'000);
    ASSERT_OK(database_->set("key" + std::to_string(i), "v", {.durability = {}, .ttl = ttl}));
  }
  ASSERT_OK(database_->flush());
  sim_->advance(std::chrono::hours(24 * 3653));
  EXPECT_EQ(database_->count().value(), 50u);
  ASSERT_OK(database_->compact());
  EXPECT_EQ(database_->count().value(), 50u);
  ASSERT_OK(open());
  EXPECT_EQ(database_->count().value(), 50u);
  EXPECT_EQ(database_->get("key0").value(), "v");
  EXPECT_CODE(database_->get("key1"), kNotFound);
}

TEST_F(DiskFaults, ExpiryIsExactOnEveryReadPath) {
  ASSERT_OK(open());
  for (const bool flushed : {false, true}) {
    SCOPED_TRACE(flushed);
    ASSERT_OK(database_->set("k", "v", {.durability = {}, .ttl = milliseconds(500)}));
    if (flushed) ASSERT_OK(database_->flush());
    const uint64_t start = sim_->wall_clock_us();
    const auto there = [&] {
      const bool got = database_->get("k").ok();
      EXPECT_EQ(database_->exists("k").value(), got);
      EXPECT_EQ(database_->count().value(), got ? 1u : 0u);
      EXPECT_EQ(database_->range("", "").to_vector().size(), got ? 1u : 0u);
      EXPECT_EQ(database_->keys("k").to_vector().size(), got ? 1u : 0u);
      EXPECT_EQ(database_->ttl("k").ok(), got);
      EXPECT_EQ(database_->get_pinned("k").ok(), got);
      return got;
    };
    sim_->set_wall_clock_us(start + 498'000);
    EXPECT_TRUE(there());
    sim_->set_wall_clock_us(start + 501'000);
    EXPECT_FALSE(there());
  }
}

}  // namespace
}  // namespace ashlar
