// Large values stay where their commits were logged: segments of the log become value files, and
// are read, copied, checked, repaired and thrown away as such. What must not happen is that the log
// writes to one of them again, or that a crash leaves a pointer without its value.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "ashlar/database.h"
#include "ashlar/repair.h"
#include "base/coding.h"
#include "env/sim_env.h"
#include "support/expect.h"
#include "support/layered_database.h"
#include "support/power_loss.h"
#include "support/random.h"
#include "support/recipe.h"
#include "wal/log_format.h"

namespace ashlar {
namespace {

// A memtable of 32 MiB, whose log has four segments.
Options roomy_options(Env& env) {
  Options options;
  options.env = &env;
  options.memory_budget = std::size_t{512} << 20;
  options.scrub_bytes_per_second = 0;
  return options;
}

bool is_segment(SimEnv& env, const std::string& path) {
  const std::string bytes = env.contents(path).value();
  return path.ends_with(".values") && bytes.size() > 8 &&
         load<uint32_t>(bytes.data() + 4) == kSegmentMagic;
}

class ValuesInLog : public testing::Test {
 protected:
  ValuesInLog() : sim_(test_seed()), random_(test_seed()) { sim_.record_history(false); }

  void open() {
    auto opened = Database::open("/db", roomy_options(sim_));
    ASSERT_OK(opened);
    database_ = std::move(*opened);
  }
  // Sets keys in no order to values of up to 128 KiB, some of them more than once.
  void write(std::size_t bytes) {
    for (std::size_t written = 0; written < bytes;) {
      const std::string key = "key" + std::to_string(random_.below(100'000));
      const Recipe recipe{random_.next(), static_cast<uint32_t>(20'000 + random_.below(110'000))};
      const std::string value = recipe.make();
      ASSERT_OK(database_->set(key, value));
      expected_[key] = value;
      written += value.size();
    }
  }
  std::vector<std::string> segments_kept(SimEnv& env) {
    std::vector<std::string> kept;
    for (const DirectoryEntry& entry : env.list("/db").value()) {
      if (is_segment(env, "/db/" + entry.name)) kept.push_back("/db/" + entry.name);
    }
    return kept;
  }
  void expect_sound() {
    const auto report = database_->verify();
    ASSERT_OK(report);
    EXPECT_TRUE(report->problems.empty());
    Contents found;
    const auto all = database_->range("", "");
    for (const Entry& entry : all) found.emplace(entry.key, entry.value);
    EXPECT_OK(all.status());
    EXPECT_TRUE(found == expected_);
  }

  SimEnv sim_;
  Random random_;
  std::unique_ptr<Database> database_;
  Contents expected_;
};

TEST_F(ValuesInLog, AreReadCheckedCopiedAndRepaired) {
  open();
  write(std::size_t{40} << 20);
  ASSERT_OK(database_->flush());
  EXPECT_GE(segments_kept(sim_).size(), 2u);
  expect_sound();
  ASSERT_OK(database_->checkpoint("/copy"));
  database_.reset();
  open();
  expect_sound();
  database_.reset();

  RepairReport report;
  RepairOptions options;
  options.env = &sim_;
  ASSERT_OK(repair("/db", "/saved", options, &report));
  EXPECT_TRUE(report.complete()) << report.to_text();
  for (const std::string folder : {"/copy", "/saved"}) {
    const auto other = Database::open(folder, roomy_options(sim_));
    ASSERT_OK(other);
    for (const auto& [key, value] : expected_) {
      const auto got = (*other)->get(key);
      ASSERT_OK(got);
      ASSERT_TRUE(*got == value) << folder << " " << key;
    }
  }
}

TEST_F(ValuesInLog, AreNotWrittenOverByTheLogThatGoesOn) {  // [LOG-13]
  open();
  std::map<std::string, std::string> kept;
  for (int round = 0; round < 4; ++round) {
    write(std::size_t{36} << 20);
    ASSERT_OK(database_->flush());
    for (const auto& [path, bytes] : kept) {
      if (sim_.exists(path).value()) {
        EXPECT_TRUE(sim_.contents(path).value() == bytes) << path;
      }
    }
    for (const std::string& path : segments_kept(sim_)) kept[path] = sim_.contents(path).value();
    if (round % 2 == 0) {
      database_.reset();
      open();
    }
  }
  EXPECT_GE(kept.size(), 6u);
  expect_sound();
}

TEST_F(ValuesInLog, ADamagedOneIsNamedAndTheOthersAreRead) {
  open();
  write(std::size_t{40} << 20);
  ASSERT_OK(database_->flush());
  database_.reset();
  const std::vector<std::string> kept = segments_kept(sim_);
  ASSERT_GE(kept.size(), 2u);
  ASSERT_OK(sim_.flip_bit(kept[0], sim_.contents(kept[0]).value().size() * 4));  // in the middle
  Options options = roomy_options(sim_);
  options.memory_budget = Options::kMinimumMemoryBudget;  // values are read one by one
  auto opened = Database::open("/db", options);
  ASSERT_OK(opened);
  std::size_t damaged = 0;
  for (const auto& [key, value] : expected_) {
    const auto got = (*opened)->get(key);
    if (got.ok()) {
      ASSERT_TRUE(*got == value) << key;
      continue;
    }
    ++damaged;
    EXPECT_CODE(got, kCorruption);
    EXPECT_NE(got.status().to_string().find(kept[0]), std::string::npos);
  }
  EXPECT_LE(damaged, 1u);
  const auto report = (*opened)->verify();
  ASSERT_OK(report);
  ASSERT_FALSE(report->problems.empty());
}

TEST_F(ValuesInLog, APowerCutLosesNoneOfThem) {
  open();
  write(std::size_t{30} << 20);
  ASSERT_OK(database_->sync());
  sim_.record_history(true);
  const Contents before = expected_;
  write(std::size_t{4} << 20);
  ASSERT_OK(database_->flush());
  database_.reset();
  std::size_t with_segments = 0;
  at_power_losses(sim_, environment_number("ASHLAR_IMAGES", 12), test_seed(), [&](SimEnv& after) {
    auto opened = Database::open("/db", roomy_options(after));
    ASSERT_OK(opened);
    for (const auto& [key, value] : before) {
      const auto got = (*opened)->get(key);
      ASSERT_OK(got);
      ASSERT_TRUE(*got == value || *got == expected_.at(key)) << key;
    }
    with_segments += segments_kept(after).empty() ? 0 : 1;
    // What a crash left of the log must not be written to either.
    ASSERT_OK((*opened)->set("behind", std::string(500'000, 'b')));
    ASSERT_OK((*opened)->flush());
    const auto report = (*opened)->verify();
    ASSERT_OK(report);
    EXPECT_TRUE(report->problems.empty());
  });
  EXPECT_GT(with_segments, 0u);
}

// --- A full disk, and values that are gone ---

void idle_for(SimEnv& sim, int seconds) {
  for (int i = 0; i < 2 * seconds; ++i) {
    sim.advance(std::chrono::milliseconds(500));
    sim.run_background();
  }
}

TEST_F(ValuesInLog, OrderingThemGivesUpWhereThereIsNoRoom) {
  int exhausted = 0;
  int failed = 0;
  Options options = roomy_options(sim_);
  options.listener = [&](const Event& event) {
    exhausted += event.kind == Event::Kind::kSpaceExhausted ? 1 : 0;
  };
  options.logger = [&](LogLevel, std::string_view line) {
    failed += line.find("failed") != std::string_view::npos ? 1 : 0;
  };
  auto opened = Database::open("/db", options);
  ASSERT_OK(opened);
  database_ = std::move(*opened);
  write(std::size_t{100} << 20);
  ASSERT_OK(database_->flush());
  sim_.set_capacity(sim_.used_bytes() + (std::size_t{8} << 20));
  idle_for(sim_, 20);
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(exhausted, 0);
  EXPECT_FALSE(segments_kept(sim_).empty());
  EXPECT_OK(database_->flush());
  expect_sound();
  sim_.set_capacity(UINT64_MAX);
  ASSERT_OK(database_->wait_for_background());
  EXPECT_TRUE(segments_kept(sim_).empty());
  expect_sound();
}

TEST_F(ValuesInLog, DeletedOnesGiveTheirRoomBackOnAFullDisk) {
  open();
  for (int i = 0; i < 1500; ++i) {
    const std::string key = "key" + std::to_string(random_.below(1'000'000)) + "-";
    ASSERT_OK(database_->set(key + std::to_string(i), Recipe{random_.next(), 100'000}.make()));
    if (i >= 750) continue;
    expected_[key + std::to_string(i)] = "to be deleted";
  }
  ASSERT_OK(database_->flush());
  const uint64_t used = sim_.used_bytes();
  sim_.set_capacity(used + (std::size_t{8} << 20));
  for (const auto& [key, value] : expected_) ASSERT_OK(database_->del(key));
  ASSERT_OK(database_->flush());
  idle_for(sim_, 60);
  EXPECT_LT(sim_.used_bytes(), used - (std::size_t{40} << 20));
}

TEST_F(ValuesInLog, ThatExpireBeforeTheyAreFlushedLeaveNothing) {
  open();
  uint64_t number = 10'000'000;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 250; ++i) {
      ++number;
      ASSERT_OK(database_->set("key" + std::to_string(number), Recipe{number, 100'000}.make(),
                               {.durability = {}, .ttl = std::chrono::milliseconds(1000)}));
    }
    sim_.advance(std::chrono::seconds(10));
    ASSERT_OK(database_->flush());
    idle_for(sim_, 5);
  }
  EXPECT_TRUE(segments_kept(sim_).empty());
}

}  // namespace
}  // namespace ashlar
