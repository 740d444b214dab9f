// Repair: what is outside the damage comes back, what is deleted stays so, and what is lost is
// said.
//
// ASHLAR_SEED repeats a run; ASHLAR_DAMAGES sets the number of random damages.
#include "ashlar/repair.h"

#include <gtest/gtest.h>

#include <cstring>

#include "env/new_folder.h"
#include "support/expect.h"
#include "support/layered_database.h"
#include "support/power_loss.h"
#include "support/random.h"
#include "support/random_faults.h"

namespace ashlar {
namespace {

bool covers(const LostRange& lost, const std::string& key) {
  if (lost.kind == LostRange::Kind::kCommits) return true;
  return key >= lost.from && (lost.to_last_key || key <= lost.to);
}

bool is_excused(const RepairReport& report, const std::string& key) {
  for (const LostRange& lost : report.lost) {
    if (covers(lost, key)) return true;
  }
  return false;
}

class Repair : public testing::TestWithParam<Compression> {
 protected:
  Repair() : sim_(std::make_unique<SimEnv>(1)) {
    sim_->record_history(false);
    expected_ = make_layered_database(*sim_, "/db", GetParam(), 7);
  }

  // The only file whose name ends so, or the one that is the `index`-th.
  std::string file(const std::string& suffix, std::size_t index = 0) {
    std::vector<std::string> found;
    for (const std::string& path : sim_->files_below("/db")) {
      if (path.ends_with(suffix)) found.push_back(path);
    }
    EXPECT_LT(index, found.size()) << suffix;
    return index < found.size() ? found[index] : "";
  }
  std::string manifest() {
    for (const std::string& path : sim_->files_below("/db")) {
      if (path.find("MANIFEST") != std::string::npos) return path;
    }
    return "";
  }
  // The table with the most pages: the settled one.
  std::string settled_table() {
    std::string largest;
    std::size_t bytes = 0;
    for (const std::string& path : sim_->files_below("/db")) {
      const std::size_t size = sim_->contents(path).value().size();
      if (path.ends_with(".table") && size > bytes) {
        largest = path;
        bytes = size;
      }
    }
    return largest;
  }

  RepairOptions options() {
    RepairOptions options;
    options.memory_budget = Options::kMinimumMemoryBudget;
    options.env = sim_.get();
    return options;
  }
  // Repairs /db to /saved and compares: what differs from the truth must have been reported.
  void repair_and_compare() {
    const auto before = bytes_below(*sim_, "/db");
    ASSERT_OK(repair("/db", "/saved", options(), &report_));
    auto after = bytes_below(*sim_, "/db");
    for (const auto& [path, bytes] : before) {
      // The lock file says who holds it.
      if (path.ends_with("LOCK")) continue;
      ASSERT_EQ(after[path], bytes) << path;
    }
    ASSERT_EQ(after.size(), before.size());
    saved_ = open_and_read(*sim_, "/saved");
    for (const auto& [key, value] : expected_) {
      const auto found = saved_.find(key);
      const bool right = found != saved_.end() && found->second == value;
      ASSERT_TRUE(right || is_excused(report_, key)) << key << "\n" << report_.to_text();
    }
    for (const auto& [key, value] : saved_) {
      ASSERT_TRUE(expected_.contains(key) || is_excused(report_, key)) << key << " came back\n"
                                                                       << report_.to_text();
    }
    if (report_.complete()) {
      ASSERT_TRUE(saved_ == expected_);
    }
  }

  std::unique_ptr<SimEnv> sim_;
  Contents expected_;
  Contents saved_;
  RepairReport report_;
};

INSTANTIATE_TEST_SUITE_P(Compressions, Repair,
                         testing::Values(Compression::kNone, Compression::kLz4,
                                         Compression::kSnappy, Compression::kZstd),
                         [](const auto& each) {
                           return "Kind" + std::to_string(static_cast<int>(each.param));
                         });

TEST_P(Repair, SavesEverythingOfASoundDatabase) {
  repair_and_compare();
  EXPECT_TRUE(report_.complete()) << report_.to_text();
  EXPECT_TRUE(saved_ == expected_);
  EXPECT_EQ(report_.manifest, RepairReport::Manifest::kSound);
  EXPECT_EQ(report_.entries, expected_.size());
}

TEST_P(Repair, WithoutCurrentEverythingComesBack) {
  ASSERT_OK(sim_->erase("/db/CURRENT"));
  repair_and_compare();
  EXPECT_TRUE(saved_ == expected_);
}

TEST_P(Repair, WithoutAManifestTheTablesSpeakForThemselves) {
  ASSERT_OK(sim_->erase(manifest()));
  ASSERT_OK(sim_->erase("/db/CURRENT"));
  repair_and_compare();
  EXPECT_EQ(report_.manifest, RepairReport::Manifest::kMissing);
  EXPECT_TRUE(saved_ == expected_);
}

TEST_P(Repair, ADamagedManifestIsReadAsFarAsItGoes) {
  const std::string path = manifest();
  ASSERT_OK(sim_->overwrite(path, 30, "XXXX"));  // in its first record
  repair_and_compare();
  EXPECT_EQ(report_.manifest, RepairReport::Manifest::kDamaged);
  EXPECT_TRUE(saved_ == expected_);
}

TEST_P(Repair, ADamagedPageCostsItsOwnKeysAndNoOthers) {
  const std::string table = settled_table();
  const std::size_t bytes = sim_->contents(table).value().size();
  ASSERT_GT(bytes, 20u * 4096);
  ASSERT_OK(sim_->overwrite(table, bytes / 8 * 3, "damage"));
  repair_and_compare();
  ASSERT_EQ(report_.lost.size(), 1u) << report_.to_text();
  const LostRange& lost = report_.lost.front();
  EXPECT_EQ(lost.file, table);
  EXPECT_LE(lost.offset, bytes / 8 * 3);
  EXPECT_GT(lost.offset + 20'000, bytes / 8 * 3);
  EXPECT_FALSE(lost.from.empty());
  EXPECT_FALSE(lost.to.empty());
  uint64_t in_range = 0;
  for (const auto& [key, value] : expected_) in_range += covers(lost, key);
  EXPECT_GT(in_range, 0u);
  EXPECT_LT(in_range, expected_.size() / 8);
}

TEST_P(Repair, ATableWithoutItsHeaderLosesNothing) {
  ASSERT_OK(sim_->overwrite(settled_table(), 0, std::string(4096, 'x')));
  repair_and_compare();
  EXPECT_TRUE(report_.complete()) << report_.to_text();
}

TEST_P(Repair, ATableWithoutAnyIndexPageButTheLastLosesNothing) {
  const std::string table = settled_table();
  const std::string bytes = sim_->contents(table).value();
  uint64_t index = 0;
  std::memcpy(&index, bytes.data() + 16, sizeof(index));
  ASSERT_OK(sim_->overwrite(table, index, std::string(bytes.size() - 4096 - index, 'x')));
  repair_and_compare();
  EXPECT_TRUE(report_.complete()) << report_.to_text();
}

TEST_P(Repair, AMissingTableIsReportedByItsKeyRange) {
  const std::string table = settled_table();
  ASSERT_OK(sim_->erase(table));
  repair_and_compare();
  ASSERT_EQ(report_.lost.size(), 1u) << report_.to_text();
  EXPECT_EQ(report_.lost.front().file, table);
  EXPECT_EQ(report_.lost.front().from, "key10000");
  EXPECT_GT(report_.lost.front().to, "key11000");
}

TEST_P(Repair, DamageInTheMiddleOfTheLogCostsTheCommitsThere) {
  // The segment with the most frames in it.
  std::string segment;
  for (const std::string& path : sim_->files_below("/db")) {
    if (path.ends_with(".log") &&
        sim_->contents(path).value().substr(0, 4) != std::string(4, '\0')) {
      segment = path;
      break;
    }
  }
  const std::string bytes = sim_->contents(segment).value();
  const std::size_t used = bytes.find_last_not_of('\0');
  ASSERT_GT(used, 100'000u);
  ASSERT_OK(sim_->overwrite(segment, used - 50'000, "damage"));
  // Copies of the last frames must not help.
  ASSERT_OK(sim_->erase("/db/log.ring"));
  EXPECT_CODE(Database::open("/db", layered_options(*sim_)), kCorruption);
  repair_and_compare();
  ASSERT_EQ(report_.lost.size(), 1u) << report_.to_text();
  const LostRange& lost = report_.lost.front();
  EXPECT_EQ(lost.kind, LostRange::Kind::kCommits);
  EXPECT_EQ(lost.file, segment);
  EXPECT_GT(lost.first_commit, 0u);
  EXPECT_LE(lost.last_commit - lost.first_commit, 3u);
  EXPECT_GT(report_.commits, 340u);
}

TEST_P(Repair, ADamagedValueIsNamedByItsKey) {
  // Past the header, in the middle of the values.
  const std::string values = file(".values");
  const std::string bytes = sim_->contents(values).value();
  ASSERT_OK(sim_->overwrite(values, bytes.size() / 2, std::string(8, '#')));
  repair_and_compare();
  // It may have been of a version that was overwritten.
  ASSERT_LE(report_.lost.size(), 1u);
  EXPECT_EQ(report_.values_lost, report_.lost.size());
  for (const LostRange& lost : report_.lost) {
    EXPECT_EQ(lost.kind, LostRange::Kind::kValue);
    EXPECT_EQ(lost.from, lost.to);
    EXPECT_TRUE(expected_.contains(lost.from));
    EXPECT_FALSE(saved_.contains(lost.from));
  }
}

TEST_P(Repair, AMissingValueFileNamesAllOfItsKeys) {
  ASSERT_OK(sim_->erase(file(".values")));
  repair_and_compare();
  EXPECT_GT(report_.values_lost, 10u);
  for (const LostRange& lost : report_.lost) EXPECT_EQ(lost.kind, LostRange::Kind::kValue);
}

TEST_P(Repair, OlderValuesThatMayHaveComeBackAreCountedOrLeftOut) {
  // The youngest tables hold deletions and overwrites of what the settled one has.
  for (const std::string& path : sim_->files_below("/db")) {
    if (!path.ends_with(".table") || path == settled_table()) continue;
    ASSERT_OK(sim_->erase(path));
  }
  repair_and_compare();
  uint64_t doubtful = 0;
  for (const LostRange& lost : report_.lost) doubtful += lost.doubtful;
  EXPECT_GT(doubtful, 100u);
  std::size_t older = 0;
  for (const auto& [key, value] : saved_) {
    const auto truth = expected_.find(key);
    older += truth == expected_.end() || truth->second != value;
  }
  EXPECT_GT(older, 100u);

  RepairOptions strict = options();
  strict.leave_out_doubtful = true;
  ASSERT_OK(repair("/db", "/strict", strict, &report_));
  EXPECT_GT(report_.left_out, 100u);
  for (const auto& [key, value] : open_and_read(*sim_, "/strict")) {
    const auto truth = expected_.find(key);
    ASSERT_TRUE(truth != expected_.end() && truth->second == value) << key << " is older";
  }
}

TEST_P(Repair, RandomDamageIsAlwaysReported) {
  const uint64_t first_seed = test_seed();
  const uint64_t damages = environment_number("ASHLAR_DAMAGES", 40);
  Random seeds(first_seed);
  sim_->record_history(true);
  SimCrash sound = sim_->crash_points();
  for (uint64_t i = 0; i < damages && !HasFailure(); ++i) {
    const uint64_t seed = i == 0 ? first_seed : seeds.next();
    SCOPED_TRACE(seed_text(seed));
    Random random(seed);
    sim_ = std::make_unique<SimEnv>(seed, sound.killed());
    sim_->record_history(false);
    const auto files = sim_->files_below("/db");
    std::string done;
    for (uint64_t left = random.between(1, 4); left > 0; --left) {
      // The ring holds the log's end once more: with both gone nothing tells of it.
      const std::string& path = files[random.below(files.size())];
      const char* const other = path.ends_with(".ring") ? ".log" : ".ring";
      const bool in_log = path.ends_with(".ring") || path.ends_with(".log");
      if (in_log && done.find(other) != std::string::npos) continue;
      // Nor of a table that is gone together with its name in the manifest.
      const bool in_manifest = path.find("MANIFEST") != std::string::npos;
      if (in_manifest && done.find("kind 9") != std::string::npos) continue;
      const auto bytes = sim_->contents(path);
      if (!bytes.ok() || bytes->empty()) continue;
      const uint64_t at = random.below(bytes->size());
      const bool manifest_gone = done.find("MANIFEST") != std::string::npos;
      const uint64_t kind = random.below(manifest_gone ? 9 : 10);
      done += path + " at " + std::to_string(at) + ", kind " + std::to_string(kind) + "\n";
      if (kind < 5) {
        ASSERT_OK(sim_->flip_bit(path, at * 8 + random.below(8)));
      } else if (kind < 8) {
        const uint64_t length = std::min<uint64_t>(random.between(1, 20'000), bytes->size() - at);
        ASSERT_OK(sim_->overwrite(path, at, std::string(length, random.one_in(2) ? '\0' : 'z')));
      } else if (kind < 9) {
        ASSERT_OK(sim_->set_length(path, at));
      } else {
        ASSERT_OK(sim_->erase(path));
      }
    }
    repair_and_compare();
    if (HasFailure()) ADD_FAILURE() << done << report_.to_text();
  }
}

// --- Around it -----------------------------------------------------------------------------------

TEST(RepairCall, RefusesWhatItShould) {
  SimEnv sim(1);
  sim.record_history(false);
  RepairReport report;
  const RepairOptions options{.memory_budget = Options::kMinimumMemoryBudget, .env = &sim};
  EXPECT_CODE(repair("/none", "/saved", options, &report), kNotFound);
  ASSERT_OK(sim.create_folder("/empty"));
  EXPECT_CODE(repair("/empty", "/saved", options, &report), kNotFound);
  auto database = Database::open("/db", layered_options(sim));
  ASSERT_OK(database);
  ASSERT_OK((*database)->set("k", "v"));
  EXPECT_CODE(repair("/db", "/saved", options, &report), kBusy);
  database->reset();
  EXPECT_CODE(repair("/db", "/db", options, &report), kInvalidArgument);
  EXPECT_CODE(repair("/db", "/db/saved", options, &report), kInvalidArgument);
  EXPECT_CODE(repair("/db", "/empty", options, &report), kInvalidArgument);
  EXPECT_OK(repair("/db/", "/saved/", options, &report));
  EXPECT_EQ(open_and_read(sim, "/saved"), (Contents{{"k", "v"}}));
}

TEST(RepairCall, KeepsTheTimeThatEntriesLive) {
  SimEnv sim(1);
  sim.record_history(false);
  auto database = Database::open("/db", layered_options(sim));
  ASSERT_OK(database);
  ASSERT_OK((*database)->set("k", "v", {.durability = {}, .ttl = std::chrono::hours(1)}));
  ASSERT_OK((*database)->flush());
  database->reset();
  RepairReport report;
  ASSERT_OK(repair("/db", "/saved", {.memory_budget = Options::kMinimumMemoryBudget, .env = &sim},
                   &report));
  EXPECT_EQ(open_and_read(sim, "/saved"), (Contents{{"k", "v"}}));
  sim.advance(std::chrono::hours(2));
  EXPECT_EQ(open_and_read(sim, "/saved"), Contents{});
}

TEST(RepairCall, TheReportIsTextAndJson) {
  RepairReport report;
  report.entries = 3;
  LostRange lost;
  lost.file = "db/000007.table";
  lost.offset = 8192;
  lost.reason = "1 page can't be read";
  lost.from = "a";
  lost.to = std::string("b\0", 2);
  lost.doubtful = 2;
  report.lost.push_back(lost);
  EXPECT_EQ(lost.to_text(),
            "lost: entries with keys from \"a\" to \"b\\x00\" (db/000007.table, offset 8192: "
            "1 page can't be read); 2 entries there may be older values");
  EXPECT_EQ(
      lost.to_json(),
      "{\"kind\":\"entries\",\"file\":\"db/000007.table\",\"offset\":8192,"
      "\"reason\":\"1 page can't be read\",\"from\":\"a\",\"to\":\"b\\\\x00\",\"doubtful\":2}");
  EXPECT_NE(report.to_json().find("\"complete\":false"), std::string::npos);
  EXPECT_EQ(report.to_text().find("Nothing was lost"), std::string::npos);
}

// --- Indexes -------------------------------------------------------------------------------------

class RepairIndexes : public testing::Test {
 protected:
  RepairIndexes() : sim_(1) {
    sim_.record_history(false);
    auto database = Database::open("/db", layered_options(sim_));
    EXPECT_OK(database);
    if (!database.ok()) return;
    EXPECT_OK((*database)->create_index("by_age", {.prefix = "user:", .fields = {"$.age"}}));
    for (int i = 0; i < 2000; ++i) {
      EXPECT_OK((*database)->set(
          "user:" + std::to_string(10'000 + i),
          "{\"age\":" + std::to_string(i % 90) + ",\"pad\":\"" + std::string(100, 'x') + "\"}"));
    }
    EXPECT_OK((*database)->compact());
  }

  SimEnv sim_;
  RepairOptions options_{.memory_budget = Options::kMinimumMemoryBudget, .env = &sim_};
  RepairReport report_;
};

TEST_F(RepairIndexes, ComeAlong) {
  ASSERT_OK(repair("/db", "/saved", options_, &report_));
  const auto saved = Database::open("/saved", layered_options(sim_));
  ASSERT_OK(saved);
  const auto indexes = (*saved)->indexes();
  ASSERT_OK(indexes);
  ASSERT_EQ(indexes->size(), 1u);
  EXPECT_EQ(indexes->front().state, IndexState::kReady);
  EXPECT_TRUE((*saved)->verify()->problems.empty());
}

TEST_F(RepairIndexes, AgreeWithTheDocumentsThatAreLeft) {
  for (const std::string& path : sim_.files_below("/db")) {
    if (!path.ends_with(".table")) continue;
    // Documents and entries both.
    const uint64_t bytes = sim_.contents(path)->size();
    for (uint64_t at = bytes / 10; at < bytes; at += bytes / 5) {
      ASSERT_OK(sim_.overwrite(path, at, "damage"));
    }
  }
  ASSERT_OK(repair("/db", "/saved", options_, &report_));
  EXPECT_FALSE(report_.complete());
  const auto saved = Database::open("/saved", layered_options(sim_));
  ASSERT_OK(saved);
  const auto report = (*saved)->verify();
  ASSERT_OK(report);
  EXPECT_TRUE(report->problems.empty()) << report->problems.front();
  EXPECT_LT((*saved)->count("user:").value(), 2000u);
  EXPECT_GT((*saved)->count("user:").value(), 500u);
}

// --- Interrupted ---------------------------------------------------------------------------------

TEST(RepairInterrupted, LeavesTheSourceAndNoHalfResult) {
  SimEnv sim(3);
  sim.record_history(false);
  const Contents expected = make_layered_database(sim, "/db", Compression::kLz4, 5);
  const auto source = bytes_below(sim, "/db");
  sim.record_history(true);
  RepairReport report;
  const RepairOptions options{.memory_budget = Options::kMinimumMemoryBudget, .env = &sim};
  ASSERT_OK(repair("/db", "/saved", options, &report));
  at_power_losses(sim, 60, test_seed(), [&](SimEnv& after) {
    for (const auto& [path, bytes] : source) {
      if (path.ends_with("LOCK")) continue;
      ASSERT_EQ(after.contents(path).value_or(""), bytes) << path;
    }
    if (after.exists("/saved").value()) {
      EXPECT_TRUE(open_and_read(after, "/saved") == expected);
    } else {
      RepairReport again;
      RepairOptions there = options;
      there.env = &after;
      ASSERT_OK(repair("/db", "/saved", there, &again));
      EXPECT_TRUE(open_and_read(after, "/saved") == expected);
    }
  });
}

TEST(RepairInterrupted, AnyFailingCallEndsInAnErrorAndNoHalfResult) {
  SimEnv sim(4);
  sim.record_history(false);
  const Contents expected = make_layered_database(sim, "/db", Compression::kLz4, 6);
  RepairReport report;
  Status repaired;
  const auto attempt = [&] {
    report = {};
    const RepairOptions options{.memory_budget = Options::kMinimumMemoryBudget, .env = &sim};
    repaired = repair("/db", "/saved", options, &report);
  };
  const auto check = [&] {
    if (!sim.exists("/saved").value()) {
      EXPECT_FALSE(repaired.ok());
      return;
    }
    const Contents saved = open_and_read(sim, "/saved");
    // A page that can't be read is lost, as a damaged one is.
    if (report.complete()) {
      EXPECT_TRUE(saved == expected);
    }
    ASSERT_OK(remove_tree(sim, "/saved"));
  };
  at_random_faults(sim, 60, 40, {""}, attempt, check);
}

}  // namespace
}  // namespace ashlar
