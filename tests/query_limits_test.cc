// Queries at their limits: sorts that spill onto a failing disk, or have none to spill to; changes
// that do not fit into one commit.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "ashlar/database.h"
#include "env/sim_env.h"
#include "support/expect.h"
#include "support/random.h"

namespace ashlar {
namespace {

using Keys = std::vector<std::string>;

constexpr int kDocuments = 1500;
// Twice what a sort may take of the least memory budget.
constexpr std::size_t kPaddingBytes = 1400;

std::string key_of(int number) {
  return "doc:" + std::to_string(10'000 + number);
}

class QueryLimits : public testing::Test {
 protected:
  void open(bool read_only = false) {
    Options options;
    options.memory_budget = Options::kMinimumMemoryBudget;
    options.env = &sim_;
    options.read_only = read_only;
    database_.reset();
    auto opened = Database::open("/db", options);
    ASSERT_OK(opened);
    database_ = std::move(opened).value();
  }

  // In the order of `rank` they are sorted_keys().
  void fill() {
    const std::string padding(kPaddingBytes, 'x');
    for (int number = 0; number < kDocuments; ++number) {
      const std::string json =
          "{\"rank\": " + std::to_string(rank_of(number)) + ", \"padding\": \"" + padding + "\"}";
      ASSERT_OK(database_->set(key_of(number), json, {.durability = Durability::kProcess}));
    }
  }
  static int rank_of(int number) { return number * 7919 % kDocuments; }
  static Keys sorted_keys() {
    std::vector<int> numbers(kDocuments);
    for (int number = 0; number < kDocuments; ++number) {
      numbers[static_cast<std::size_t>(rank_of(number))] = number;
    }
    Keys keys;
    for (const int number : numbers) keys.push_back(key_of(number));
    return keys;
  }

  Status find_sorted(Keys* keys, const QueryOptions& more = {}) const {
    QueryOptions options = more;
    options.sort = {"rank"};
    const auto found = database_->find("doc:", "rank >= 0", options);
    for (const auto& [key, json] : found) keys->emplace_back(key);
    return found.status();
  }

  std::size_t sort_files() {
    std::size_t count = 0;
    for (const auto& entry : sim_.list("/db").value()) count += entry.name.ends_with(".sort");
    return count;
  }

  SimEnv sim_{1};
  std::unique_ptr<Database> database_;
};

TEST_F(QueryLimits, ASortOnAFailingDiskEndsInAnErrorOrTheRightOrder) {
  const uint64_t seed = test_seed();
  SCOPED_TRACE(seed_text(seed));
  Random random(seed);
  sim_.record_history(false);
  open();
  fill();
  const Keys expected = sorted_keys();
  uint64_t failures = 0;
  for (uint64_t round = 0; round < environment_number("ASHLAR_FAULTS", 60); ++round) {
    SimFault fault;
    static constexpr SimCall kCalls[] = {SimCall::kOpen, SimCall::kRead, SimCall::kWrite,
                                         SimCall::kRemove};
    fault.call = kCalls[random.below(4)];
    fault.skip = random.below(12);
    fault.lasting = random.one_in(2);
    fault.code = random.one_in(2) ? StatusCode::kNoSpace : StatusCode::kIoError;
    fault.path_part = ".sort";
    if (fault.call == SimCall::kWrite && random.one_in(2)) fault.bytes = random.below(5000);
    SCOPED_TRACE(std::string(to_string(fault.call)) + " " + std::to_string(fault.skip) +
                 (fault.lasting ? " and all after it" : ""));
    sim_.inject(fault);
    Keys found;
    const Status status = find_sorted(&found);
    sim_.clear_faults();
    failures += status.ok() ? 0 : 1;
    ASSERT_TRUE(status.ok() || status.is(fault.code)) << status.to_string();
    // What came before an error is right, too.
    ASSERT_LE(found.size(), expected.size());
    ASSERT_TRUE(std::equal(found.begin(), found.end(), expected.begin()));
    ASSERT_EQ(status.ok(), found.size() == expected.size()) << status.to_string();
  }
  EXPECT_GT(failures, 0u);
  Keys found;
  ASSERT_OK(find_sorted(&found));
  EXPECT_EQ(found, expected);
  // A file that could not be removed goes when the database is opened next.
  open();
  EXPECT_EQ(sort_files(), 0u);
}

TEST_F(QueryLimits, ADatabaseOpenedReadOnlySortsWhatFitsIntoMemory) {
  open();
  fill();
  ASSERT_OK(database_->sync());
  open(true);
  Keys found;
  ASSERT_OK(find_sorted(&found, {.keys_only = true}));
  EXPECT_EQ(found, sorted_keys());
  found.clear();
  ASSERT_OK(find_sorted(&found, {.limit = 10}));
  EXPECT_EQ(found.size(), 10u);

  found.clear();
  const Status status = find_sorted(&found);
  EXPECT_TRUE(status.is(StatusCode::kReadOnly)) << status.to_string();
  EXPECT_TRUE(found.empty());
  EXPECT_EQ(sort_files(), 0u);
}

// With the least budget a commit may take 2 MiB.
TEST_F(QueryLimits, AChangeOfMoreThanACommitHoldsIsRefusedAndChangesNothing) {
  open();
  fill();
  const auto updated = database_->update_where("doc:", "rank >= 0", R"({"marked": true})");
  EXPECT_TRUE(updated.status().is(StatusCode::kTooLarge)) << updated.status().to_string();
  EXPECT_EQ(database_->count_where("doc:", "marked = true").value(), 0u);
  // What is far beyond is refused before all of it is in memory.
  const std::string more(8 * kPaddingBytes, 'y');
  const auto far = database_->update_where("doc:", "rank >= 0", "{\"more\": \"" + more + "\"}");
  EXPECT_TRUE(far.status().is(StatusCode::kTooLarge)) << far.status().to_string();
  EXPECT_NE(far.status().message().find("with a limit"), std::string::npos);
  const auto some = database_->update_where("doc:", "rank < 500", R"({"marked": true})");
  ASSERT_OK(some);
  EXPECT_EQ(*some, 500u);
  EXPECT_EQ(database_->count_where("doc:", "marked = true").value(), 500u);
  // Keys alone are small.
  const auto deleted = database_->delete_where("doc:", "rank >= 0");
  ASSERT_OK(deleted);
  EXPECT_EQ(*deleted, static_cast<uint64_t>(kDocuments));
}

}  // namespace
}  // namespace ashlar
