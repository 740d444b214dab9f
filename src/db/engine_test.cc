#include "db/engine.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>

#include "base/limits.h"
#include "env/sim_env.h"

namespace ashlar {
namespace {

// An engine on a simulated disk, whose background work runs only in waits.
class EngineTest : public testing::Test {
 protected:
  EngineTest() { open(); }

  void open() {
    engine_.reset();
    env_.record_history(false);
    Options options;
    options.memory_budget = Options::kMinimumMemoryBudget;
    options.durability = Durability::kProcess;
    options.env = &env_;
    auto opened = Engine::open("db", options);
    ASSERT_TRUE(opened.ok()) << opened.status().to_string();
    engine_ = std::move(opened).value();
  }
  void set(const std::string& key, const std::string& value, int64_t ttl_ms = 0) {
    const Status status =
        engine_->set(key, value, {.durability = {}, .ttl = std::chrono::milliseconds(ttl_ms)});
    ASSERT_TRUE(status.ok()) << status.to_string();
  }
  Status write(const std::function<void(Commit*)>& fill) {
    Commit commit;
    fill(&commit);
    return engine_->write(&commit, {});
  }
  void del(const std::string& key) {
    ASSERT_TRUE(write([&](Commit* commit) { commit->del(key); }).ok());
  }
  void del_range(const std::string& from, const std::string& to) {
    ASSERT_TRUE(write([&](Commit* commit) { commit->del_range(from, to); }).ok());
  }
  std::string get(const std::string& key, const Snapshot* snapshot = nullptr) const {
    const EpochGuard guard;
    FoundEntry found;
    const Status status = engine_->find(key, snapshot, &found);
    if (status.is(StatusCode::kNotFound)) return "-";
    EXPECT_TRUE(status.ok()) << status.to_string();
    return std::string(found.value);
  }
  std::vector<std::pair<std::string, std::string>> scan(const CursorBounds& bounds,
                                                        const Snapshot* snapshot = nullptr) const {
    std::vector<std::pair<std::string, std::string>> entries;
    const auto cursor = engine_->new_cursor(bounds, snapshot);
    for (; cursor->valid(); cursor->next()) {
      entries.emplace_back(cursor->entry().key, cursor->entry().value);
    }
    EXPECT_TRUE(cursor->status().ok()) << cursor->status().to_string();
    return entries;
  }

  SimEnv env_{1};
  std::unique_ptr<Engine> engine_;
};

TEST_F(EngineTest, ReadsTheSameFromMemtableRunsAndBottom) {
  set("a", "1");
  set("b", "2", 1000);
  set("gone", "3");
  del("gone");
  set("large", std::string(5000, 'l'));
  set("huge", std::string(kHugeValueBytes + 1, 'h'));
  for (int stage = 0; stage < 4; ++stage) {
    EXPECT_EQ(get("a"), "1") << stage;
    EXPECT_EQ(get("b"), "2") << stage;
    EXPECT_EQ(get("gone"), "-") << stage;
    EXPECT_EQ(get("large"), std::string(5000, 'l')) << stage;
    EXPECT_EQ(get("huge"), std::string(kHugeValueBytes + 1, 'h')) << stage;
    EXPECT_EQ(scan({}).size(), 4u) << stage;
    if (stage == 0) {
      ASSERT_TRUE(engine_->flush().ok());
    } else if (stage == 1) {
      ASSERT_TRUE(engine_->compact().ok());
    } else if (stage == 2) {
      open();
    }
  }
  env_.advance(std::chrono::seconds(2));
  EXPECT_EQ(get("b"), "-");
}

TEST_F(EngineTest, AJumpBackOfTheWallClockRevivesNothing) {  // [TTL-1]
  set("k", "v", 1000);
  const uint64_t before = env_.wall_clock_us();
  env_.advance(std::chrono::seconds(2));
  EXPECT_EQ(get("k"), "-");
  env_.set_wall_clock_us(before);
  EXPECT_EQ(get("k"), "-");
  EXPECT_TRUE(scan({}).empty());
}

TEST_F(EngineTest, ACommitOfVeryManySmallOperationsIsTakenOrRefusedAndNeverHangs) {
  const auto write_many = [&](int count) {
    std::vector<std::string> keys;
    for (int i = 0; i < count; ++i) keys.push_back("k" + std::to_string(i));
    return write([&](Commit* commit) {
      for (const std::string& key : keys) commit->set(key, "v", 0, false);
    });
  };
  ASSERT_TRUE(write_many(20'000).ok());
  EXPECT_EQ(get("k0"), "v");
  EXPECT_EQ(get("k19999"), "v");
  EXPECT_TRUE(write_many(90'000).is(StatusCode::kTooLarge));
  EXPECT_EQ(get("k20000"), "-");
  open();
  EXPECT_EQ(scan({}).size(), 20'000u);
}

TEST_F(EngineTest, ACommitOfManyRangesIsTaken) {
  for (int i = 0; i < 100; ++i) set(std::to_string(10'000 + i), "v");
  std::vector<std::string> bounds;
  for (int i = 0; i <= 5000; ++i) bounds.push_back(std::to_string(10'000 + i));
  ASSERT_TRUE(write([&](Commit* commit) {
                for (int i = 1; i < 5000; i += 2) {
                  commit->del_range(bounds[static_cast<std::size_t>(i)],
                                    bounds[static_cast<std::size_t>(i) + 1]);
                }
              }).ok());
  for (int stage = 0; stage < 3; ++stage) {
    EXPECT_EQ(scan({}).size(), 50u);
    EXPECT_EQ(get("10000"), "v");
    EXPECT_EQ(get("10001"), "-");
    if (stage == 0) open();
    if (stage == 1) {
      ASSERT_TRUE(engine_->compact().ok());
    }
  }
}

TEST_F(EngineTest, ASnapshotReadsItsMomentThroughFlushesAndMerges) {  // [SNAP-1]
  for (int i = 0; i < 500; ++i) set("key" + std::to_string(i), "old");
  const Snapshot snapshot = engine_->take_snapshot();
  for (int i = 0; i < 500; ++i) {
    const std::string key = "key" + std::to_string(i);
    if (i % 3 == 0) {
      del(key);
    } else {
      set(key, "new");
    }
  }
  del_range("key1", "key2");
  for (int stage = 0; stage < 3; ++stage) {
    EXPECT_EQ(scan({}, &snapshot).size(), 500u) << stage;
    for (int i = 0; i < 500; ++i) {
      const std::string key = "key" + std::to_string(i);
      ASSERT_EQ(get(key, &snapshot), "old") << stage;
      const bool gone = i % 3 == 0 || key.starts_with("key1");
      ASSERT_EQ(get(key), gone ? "-" : "new") << stage;
    }
    ASSERT_TRUE((stage == 0 ? engine_->flush() : engine_->compact()).ok());
  }
}

TEST_F(EngineTest, ACursorReadsItsMomentWhileEverythingChangesUnderIt) {
  for (int i = 1000; i < 3000; ++i) set("key" + std::to_string(i), std::string(100, 'o'));
  for (const bool reverse : {false, true}) {
    const auto cursor = engine_->new_cursor({.from = "", .to = "", .reverse = reverse}, nullptr);
    const auto wanted = scan({});
    std::size_t seen = 0;
    for (; cursor->valid(); cursor->next(), ++seen) {
      const auto& [key, value] = wanted[reverse ? wanted.size() - 1 - seen : seen];
      ASSERT_EQ(cursor->entry().key, key);
      ASSERT_EQ(cursor->entry().value, value);
      if (seen % 400 == 10) {
        set("key" + std::to_string(2999 - seen), "changed");
        del("key" + std::to_string(1000 + seen + 50));
        ASSERT_TRUE((seen % 800 == 10 ? engine_->flush() : engine_->compact()).ok());
      }
    }
    EXPECT_TRUE(cursor->status().ok());
    EXPECT_EQ(seen, wanted.size());
  }
}

// Random bounds, limits, directions and moments, over many versions and much that is hidden.
TEST_F(EngineTest, CursorsShowWhatAMapHolds) {
  std::mt19937_64 random(11);
  std::map<std::string, std::string> live;
  std::vector<std::pair<Snapshot, std::map<std::string, std::string>>> moments;
  const auto key = [&] { return "k" + std::to_string(random() % 60 + 10); };
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 60; ++i) {
      const std::string k = key();
      switch (random() % 6) {
        case 0:
          del(k);
          live.erase(k);
          break;
        case 1: {
          const std::string to = k + "5";
          if (random() % 4 != 0) break;
          del_range(k, to);
          live.erase(live.lower_bound(k), live.lower_bound(to));
          break;
        }
        case 2:
          set(k, "short-lived", 1);
          env_.advance(std::chrono::milliseconds(2));
          live.erase(k);
          break;
        default:
          live[k] = std::string(random() % 50 == 0 ? 3000 : 10, 'v') + std::to_string(i);
          set(k, live[k]);
      }
    }
    if (random() % 5 == 0) {
      ASSERT_TRUE(engine_->flush().ok());
    }
    if (random() % 9 == 0) {
      ASSERT_TRUE(engine_->compact().ok());
    }
    if (random() % 4 == 0) moments.emplace_back(engine_->take_snapshot(), live);
    if (moments.size() > 4) moments.erase(moments.begin());
    for (int i = 0; i < 30; ++i) {
      const bool past = !moments.empty() && random() % 2 == 0;
      const std::size_t at = past ? random() % moments.size() : 0;
      const auto& wanted_in = past ? moments[at].second : live;
      CursorBounds bounds;
      if (random() % 3 != 0) bounds.from = key();
      if (random() % 3 != 0) bounds.to = key();
      bounds.reverse = random() % 2 == 0;
      if (random() % 3 == 0) bounds.limit = random() % 10;
      std::vector<std::pair<std::string, std::string>> wanted;
      for (const auto& [k, v] : wanted_in) {
        if (k >= bounds.from && before_end(k, bounds.to)) wanted.emplace_back(k, v);
      }
      if (bounds.reverse) std::reverse(wanted.begin(), wanted.end());
      if (wanted.size() > bounds.limit) wanted.resize(bounds.limit);
      ASSERT_EQ(scan(bounds, past ? &moments[at].first : nullptr), wanted)
          << "round " << round << " from " << bounds.from << " to " << bounds.to
          << (bounds.reverse ? " reverse" : "");
    }
  }
  moments.clear();
}

TEST_F(EngineTest, ACursorPassesAKeyWithThousandsOfHiddenVersions) {
  set("a", "1");
  const Snapshot before = engine_->take_snapshot();
  for (int i = 0; i < 5000; ++i) set("b", std::to_string(i));
  set("c", "3");
  using Entries = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(scan({}), (Entries{{"a", "1"}, {"b", "4999"}, {"c", "3"}}));
  EXPECT_EQ(scan({.from = "", .to = "", .reverse = true}),
            (Entries{{"c", "3"}, {"b", "4999"}, {"a", "1"}}));
  EXPECT_EQ(scan({}, &before), (Entries{{"a", "1"}}));
  EXPECT_EQ(scan({.from = "", .to = "", .reverse = true}, &before), (Entries{{"a", "1"}}));
}

TEST_F(EngineTest, RunsThatRangesLookIntoAllTheTimeAreDistributed) {
  const auto flush_run = [&] {
    for (const char* key : {"a", "m", "z"}) set(key, "v");
    ASSERT_TRUE(engine_->flush().ok());
  };
  const auto runs = [&] { return engine_->statistics().tiers[0].tables; };
  for (int i = 0; i < 3; ++i) flush_run();
  ASSERT_EQ(runs(), 2u);  // the first flush went to the bottom
  for (int i = 0; i < 11'000; ++i) ASSERT_EQ(scan({.from = "b", .to = "", .limit = 1}).size(), 1u);
  flush_run();
  EXPECT_LE(runs(), 1u);
}

TEST_F(EngineTest, APinnedValueOutlivesWhatItWasReadFrom) {
  set("k", "value");
  ASSERT_TRUE(engine_->flush().ok());
  const auto pinned = engine_->find_pinned("k", nullptr);
  ASSERT_TRUE(pinned.ok());
  del("k");
  ASSERT_TRUE(engine_->compact().ok());
  EXPECT_EQ(get("k"), "-");
  EXPECT_EQ(pinned->view(), "value");
}

// --- Threads -------------------------------------------------------------------------------------

// Every reader sees each key rise, and both keys of a commit the same, whatever is flushed and
// merged meanwhile.
TEST_F(EngineTest, ReadersSeeWholeCommitsWhileMemtablesAreFlushedAndMerged) {  // [ENG-1] [ENG-2]
  constexpr int kCommits = 3000;
  std::atomic<bool> done{false};
  const auto read = [&] {
    int latest = 0;
    while (!done.load()) {
      const Snapshot snapshot = engine_->take_snapshot();
      const std::string a = get("a", &snapshot);
      ASSERT_EQ(get("z", &snapshot), a);
      const auto entries = scan({}, &snapshot);
      if (a == "-") continue;
      ASSERT_EQ(entries.size(), 2u);
      ASSERT_EQ(entries[0].second, a);
      ASSERT_EQ(entries[1].second, a);
      const int value = std::stoi(a);
      ASSERT_GE(value, latest);
      latest = value;
    }
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) readers.emplace_back(read);
  for (int i = 1; i <= kCommits; ++i) {
    const std::string value = std::to_string(i) + std::string(200, ' ');
    ASSERT_TRUE(write([&](Commit* commit) {
                  commit->set("a", value, 0, false);
                  commit->set("z", value, 0, false);
                }).ok());
    if (i % 300 == 0) {
      ASSERT_TRUE(engine_->flush().ok());
    }
    if (i % 1000 == 0) {
      ASSERT_TRUE(engine_->compact().ok());
    }
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

// --- Verifying, limits ---------------------------------------------------------------------------

TEST_F(EngineTest, VerifyingStopsWhereItIsAskedTo) {
  for (int i = 0; i < 3; ++i) {
    set("small" + std::to_string(i), "1");
    set("large" + std::to_string(i), std::string(5000, 'l'));
    ASSERT_TRUE(engine_->flush().ok());
  }
  VerifyFindings whole;
  ASSERT_TRUE(engine_->verify({}, &whole).ok());
  ASSERT_GT(whole.files, 3u);
  for (uint64_t files = 1; files <= whole.files; ++files) {
    VerifyFindings part;
    const auto go_on = [&](uint64_t done, uint64_t total) {
      EXPECT_LE(done, total);
      return part.files < files;
    };
    const Status stopped = engine_->verify(go_on, &part);
    EXPECT_TRUE(stopped.is(StatusCode::kAborted)) << files << ": " << stopped.to_string();
    EXPECT_EQ(part.files, files);
    EXPECT_LE(part.bytes, whole.bytes);
  }
}

TEST_F(EngineTest, RefusesStoredKeysAndValuesBeyondTheirLimits) {
  EXPECT_TRUE(engine_->set("", "v", {}).is(StatusCode::kInvalidArgument));
  const std::string longest(kMaximumStoredKeyBytes, 'k');
  EXPECT_TRUE(engine_->set(longest + "k", "v", {}).is(StatusCode::kTooLarge));
  set(longest, "v");
  EXPECT_EQ(get(longest), "v");
  EXPECT_TRUE(engine_->set("k", "v", {.durability = {}, .ttl = std::chrono::milliseconds(-1)})
                  .is(StatusCode::kInvalidArgument));
  EXPECT_EQ(get("k"), "-");
}

// A large commit, and the small ones behind it, which use its memory again.
TEST_F(EngineTest, ACommitOfTenThousandIsFollowedBySmallOnes) {
  ThreadCommit reused;
  for (int i = 0; i < 10'000; ++i) {
    (*reused).set(std::string_view("0123456789abcdef").substr(static_cast<std::size_t>(i % 16)),
                  "value", 0, false);
  }
  ASSERT_TRUE(engine_->write(&*reused, {}).ok());
  (*reused).clear();
  EXPECT_TRUE((*reused).empty());
  (*reused).set("small", "1", 0, false);
  ASSERT_TRUE(engine_->write(&*reused, {}).ok());
  EXPECT_EQ(get("small"), "1");
  EXPECT_EQ(get("f"), "value");
}

}  // namespace
}  // namespace ashlar
