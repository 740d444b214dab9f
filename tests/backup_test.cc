// Backups and what is made of them: the state of the moment at which they were taken, or, with the
// archived log, of any moment behind it; whole, or not there.
#include "ashlar/backup.h"

#include <gtest/gtest.h>

#include "ashlar/database.h"
#include "env/new_folder.h"
#include "support/expect.h"
#include "support/layered_database.h"
#include "support/power_loss.h"
#include "support/random.h"
#include "support/random_faults.h"
#include "support/recipe.h"

namespace ashlar {
namespace {

class Backup : public testing::Test {
 protected:
  Backup() : sim_(1) {
    sim_.record_history(false);
    expected_ = make_layered_database(sim_, "/db", Compression::kLz4, 21);
    open();
  }

  void open(const std::string& archive = "") {
    database_.reset();
    Options options = layered_options(sim_);
    options.log_archive = archive;
    auto opened = Database::open("/db", options);
    ASSERT_OK(opened);
    database_ = std::move(*opened);
  }
  RestoreOptions options(uint64_t number = 0) {
    RestoreOptions options;
    options.number = number;
    options.memory_budget = std::size_t{64} << 20;
    options.env = &sim_;
    return options;
  }
  Contents restored(const RestoreOptions& how) {
    EXPECT_OK(remove_tree(sim_, "/restored"));
    const auto report = restore_backup("/backup", "/restored", how);
    EXPECT_OK(report);
    return report.ok() ? open_and_read(sim_, "/restored") : Contents{};
  }
  void change(uint64_t seed, int count) {
    Random random(seed);
    for (int i = 0; i < count; ++i) {
      const std::string key = "key" + std::to_string(10'000 + random.below(3000));
      if (random.one_in(4)) {
        ASSERT_OK(database_->del(key));
        expected_.erase(key);
      } else {
        const std::string value =
            Recipe{random.next(), static_cast<uint32_t>(random.below(3000))}.make();
        ASSERT_OK(database_->set(key, value));
        expected_[key] = value;
      }
    }
  }

  SimEnv sim_;
  Contents expected_;
  std::unique_ptr<Database> database_;
};

TEST_F(Backup, IsRestoredAsItWas) {
  const auto made = database_->backup("/backup");
  ASSERT_OK(made);
  EXPECT_EQ(made->number, 1u);
  EXPECT_EQ(made->new_bytes, made->bytes);
  const Contents then = expected_;
  change(1, 200);
  ASSERT_OK(database_->compact());
  EXPECT_TRUE(restored(options()) == then);
}

TEST_F(Backup, ASecondOneCopiesOnlyWhatIsNew) {
  ASSERT_OK(database_->compact());
  const auto first = database_->backup("/backup");
  ASSERT_OK(first);
  const Contents then = expected_;
  ASSERT_OK(database_->set("one more", "1"));
  expected_["one more"] = "1";
  const auto second = database_->backup("/backup");
  ASSERT_OK(second);
  EXPECT_EQ(second->number, 2u);
  EXPECT_LT(second->new_bytes, second->bytes - first->bytes / 8);
  EXPECT_TRUE(restored(options(1)) == then);
  EXPECT_TRUE(restored(options(2)) == expected_);
  EXPECT_TRUE(restored(options()) == expected_);
  const auto listed = list_backups("/backup", &sim_);
  ASSERT_OK(listed);
  ASSERT_EQ(listed->size(), 2u);
  EXPECT_EQ((*listed)[1].last_sequence, second->last_sequence);
  EXPECT_GE((*listed)[1].taken_us, (*listed)[0].taken_us);
}

TEST_F(Backup, WhatARemovedOneAloneNamedGoesWithTheNext) {
  ASSERT_OK(database_->backup("/backup"));
  change(2, 300);
  ASSERT_OK(database_->compact());
  ASSERT_OK(database_->backup("/backup"));
  const std::size_t files = sim_.files_below("/backup/shared").size();
  ASSERT_OK(remove_tree(sim_, "/backup/000001"));
  const auto third = database_->backup("/backup");
  ASSERT_OK(third);
  EXPECT_EQ(third->number, 3u);
  EXPECT_LT(sim_.files_below("/backup/shared").size(), files);
  EXPECT_TRUE(restored(options(2)) == expected_);
  EXPECT_TRUE(restored(options(3)) == expected_);
  const auto problems = verify_backups("/backup", &sim_);
  ASSERT_OK(problems);
  EXPECT_TRUE(problems->empty()) << problems->front();
}

TEST_F(Backup, OfTwoDatabasesMayLieTogether) {
  ASSERT_OK(database_->backup("/backup"));
  SimEnv& sim = sim_;
  const Contents other = make_layered_database(sim, "/other", Compression::kLz4, 22);
  auto second = Database::open("/other", layered_options(sim));
  ASSERT_OK(second);
  ASSERT_OK((*second)->backup("/backup"));
  EXPECT_TRUE(restored(options(1)) == expected_);
  EXPECT_TRUE(restored(options(2)) == other);
}

TEST_F(Backup, EveryFlippedBitIsFoundByVerifyAndKeepsRestoreFromEnding) {
  ASSERT_OK(database_->backup("/backup"));
  const uint64_t seed = test_seed();
  SCOPED_TRACE(seed_text(seed));
  Random random(seed);
  for (const std::string& path : sim_.files_below("/backup")) {
    if (path.ends_with("LOCK")) continue;
    const std::string bytes = sim_.contents(path).value();
    const uint64_t bit = random.below(bytes.size() * 8);
    ASSERT_OK(sim_.flip_bit(path, bit));
    const auto problems = verify_backups("/backup", &sim_);
    ASSERT_OK(problems);
    ASSERT_EQ(problems->size(), 1u) << path;
    EXPECT_NE(problems->front().find(path), std::string::npos) << problems->front();
    const Status status = restore_backup("/backup", "/restored", options()).status();
    EXPECT_TRUE(status.is(StatusCode::kCorruption) || status.is(StatusCode::kUnsupported))
        << path << ": " << status.to_string();
    EXPECT_FALSE(sim_.exists("/restored").value());
    ASSERT_OK(sim_.flip_bit(path, bit));
  }
  EXPECT_TRUE(restored(options()) == expected_);
}

TEST_F(Backup, BadCallsAreRefused) {
  EXPECT_CODE(list_backups("/backup", &sim_), kNotFound);
  EXPECT_CODE(restore_backup("/backup", "/restored", options()), kNotFound);
  ASSERT_OK(database_->backup("/backup"));
  EXPECT_CODE(restore_backup("/backup", "/restored", options(7)), kNotFound);
  EXPECT_CODE(restore_backup("/backup", "/db", options()), kInvalidArgument);
  RestoreOptions early = options();
  early.to_us = 1;
  EXPECT_CODE(restore_backup("/backup", "/restored", early), kNotFound);
  early.to_us = UINT64_MAX;
  EXPECT_CODE(restore_backup("/backup", "/restored", early), kNotFound);  // no archive
  const auto lock = sim_.lock("/backup/LOCK");
  EXPECT_CODE(database_->backup("/backup"), kBusy);
}

TEST_F(Backup, CutShortByPowerLossIsWholeOrNotThereAndHarmsNoOther) {
  ASSERT_OK(database_->backup("/backup"));
  const Contents then = expected_;
  change(3, 200);
  ASSERT_OK(database_->flush());
  sim_.record_history(true);
  ASSERT_OK(database_->backup("/backup"));
  at_power_losses(sim_, 60, test_seed(), [&](SimEnv& after) {
    RestoreOptions first = options(1);
    first.env = &after;
    ASSERT_OK(restore_backup("/backup", "/first", first));
    EXPECT_TRUE(open_and_read(after, "/first") == then);
    {
      const auto again = Database::open("/db", layered_options(after));
      ASSERT_OK(again);
      EXPECT_TRUE(contents_of(**again) == expected_);
      const bool whole = after.exists("/backup/000002").value();
      const auto made = (*again)->backup("/backup");
      ASSERT_OK(made);
      EXPECT_EQ(made->number, whole ? 3u : 2u);
    }
    const auto problems = verify_backups("/backup", &after);
    ASSERT_OK(problems);
    EXPECT_TRUE(problems->empty()) << problems->front();
    RestoreOptions second = options(2);
    second.env = &after;
    ASSERT_OK(restore_backup("/backup", "/second", second));
    EXPECT_TRUE(open_and_read(after, "/second") == expected_);
  });
}

TEST_F(Backup, ARestoreCutShortLeavesNoHalfDatabase) {
  ASSERT_OK(database_->backup("/backup"));
  sim_.record_history(true);
  ASSERT_OK(restore_backup("/backup", "/restored", options()));
  at_power_losses(sim_, 40, test_seed(), [&](SimEnv& after) {
    if (!after.exists("/restored").value()) {
      RestoreOptions again = options();
      again.env = &after;
      ASSERT_OK(restore_backup("/backup", "/restored", again));
    }
    EXPECT_TRUE(open_and_read(after, "/restored") == expected_);
  });
}

TEST_F(Backup, AnyFailingCallEndsInAnErrorAndHarmsNothing) {
  ASSERT_OK(database_->backup("/backup"));
  const Contents then = expected_;
  change(4, 100);
  ASSERT_OK(database_->flush());
  const auto attempt = [&] {
    (void)database_->backup("/backup").ok();
    (void)restore_backup("/backup", "/restored", options()).ok();
  };
  const auto check = [&] {
    const auto problems = verify_backups("/backup", &sim_);
    ASSERT_OK(problems);
    ASSERT_TRUE(problems->empty()) << problems->front();
    if (!sim_.exists("/restored").value()) return;
    const Contents found = open_and_read(sim_, "/restored");
    ASSERT_TRUE(found == expected_ || found == then);
    ASSERT_OK(remove_tree(sim_, "/restored"));
  };
  at_random_faults(sim_, 60, 25, {"backup", "restored"}, attempt, check);
  EXPECT_TRUE(restored(options(1)) == then);
}

// --- To a moment ---------------------------------------------------------------------------------

class ToAMoment : public Backup {
 protected:
  ToAMoment() { open("/backup/log"); }

  // Writes for a while, and notes what there was at some moments.
  void live(uint64_t seed, int rounds) {
    Random random(seed);
    for (int round = 0; round < rounds; ++round) {
      sim_.advance(std::chrono::seconds(10));
      change(random.next(), 150);
      if (random.one_in(3)) {
        const std::string huge = Recipe{random.next(), (1 << 20) + 5000}.make();
        const std::string key = "huge" + std::to_string(random.below(3));
        ASSERT_OK(database_->set(key, huge));
        expected_[key] = huge;
      }
      if (random.one_in(4)) {
        const std::string from = "key" + std::to_string(10'000 + random.below(2900));
        ASSERT_OK(database_->del_range(from, from + "~"));
        expected_.erase(expected_.lower_bound(from), expected_.lower_bound(from + "~"));
      }
      sim_.advance(std::chrono::seconds(10));
      moments_[sim_.wall_clock_us()] = expected_;
      if (random.one_in(4)) {
        ASSERT_OK(database_->compact());
      }
      if (random.one_in(5)) open("/backup/log");
      sim_.run_background();
    }
  }
  // Everything that was written goes to the archive.
  void finish_log() {
    sim_.advance(std::chrono::seconds(10));
    for (int i = 0; i < 3; ++i) {
      open("/backup/log");
      ASSERT_OK(database_->set("end", std::to_string(i)));
      ASSERT_OK(database_->flush());
    }
  }

  std::map<uint64_t, Contents> moments_;
};

TEST_F(ToAMoment, EveryMomentBehindABackupComesBack) {
  ASSERT_OK(database_->backup("/backup"));
  const uint64_t seed = test_seed();
  SCOPED_TRACE(seed_text(seed));
  live(seed, 12);
  ASSERT_OK(database_->backup("/backup"));
  live(seed + 1, 8);
  finish_log();
  ASSERT_FALSE(HasFailure());
  for (const auto& [moment, contents] : moments_) {
    RestoreOptions how = options();
    how.to_us = moment;
    ASSERT_TRUE(restored(how) == contents) << moment;
  }
  // From the first backup, past the second.
  RestoreOptions how = options(1);
  how.to_us = moments_.rbegin()->first;
  EXPECT_TRUE(restored(how) == moments_.rbegin()->second);
}

TEST_F(ToAMoment, TheArchiveLosesNothingToPowerCuts) {
  ASSERT_OK(database_->backup("/backup"));
  const Contents then = expected_;
  sim_.record_history(true);
  const uint64_t seed = test_seed();
  SCOPED_TRACE(seed_text(seed));
  for (int round = 0; round < 4; ++round) {
    sim_.advance(std::chrono::seconds(10));
    change(seed + static_cast<uint64_t>(round), 120);
    ASSERT_OK(database_->set("huge", Recipe{seed, 1 << 20}.make()));
    ASSERT_OK(database_->sync());
    open("/backup/log");
    ASSERT_OK(database_->flush());
  }
  at_power_losses(sim_, 40, seed, [&](SimEnv& after) {
    Contents now;
    uint64_t moment = 0;
    {
      Options opening = layered_options(after);
      opening.log_archive = "/backup/log";
      for (int again = 0; again < 3; ++again) {
        const auto opened = Database::open("/db", opening);
        ASSERT_OK(opened);
        if (again == 0) {
          now = contents_of(**opened);
          after.advance(std::chrono::seconds(1));
          moment = after.wall_clock_us();
          after.advance(std::chrono::seconds(1));
        }
        ASSERT_OK((*opened)->set("later", "x"));
        ASSERT_OK((*opened)->flush());
      }
    }
    RestoreOptions how = options();
    how.env = &after;
    how.to_us = moment;
    ASSERT_OK(restore_backup("/backup", "/restored", how));
    ASSERT_TRUE(open_and_read(after, "/restored") == now);
  });
}

TEST_F(ToAMoment, ADamagedOrMissingSegmentIsAnError) {
  ASSERT_OK(database_->backup("/backup"));
  live(5, 4);
  finish_log();
  std::vector<std::string> segments;
  for (const std::string& path : sim_.files_below("/backup/log")) {
    if (path.ends_with(".log")) segments.push_back(path);
  }
  ASSERT_GE(segments.size(), 3u);
  RestoreOptions how = options();
  how.to_us = UINT64_MAX;
  ASSERT_OK(restore_backup("/backup", "/whole", how));
  const std::string& segment = segments[segments.size() - 2];
  const std::string bytes = sim_.contents(segment).value();
  ASSERT_OK(sim_.erase(segment));
  EXPECT_CODE(restore_backup("/backup", "/restored", how), kCorruption);
  EXPECT_FALSE(sim_.exists("/restored").value());
}

TEST_F(ToAMoment, AnArchiveBelongsToOneDatabase) {
  ASSERT_OK(database_->backup("/backup"));
  auto other = Database::open("/other", layered_options(sim_));
  ASSERT_OK(other);
  other->reset();
  Options options = layered_options(sim_);
  options.log_archive = "/backup/log";
  EXPECT_CODE(Database::open("/other", options), kInvalidArgument);
}

TEST_F(ToAMoment, WithoutItsArchiveTheDatabaseKeepsItsLog) {
  sim_.inject({.call = SimCall::kLink, .lasting = true});
  sim_.inject({.call = SimCall::kOpen, .lasting = true, .path_part = "backup/log"});
  for (int i = 0; i < 6; ++i) {
    change(static_cast<uint64_t>(i), 1500);
    ASSERT_OK(database_->flush());
  }
  uint64_t kept = 0;
  for (const std::string& path : sim_.files_below("/db")) kept += path.ends_with(".log");
  EXPECT_GE(kept, 5u);
  sim_.clear_faults();
  change(9, 10);
  ASSERT_OK(database_->flush());
  uint64_t left = 0;
  for (const std::string& path : sim_.files_below("/db")) left += path.ends_with(".log");
  EXPECT_LT(left, kept);
}

}  // namespace
}  // namespace ashlar
