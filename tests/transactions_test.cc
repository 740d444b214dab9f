// Transactions as a program meets them: through Database, over threads, reopenings and retries.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ashlar/database.h"
#include "env/sim_env.h"
#include "support/expect.h"

namespace ashlar {
namespace {

class Transactions : public testing::Test {
 protected:
  Transactions() { open(); }

  void open() {
    database_.reset();
    Options options;
    options.memory_budget = Options::kMinimumMemoryBudget;
    options.env = env_.get();
    auto opened = Database::open("/db", options);
    ASSERT_OK(opened);
    database_ = std::move(opened).value();
  }
  // Everything that was not synced is gone.
  void cut_power() {
    auto after = env_->after_power_cut(7);
    database_.reset();
    env_ = std::move(after);
    open();
  }
  std::string get(std::string_view key) { return database_->get(key).value_or("-"); }

  std::unique_ptr<SimEnv> env_ = std::make_unique<SimEnv>(1);
  std::unique_ptr<Database> database_;
};

// --- Bound to a thread ---------------------------------------------------------------------------

TEST_F(Transactions, CallsOfTheThreadBelongToTheTransactionItBegan) {
  ASSERT_OK(database_->set("a", "1"));
  ASSERT_OK(database_->begin_transaction());
  ASSERT_OK(database_->set("a", "2"));
  ASSERT_OK(database_->set("b", "2"));
  ASSERT_OK(database_->del("b"));
  EXPECT_EQ(database_->increment("n", 3).value_or(0), 3);
  EXPECT_TRUE(database_->compare_and_set("a", "2", "3").value());
  Batch batch;
  batch.set("c", "3");
  ASSERT_OK(database_->write(batch));
  ASSERT_OK(database_->del_range("d", "e"));
  EXPECT_EQ(get("a"), "3");
  EXPECT_EQ(database_->get_pinned("c")->view(), "3");
  EXPECT_EQ(database_->keys("").to_vector(), (std::vector<std::string>{"a", "c", "n"}));
  EXPECT_EQ(database_->count().value_or(0), 3u);
  EXPECT_FALSE(database_->exists("b").value());
  const Snapshot snapshot = database_->snapshot();
  EXPECT_EQ(database_->get("a", {&snapshot}).value(), "1");
  std::thread([&] { EXPECT_EQ(get("a"), "1") << "another thread sees what is committed"; }).join();
  ASSERT_OK(database_->commit());
  EXPECT_EQ(database_->keys("").to_vector(), (std::vector<std::string>{"a", "c", "n"}));
  std::thread([&] { EXPECT_EQ(get("a"), "3"); }).join();
}

TEST_F(Transactions, ABatchHasTheTtlOfItsCallInABoundTransactionToo) {
  Batch batch;
  batch.set("a", "1");
  batch.set("b", "1", std::chrono::milliseconds(500));
  ASSERT_OK(database_->begin_transaction());
  ASSERT_OK(database_->write(batch, {.durability = {}, .ttl = std::chrono::seconds(5)}));
  ASSERT_OK(database_->commit());
  EXPECT_EQ(database_->ttl("a").value(), std::chrono::milliseconds(5000));
  EXPECT_EQ(database_->ttl("b").value(), std::chrono::milliseconds(500));
}

TEST_F(Transactions, ABoundTransactionCanBeRolledBack) {
  ASSERT_OK(database_->begin_transaction());
  ASSERT_OK(database_->set("a", "1"));
  ASSERT_OK(database_->rollback());
  EXPECT_EQ(get("a"), "-");
  ASSERT_OK(database_->set("a", "2"));
  EXPECT_EQ(get("a"), "2");
}

TEST_F(Transactions, AThreadHasOneBoundTransactionAtMost) {
  EXPECT_CODE(database_->commit(), kInvalidArgument);
  EXPECT_CODE(database_->rollback(), kInvalidArgument);
  ASSERT_OK(database_->begin_transaction());
  EXPECT_CODE(database_->begin_transaction(), kInvalidArgument);
  std::thread([&] {
    EXPECT_CODE(database_->commit(), kInvalidArgument);
    EXPECT_OK(database_->begin_transaction());
    EXPECT_OK(database_->set("other", "1"));
    EXPECT_OK(database_->commit());
  }).join();
  ASSERT_OK(database_->commit());
  EXPECT_CODE(database_->commit(), kInvalidArgument);
  EXPECT_EQ(get("other"), "1");
}

TEST_F(Transactions, AConflictEndsTheBoundTransaction) {
  ASSERT_OK(database_->begin_transaction());
  EXPECT_EQ(get("a"), "-");
  ASSERT_OK(database_->set("b", "1"));
  std::thread([&] { EXPECT_OK(database_->set("a", "1")); }).join();
  EXPECT_CODE(database_->commit(), kConflict);
  ASSERT_OK(database_->begin_transaction({.read_only = true}));
  EXPECT_EQ(get("b"), "-");
  EXPECT_CODE(database_->set("b", "1"), kInvalidArgument);
  ASSERT_OK(database_->commit());
}

// --- transact() ----------------------------------------------------------------------------------

TEST_F(Transactions, TransactRunsAgainAfterAConflict) {
  ASSERT_OK(database_->set("n", "1"));
  int runs = 0;
  const auto result = database_->transact([&](Transaction& tx) -> Result<int64_t> {
    const auto n = tx.increment("n");
    if (++runs <= 3) EXPECT_OK(database_->increment("n", 10));
    return n;
  });
  EXPECT_EQ(runs, 4);
  EXPECT_EQ(result.value_or(0), 32);
  EXPECT_EQ(get("n"), "32");
}

TEST_F(Transactions, TransactGivesUpAfterAHundredConflicts) {
  int runs = 0;
  const Status status = database_->transact([&](Transaction& tx) {
    ++runs;
    const Status read = tx.increment("n").status();
    EXPECT_OK(database_->increment("n"));
    return read;
  });
  EXPECT_CODE(status, kConflict);
  EXPECT_EQ(runs, 101);
  EXPECT_EQ(get("n"), "101");
}

TEST_F(Transactions, TransactRollsBackWhenItsBodyFails) {
  int runs = 0;
  const Status status = database_->transact([&](Transaction& tx) {
    ++runs;
    EXPECT_OK(tx.set("a", "1"));
    return Status::not_found("nothing here");
  });
  EXPECT_CODE(status, kNotFound);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(get("a"), "-");
  EXPECT_EQ(database_->statistics().open_transactions, 0u);
}

// --- Durability ----------------------------------------------------------------------------------

TEST_F(Transactions, ACommitToDiskSurvivesPowerLossAndAnOpenTransactionDoesNot) {
  TransactionOptions options;
  options.durability = Durability::kDisk;
  Transaction done = database_->begin(options);
  ASSERT_OK(done.set("a", "1"));
  ASSERT_OK(done.set("b", "1"));
  ASSERT_OK(done.commit());
  {
    Transaction open_one = database_->begin(options);
    ASSERT_OK(open_one.set("a", "2"));
  }
  cut_power();
  EXPECT_EQ(get("a"), "1");
  EXPECT_EQ(get("b"), "1");
}

TEST_F(Transactions, AReadOnlyDatabaseReadsInTransactionsAndRefusesTheirCommits) {
  ASSERT_OK(database_->set("a", "1"));
  database_.reset();
  Options options;
  options.memory_budget = Options::kMinimumMemoryBudget;
  options.env = env_.get();
  options.read_only = true;
  auto opened = Database::open("/db", options);
  ASSERT_OK(opened);
  Transaction tx = (*opened)->begin();
  EXPECT_EQ(tx.get("a").value_or("-"), "1");
  ASSERT_OK(tx.set("a", "2"));
  EXPECT_CODE(tx.commit(), kReadOnly);
}

TEST_F(Transactions, StatisticsNameOwnersAndCountConflicts) {
  TransactionOptions options;
  options.owner = "import";
  Transaction tx = database_->begin(options);
  EXPECT_CODE(tx.get("a"), kNotFound);
  ASSERT_OK(tx.set("b", "1"));
  ASSERT_OK(database_->set("a", "1"));
  Statistics statistics = database_->statistics();
  ASSERT_EQ(statistics.transactions.size(), 1u);
  EXPECT_EQ(statistics.transactions[0].owner, "import");
  EXPECT_NE(statistics.to_json().find("import"), std::string::npos);
  EXPECT_CODE(tx.commit(), kConflict);
  statistics = database_->statistics();
  EXPECT_EQ(statistics.transaction_conflicts, 1u);
  EXPECT_TRUE(statistics.transactions.empty());
}

}  // namespace
}  // namespace ashlar
