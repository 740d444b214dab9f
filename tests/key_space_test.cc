// Keys that begin with FF FF, beside which the database keeps its own: they must be like all
// others.
#include "base/key_space.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ashlar/database.h"
#include "env/sim_env.h"
#include "support/expect.h"

namespace ashlar {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text.push_back(static_cast<char>(value));
  return text;
}

// Keys around both ends of the system keys, in order.
std::vector<std::string> edge_keys() {
  return {"a",
          bytes({0xfe, 0xff, 0xff}),
          bytes({0xff}),
          bytes({0xff, 0x00}),
          bytes({0xff, 0xfe, 0xff}),
          bytes({0xff, 0xff}),
          bytes({0xff, 0xff, 0x00}),
          bytes({0xff, 0xff, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01}),
          bytes({0xff, 0xff, 0x01}),
          bytes({0xff, 0xff, 0xfe}),
          bytes({0xff, 0xff, 0xff}),
          bytes({0xff, 0xff, 0xff, 0x00}),
          bytes({0xff, 0xff, 0xff, 0xff, 0xff})};
}

class KeySpaceTest : public testing::Test {
 protected:
  KeySpaceTest() {
    Options options;
    options.memory_budget = Options::kMinimumMemoryBudget;
    options.env = &env_;
    auto opened = Database::open("/db", options);
    EXPECT_OK(opened);
    db_ = std::move(opened).value();
    // Definitions and entries that no range of users' keys must show or delete.
    EXPECT_OK(db_->create_index("by_n", {.prefix = "d", .fields = {"$.n"}}));
    EXPECT_OK(db_->set("d1", R"({"n":1})"));
    for (const std::string& key : edge_keys()) EXPECT_OK(db_->set(key, "value of " + key));
  }

  static Pairs model(const std::string& from, const std::string& to, bool reverse) {
    std::vector<std::string> keys = edge_keys();
    keys.emplace_back("d1");
    std::sort(keys.begin(), keys.end());
    Pairs pairs;
    for (const std::string& key : keys) {
      if (key < from || (!to.empty() && key >= to)) continue;
      pairs.emplace_back(key, key == "d1" ? R"({"n":1})" : "value of " + key);
    }
    if (reverse) std::reverse(pairs.begin(), pairs.end());
    return pairs;
  }
  static std::vector<std::string> boundaries() {
    std::vector<std::string> all = edge_keys();
    all.emplace_back();
    all.push_back(bytes({0xff, 0xff, 0xff, 0x01}));
    return all;
  }
  void expect_index_intact() {
    const auto report = db_->verify();
    ASSERT_OK(report);
    EXPECT_EQ(report->problems, std::vector<std::string>());
    const auto indexes = db_->indexes();
    ASSERT_OK(indexes);
    ASSERT_EQ(indexes->size(), 1u);
    EXPECT_EQ(indexes->front().state, IndexState::kReady);
  }

  SimEnv env_{1};
  std::unique_ptr<Database> db_;
};

TEST_F(KeySpaceTest, TheMappingKeepsOrderAndIsUndone) {
  std::vector<std::string> stored;
  for (const std::string& key : edge_keys()) {
    stored.emplace_back(StoredKey(key).view());
    EXPECT_FALSE(is_system_key(stored.back()));
    EXPECT_EQ(user_key(stored.back()), key);
  }
  EXPECT_TRUE(std::is_sorted(stored.begin(), stored.end()));
  EXPECT_TRUE(is_system_key(kSystemKeysBegin));
  EXPECT_FALSE(is_system_key(kSystemKeysEnd));
}

TEST_F(KeySpaceTest, PointOperationsMeanTheSameKey) {
  for (const std::string& key : edge_keys()) {
    EXPECT_EQ(db_->get(key).value(), "value of " + key);
    EXPECT_EQ(db_->get_pinned(key).value().view(), "value of " + key);
    EXPECT_TRUE(db_->exists(key).value());
    EXPECT_OK(db_->set(key, "5"));
    EXPECT_EQ(db_->increment(key).value(), 6);
    EXPECT_TRUE(db_->compare_and_set(key, "6", "7").value());
    EXPECT_OK(db_->set(key, "7", {.ttl = std::chrono::hours(1)}));
    EXPECT_TRUE(db_->ttl(key).value().has_value());
    EXPECT_OK(db_->persist(key));
    EXPECT_FALSE(db_->ttl(key).value().has_value());
    EXPECT_OK(db_->del(key));
    EXPECT_FALSE(db_->exists(key).value());
  }
  expect_index_intact();
}

TEST_F(KeySpaceTest, RangesShowUsersKeysAndNothingElse) {
  for (const bool flushed : {false, true}) {
    if (flushed) ASSERT_OK(db_->compact());
    for (const std::string& from : boundaries()) {
      for (const std::string& to : boundaries()) {
        if (!to.empty() && to < from) continue;
        for (const bool reverse : {false, true}) {
          const Pairs expected = model(from, to, reverse);
          EXPECT_EQ(db_->range(from, to, {.reverse = reverse}).to_vector(), expected);
          EXPECT_EQ(db_->count_range(from, to).value(), expected.size());
          Transaction tx = db_->begin();
          EXPECT_EQ(tx.range(from, to, reverse).to_vector(), expected);
          EXPECT_EQ(tx.count_range(from, to).value(), expected.size());
          for (std::size_t limit = 0; limit <= expected.size(); ++limit) {
            const Pairs front(expected.begin(),
                              expected.begin() + static_cast<std::ptrdiff_t>(limit));
            EXPECT_EQ(db_->range(from, to, {.reverse = reverse, .limit = limit}).to_vector(),
                      front);
            EXPECT_EQ(tx.range(from, to, reverse, limit).to_vector(), front);
          }
        }
      }
    }
  }
}

TEST_F(KeySpaceTest, PrefixesReachAcrossTheSystemKeys) {
  const auto keys = [&](const std::string& prefix) { return db_->keys(prefix).to_vector(); };
  const std::vector<std::string> all = edge_keys();
  EXPECT_EQ(keys(bytes({0xff})), std::vector<std::string>(all.begin() + 2, all.end()));
  EXPECT_EQ(keys(bytes({0xff, 0xff})), std::vector<std::string>(all.begin() + 5, all.end()));
  EXPECT_EQ(keys(bytes({0xff, 0xff, 0x00})),
            std::vector<std::string>(all.begin() + 6, all.begin() + 8));
  EXPECT_EQ(db_->count().value(), all.size() + 1);
}

TEST_F(KeySpaceTest, TransactionsSeeTheirOwnWritesOnBothSides) {
  Transaction tx = db_->begin();
  const std::string behind = bytes({0xff, 0xff, 0x02});
  EXPECT_OK(tx.set(behind, "own"));
  EXPECT_OK(tx.set("b", "own"));
  EXPECT_OK(tx.del(bytes({0xff, 0xff})));
  Pairs expected = model("", "", false);
  expected.emplace_back("b", "own");
  expected.emplace_back(behind, "own");
  std::erase_if(expected, [](const auto& pair) { return pair.first == bytes({0xff, 0xff}); });
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(tx.range("", "").to_vector(), expected);
  std::reverse(expected.begin(), expected.end());
  EXPECT_EQ(tx.range("", "", true).to_vector(), expected);
  EXPECT_OK(tx.commit());
  EXPECT_EQ(db_->range("", "", {.reverse = true}).to_vector(), expected);
}

TEST_F(KeySpaceTest, AReadOfEverythingMeetsAWriteBehindTheSystemKeys) {
  Transaction tx = db_->begin();
  EXPECT_GT(tx.count().value(), 0u);
  EXPECT_OK(tx.set("x", "y"));
  EXPECT_OK(db_->set(bytes({0xff, 0xff, 0x05}), "new"));
  const Status done = tx.commit();
  EXPECT_CODE(done, kConflict);
  EXPECT_NE(done.message().find("key '" + bytes({0xff, 0xff, 0x05}) + "'"), std::string::npos);
}

TEST_F(KeySpaceTest, DeletingEverythingKeepsTheDefinitions) {
  for (const std::string& from : boundaries()) {
    for (const std::string& to : boundaries()) {
      if (!to.empty() && to < from) continue;
      for (const int way : {0, 1, 2}) {
        for (const std::string& key : edge_keys()) EXPECT_OK(db_->set(key, "value of " + key));
        EXPECT_OK(db_->set("d1", R"({"n":1})"));
        if (way == 0) EXPECT_OK(db_->del_range(from, to));
        if (way == 1) {
          EXPECT_OK(db_->transact([&](Transaction& tx) { return tx.del_range(from, to); }));
        }
        if (way == 2) {
          Batch batch;
          batch.del_range(from, to);
          batch.set(bytes({0xff, 0xff, 0x77}), "kept");
          EXPECT_OK(db_->write(batch));
          EXPECT_EQ(db_->get(bytes({0xff, 0xff, 0x77})).value(), "kept");
          EXPECT_OK(db_->del(bytes({0xff, 0xff, 0x77})));
        }
        Pairs expected;
        for (auto& pair : model("", "", false)) {
          const bool deleted = pair.first >= from && (to.empty() || pair.first < to);
          if (!deleted) expected.push_back(std::move(pair));
        }
        EXPECT_EQ(db_->range("", "").to_vector(), expected);
      }
    }
  }
  expect_index_intact();
}

TEST_F(KeySpaceTest, TheLongestKeyMayHaveToBeEscaped) {
  const std::string longest(std::size_t{64} << 10, '\xff');
  EXPECT_OK(db_->set(longest, "v"));
  EXPECT_CODE(db_->set(longest + 'x', "v"), kTooLarge);
  EXPECT_OK(db_->compact());
  EXPECT_EQ(db_->get(longest).value(), "v");
  EXPECT_OK(db_->transact([&](Transaction& tx) { return tx.set(longest, "w"); }));
  EXPECT_EQ(db_->keys("", {.reverse = true, .limit = 1}).to_vector(),
            std::vector<std::string>{longest});
}

}  // namespace
}  // namespace ashlar
