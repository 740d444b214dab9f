#include "txn/transaction_state.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "ashlar/batch.h"
#include "base/limits.h"
#include "env/sim_random.h"
#include "txn/txn_test_support.h"

namespace ashlar {
namespace {

using std::chrono::milliseconds;

class TransactionStateTest : public TransactionTest {
 protected:
  Statistics statistics() { return engine_->statistics(); }
};

// --- Own view ------------------------------------------------------------------------------------

TEST_F(TransactionStateTest, ReadsItsSnapshotAndItsOwnWrites) {
  set("a", "1");
  set("b", "1");
  Transaction tx = begin();
  set("a", "2");
  del("b");
  EXPECT_EQ(read(tx, "a"), "1");
  EXPECT_EQ(read(tx, "b"), "1");
  ASSERT_TRUE(tx.set("a", "mine").ok());
  ASSERT_TRUE(tx.del("b").ok());
  EXPECT_EQ(read(tx, "a"), "mine");
  EXPECT_EQ(read(tx, "b"), "-");
  EXPECT_FALSE(tx.exists("b").value());
  EXPECT_EQ(read("a"), "2");
}

TEST_F(TransactionStateTest, CommitsItsWritesInTheirOrder) {
  set("b", "old");
  set("c", "old");
  Transaction tx = begin();
  ASSERT_TRUE(tx.set("a", "1").ok());
  ASSERT_TRUE(tx.set("b", "1").ok());
  ASSERT_TRUE(tx.del_range("a", "d").ok());
  ASSERT_TRUE(tx.set("c", "2").ok());
  ASSERT_TRUE(tx.set("d", "2").ok());
  ASSERT_TRUE(tx.del("d").ok());
  const Entries expected{{"c", "2"}};
  EXPECT_EQ(all(tx), expected);
  ASSERT_TRUE(tx.commit().ok());
  EXPECT_EQ(all(), expected);
  move_to(Place::kMerged);
  EXPECT_EQ(all(), expected);
}

// Few writes and many are kept in different ways.
TEST_F(TransactionStateTest, WhatItSawOfItsWritesIsWhatItCommits) {
  SimRandom random(11);
  for (int round = 0; round < 60; ++round) {
    Transaction tx = begin();
    const auto key = [&] { return std::string(1, static_cast<char>('a' + random.below(12))); };
    for (uint64_t left = random.below(24); left > 0; --left) {
      switch (random.below(8)) {
        case 0: {
          const std::string from = key();
          ASSERT_TRUE(tx.del_range(from, from + "~").ok());
          break;
        }
        case 1:
          ASSERT_TRUE(tx.del(key()).ok());
          break;
        default:
          ASSERT_TRUE(tx.set(key(), std::to_string(random.below(1000))).ok());
      }
    }
    const Entries seen = all(tx);
    ASSERT_TRUE(tx.commit().ok());
    ASSERT_EQ(all(), seen) << "round " << round;
  }
}

TEST_F(TransactionStateTest, TakesABatch) {
  Batch batch;
  batch.set("a", "1");
  batch.set("b", "1", milliseconds(50));
  batch.del_range("a", "b");
  batch.set("c", "1");
  batch.del("c");
  Transaction tx = begin();
  ASSERT_TRUE(tx.write(batch).ok());
  ASSERT_TRUE(tx.commit().ok());
  EXPECT_EQ(all(), (Entries{{"b", "1"}}));
  env_.advance(milliseconds(50));
  EXPECT_EQ(all(), Entries{});
}

TEST_F(TransactionStateTest, RollsBackWhenAskedToOrWhenItGoesOutOfScope) {
  {
    Transaction tx = begin();
    ASSERT_TRUE(tx.set("a", "1").ok());
    tx.rollback();
    EXPECT_FALSE(tx.is_open());
    Transaction other = begin();
    ASSERT_TRUE(other.set("a", "1").ok());
    Transaction moved = std::move(other);
    EXPECT_TRUE(moved.is_open());
    EXPECT_EQ(statistics().open_transactions, 1u);
  }
  EXPECT_EQ(all(), Entries{});
  EXPECT_EQ(statistics().open_transactions, 0u);
}

TEST_F(TransactionStateTest, SavepointsUndoWritesButNotReads) {
  set("a", "1");
  Transaction tx = begin();
  ASSERT_TRUE(tx.set("x", "1").ok());
  ASSERT_TRUE(tx.savepoint("here").ok());
  EXPECT_EQ(read(tx, "a"), "1");
  ASSERT_TRUE(tx.set("x", "2").ok());
  ASSERT_TRUE(tx.del_range("", "").ok());
  ASSERT_TRUE(tx.rollback_to("here").ok());
  EXPECT_EQ(read(tx, "x"), "1");
  EXPECT_EQ(code_of(tx.rollback_to("elsewhere")), StatusCode::kNotFound);
  set("a", "2");
  EXPECT_EQ(code_of(tx.commit()), StatusCode::kConflict);
}

TEST_F(TransactionStateTest, CommitsWhatIsLeftBehindASavepoint) {
  Transaction tx = begin();
  ASSERT_TRUE(tx.set("x", "1").ok());
  ASSERT_TRUE(tx.savepoint("here").ok());
  ASSERT_TRUE(tx.set("x", "2").ok());
  ASSERT_TRUE(tx.set("y", "2").ok());
  ASSERT_TRUE(tx.rollback_to("here").ok());
  ASSERT_TRUE(tx.set("z", "3").ok());
  ASSERT_TRUE(tx.commit().ok());
  EXPECT_EQ(all(), (Entries{{"x", "1"}, {"z", "3"}}));
}

TEST_F(TransactionStateTest, ReadModifyWriteCallsSeeOwnWrites) {
  set("n", "40");
  set("t", "1", milliseconds(500));
  Transaction tx = begin();
  EXPECT_EQ(tx.increment("n", 1).value_or(0), 41);
  EXPECT_EQ(tx.increment("n", 1).value_or(0), 42);
  EXPECT_EQ(tx.increment("new", -5).value_or(0), -5);
  EXPECT_EQ(tx.increment("t").value_or(0), 2);
  EXPECT_TRUE(tx.compare_and_set("n", "42", "0").value());
  EXPECT_FALSE(tx.compare_and_set("n", "42", "1").value());
  EXPECT_FALSE(tx.compare_and_set("n", std::nullopt, "1").value());
  EXPECT_TRUE(tx.compare_and_set("m", std::nullopt, "1").value());
  EXPECT_TRUE(tx.compare_and_set("new", "-5", std::nullopt).value());
  ASSERT_TRUE(tx.set("text", "abc").ok());
  EXPECT_EQ(code_of(tx.increment("text")), StatusCode::kInvalidArgument);
  ASSERT_TRUE(tx.commit().ok());
  EXPECT_EQ(all(), (Entries{{"m", "1"}, {"n", "0"}, {"t", "2"}, {"text", "abc"}}));
  env_.advance(milliseconds(500));
  EXPECT_EQ(read("t"), "-") << "increment must keep the time to live";
}

// --- Time ----------------------------------------------------------------------------------------

TEST_F(TransactionStateTest, ExpiryFollowsTheClockAtTheBeginning) {
  set("a", "1", milliseconds(100));
  Transaction tx = begin();
  ASSERT_TRUE(tx.set("b", "1", milliseconds(100)).ok());
  env_.advance(milliseconds(200));
  move_to(Place::kMerged);  // [TTL-2]
  EXPECT_EQ(read("a"), "-");
  EXPECT_EQ(read(tx, "a"), "1");
  EXPECT_EQ(read(tx, "b"), "1");
  EXPECT_EQ(all(tx).size(), 2u);
  EXPECT_EQ(tx.count().value_or(0), 2u);
  EXPECT_EQ(tx.ttl("a").value(), milliseconds(100));
  EXPECT_EQ(tx.ttl("b").value(), milliseconds(100));
  ASSERT_TRUE(tx.commit().ok());
  EXPECT_EQ(read("b"), "-");
}

TEST_F(TransactionStateTest, TtlCallsWorkOnOwnWrites) {
  Transaction tx = begin();
  ASSERT_TRUE(tx.set("a", "1", milliseconds(100)).ok());
  ASSERT_TRUE(tx.persist("a").ok());
  EXPECT_EQ(tx.ttl("a").value(), std::nullopt);
  EXPECT_EQ(code_of(tx.ttl("none")), StatusCode::kNotFound);
  EXPECT_EQ(code_of(tx.persist("none")), StatusCode::kNotFound);
  EXPECT_EQ(code_of(tx.set("a", "1", milliseconds(-1))), StatusCode::kInvalidArgument);
  const auto at = [&](int ms) {
    return std::chrono::system_clock::time_point(
        std::chrono::microseconds(env_.wall_clock_us() + static_cast<uint64_t>(ms) * 1000));
  };
  ASSERT_TRUE(tx.expire("a", at(300)).ok());
  EXPECT_EQ(tx.ttl("a").value(), milliseconds(300));
  ASSERT_TRUE(tx.set("b", "1").ok());
  ASSERT_TRUE(tx.expire("b", at(0)).ok());
  EXPECT_EQ(read(tx, "b"), "-");
  ASSERT_TRUE(tx.commit().ok());
  EXPECT_EQ(read("a"), "1");
  env_.advance(milliseconds(300));
  EXPECT_EQ(read("a"), "-");
}

TEST_F(TransactionStateTest, EndsAtItsAgeLimit) {
  set("a", "1");
  Transaction tx = begin({.age_limit = milliseconds(100)});
  env_.advance(milliseconds(99));
  EXPECT_EQ(read(tx, "a"), "1");
  ASSERT_TRUE(tx.set("a", "2").ok());
  env_.advance(milliseconds(2));
  EXPECT_EQ(code_of(tx.get("a")), StatusCode::kAborted);
  EXPECT_EQ(code_of(tx.set("a", "2")), StatusCode::kAborted);
  EXPECT_EQ(code_of(tx.range("", "").status()), StatusCode::kAborted);
  EXPECT_EQ(code_of(tx.commit()), StatusCode::kAborted);
  EXPECT_EQ(read("a"), "1");
}

// --- What is refused -----------------------------------------------------------------------------

TEST_F(TransactionStateTest, EveryCallFailsAfterTheEnd) {
  for (const bool commit : {false, true}) {
    Transaction tx = begin();
    if (commit) {
      ASSERT_TRUE(tx.commit().ok());
    } else {
      tx.rollback();
    }
    EXPECT_EQ(code_of(tx.set("a", "1")), StatusCode::kInvalidArgument);
    EXPECT_EQ(code_of(tx.get("a")), StatusCode::kInvalidArgument);
    EXPECT_EQ(code_of(tx.exists("a")), StatusCode::kInvalidArgument);
    EXPECT_EQ(code_of(tx.del("a")), StatusCode::kInvalidArgument);
    EXPECT_EQ(code_of(tx.del_range("a", "b")), StatusCode::kInvalidArgument);
    EXPECT_EQ(code_of(tx.count()), StatusCode::kInvalidArgument);
    EXPECT_EQ(code_of(tx.keys("").status()), StatusCode::kInvalidArgument);
    EXPECT_EQ(code_of(tx.increment("a")), StatusCode::kInvalidArgument);
    EXPECT_EQ(code_of(tx.ttl("a")), StatusCode::kInvalidArgument);
    EXPECT_EQ(code_of(tx.savepoint("s")), StatusCode::kInvalidArgument);
    EXPECT_EQ(code_of(tx.rollback_to("s")), StatusCode::kInvalidArgument);
    EXPECT_EQ(code_of(tx.commit()), StatusCode::kInvalidArgument);
    tx.rollback();
  }
}

TEST_F(TransactionStateTest, AReadOnlyOneRefusesWritesAndNeverConflicts) {
  set("a", "1");
  Transaction tx = begin({.read_only = true});
  EXPECT_EQ(read(tx, "a"), "1");
  EXPECT_EQ(code_of(tx.set("a", "2")), StatusCode::kInvalidArgument);
  EXPECT_EQ(code_of(tx.del("a")), StatusCode::kInvalidArgument);
  EXPECT_EQ(code_of(tx.del_range("", "")), StatusCode::kInvalidArgument);
  EXPECT_EQ(code_of(tx.savepoint("s")), StatusCode::kInvalidArgument);
  set("a", "2");
  EXPECT_EQ(read(tx, "a"), "1");
  EXPECT_TRUE(tx.commit().ok());
}

TEST_F(TransactionStateTest, OneThatOnlyReadCommitsWhateverHappened) {
  set("a", "1");
  Transaction tx = begin();
  EXPECT_EQ(read(tx, "a"), "1");
  set("a", "2");
  EXPECT_TRUE(tx.commit().ok());
}

TEST_F(TransactionStateTest, ChecksKeysValuesAndRanges) {
  Transaction tx = begin();
  EXPECT_EQ(code_of(tx.set("", "1")), StatusCode::kInvalidArgument);
  EXPECT_EQ(code_of(tx.get("")), StatusCode::kInvalidArgument);
  EXPECT_EQ(code_of(tx.del("")), StatusCode::kInvalidArgument);
  EXPECT_EQ(code_of(tx.set(std::string(kMaximumKeyBytes + 1, 'k'), "1")), StatusCode::kTooLarge);
  EXPECT_EQ(code_of(tx.del_range("b", "a")), StatusCode::kInvalidArgument);
  EXPECT_TRUE(tx.del_range("b", "b").ok());
}

TEST_F(TransactionStateTest, WritesThatDoNotFitIntoACommitAreRefusedAsAWhole) {
  set("key:0", "before");
  Transaction tx = begin();
  const std::string value(1000, 'v');
  for (int i = 0; i < 10 * 16 * 1024; ++i) {
    ASSERT_TRUE(tx.set("key:" + std::to_string(i), value).ok());
  }
  const uint64_t sequence = engine_->statistics().sequence;
  const uint64_t log_bytes = engine_->statistics().log_bytes_written;
  EXPECT_EQ(code_of(tx.commit()), StatusCode::kTooLarge);
  EXPECT_FALSE(tx.is_open());
  EXPECT_EQ(engine_->statistics().sequence, sequence);
  EXPECT_EQ(engine_->statistics().log_bytes_written, log_bytes);
  EXPECT_EQ(all(), (Entries{{"key:0", "before"}}));
  set("key:0", "after");
  EXPECT_EQ(read("key:0"), "after");
}

TEST_F(TransactionStateTest, HugeValuesAreCommittedOrGone) {
  const std::string huge(kHugeValueBytes + 5, 'h');
  set("read", "1");
  Transaction loser = begin();
  EXPECT_EQ(read(loser, "read"), "1");
  ASSERT_TRUE(loser.set("lost", huge).ok());
  Transaction winner = begin();
  ASSERT_TRUE(winner.set("won", huge).ok());
  EXPECT_EQ(read(winner, "won"), huge);
  set("read", "2");
  EXPECT_EQ(code_of(loser.commit()), StatusCode::kConflict);
  ASSERT_TRUE(winner.commit().ok());
  move_to(Place::kMerged);
  EXPECT_EQ(read("won"), huge);
  EXPECT_EQ(read("lost"), "-");
}

// --- Conflicts -----------------------------------------------------------------------------------

// Everything that can happen to a key, wherever it then lies.
class ChangedKey : public TransactionStateTest, public testing::WithParamInterface<Place> {};

TEST_P(ChangedKey, IsAConflictHoweverItWasChanged) {
  const auto commit = [this](const std::function<void(Commit*)>& fill) {
    Commit made;
    fill(&made);
    write(&made);
  };
  const std::vector<std::pair<const char*, std::function<void()>>> changes = {
      {"set", [&] { set("key", "2"); }},
      {"set to the same value", [&] { set("key", "1"); }},
      {"set with a time to live", [&] { set("key", "2", std::chrono::hours(1)); }},
      {"deleted", [&] { del("key"); }},
      {"deleted and set", [&] { del("key"), set("key", "1"); }},
      {"set and deleted", [&] { set("key", "2"), del("key"); }},
      {"deleted with a range", [&] { del_range("k", "l"); }},
      {"deleted with all", [&] { del_range("", ""); }},
      {"deleted with a range and set in one commit",
       [&] {
         commit([](Commit* c) {
           c->del_range("k", "l");
           c->set("key", "1", 0, false);
         });
       }},
      {"set and expired", [&] { set("key", "2", milliseconds(1)), env_.advance(milliseconds(5)); }},
  };
  using Read = std::function<void(Transaction&)>;
  const std::vector<std::pair<const char*, Read>> reads = {
      {"get", [](Transaction& tx) { (void)tx.get("key"); }},
      {"exists", [](Transaction& tx) { (void)tx.exists("key"); }},
      {"range", [](Transaction& tx) { (void)tx.range("a", "z").to_vector(); }},
      {"reversed keys", [](Transaction& tx) { (void)tx.keys("k", true).to_vector(); }},
      {"count", [](Transaction& tx) { (void)tx.count_range("ke", "kez"); }},
      {"increment", [](Transaction& tx) { (void)tx.increment("key"); }},
      {"compare_and_set", [](Transaction& tx) { (void)tx.compare_and_set("key", "no", "2"); }},
      {"ttl", [](Transaction& tx) { (void)tx.ttl("key"); }},
  };
  for (const bool present : {true, false}) {
    for (const auto& [what, change] : changes) {
      for (const auto& [how, look] : reads) {
        SCOPED_TRACE(std::string(what) + ", was " + (present ? "there" : "absent") + ", read by " +
                     how);
        del_range("", "");
        if (present) set("key", "1");
        Transaction tx = begin();
        look(tx);
        ASSERT_TRUE(tx.set("mine", "1").ok());
        change();
        move_to(GetParam());
        const uint64_t conflicts = statistics().transaction_conflicts;
        const Status status = tx.commit();
        ASSERT_EQ(status.code(), StatusCode::kConflict);
        ASSERT_EQ(statistics().transaction_conflicts, conflicts + 1);
        ASSERT_EQ(read("mine"), "-");
      }
    }
  }
}

TEST_P(ChangedKey, IsAConflictForABlindWriteUnderSnapshotIsolationOnly) {
  for (const bool ranges : {false, true}) {
    for (const auto isolation : {Isolation::kSnapshot, Isolation::kSerializable}) {
      set("key", "1");
      Transaction tx = begin({.isolation = isolation});
      ASSERT_TRUE(ranges ? tx.del_range("k", "l").ok() : tx.set("key", "mine").ok());
      set("key", "2");
      move_to(GetParam());
      EXPECT_EQ(code_of(tx.commit()),
                isolation == Isolation::kSnapshot ? StatusCode::kConflict : StatusCode::kOk);
    }
  }
}

TEST_P(ChangedKey, DoesNotConflictWithAReadOfItsNeighbours) {
  set("a", "1");
  set("c", "1");
  Transaction tx = begin();
  EXPECT_EQ(read(tx, "a"), "1");
  EXPECT_EQ(read(tx, "bb"), "-");
  EXPECT_EQ(tx.range("c", "d").to_vector().size(), 1u);
  ASSERT_TRUE(tx.set("mine", "1").ok());
  set("b", "2");
  set("d", "2");
  del("aa");
  del_range("a\x01", "bb");
  move_to(GetParam());
  EXPECT_TRUE(tx.commit().ok());
}

INSTANTIATE_TEST_SUITE_P(Places, ChangedKey,
                         testing::Values(Place::kMemtable, Place::kRun, Place::kMerged));

TEST_F(TransactionStateTest, AConflictNamesTheKey) {
  Transaction tx = begin();
  EXPECT_EQ(read(tx, "account:1"), "-");
  ASSERT_TRUE(tx.set("b", "1").ok());
  set("account:1", "2");
  const Status status = tx.commit();
  EXPECT_EQ(status.code(), StatusCode::kConflict);
  EXPECT_NE(status.message().find("'account:1'"), std::string_view::npos) << status.to_string();
  EXPECT_FALSE(tx.is_open());
}

TEST_F(TransactionStateTest, ItsOwnCommitsAreNoConflict) {
  for (int i = 1; i <= 3; ++i) {
    Transaction tx = begin();
    EXPECT_EQ(tx.increment("n").value_or(0), i);
    EXPECT_TRUE(tx.commit().ok());
  }
}

// [TXN-3] Merges keep the traces of a key that came and went.
TEST_F(TransactionStateTest, MergesDoNotHideAChangeFromAnOpenTransaction) {
  for (int i = 0; i < 100; ++i) set("k" + std::to_string(i), "1");
  move_to(Place::kMerged);
  Transaction tx = begin();
  EXPECT_EQ(read(tx, "came"), "-");
  EXPECT_EQ(read(tx, "k5"), "1");
  ASSERT_TRUE(tx.set("mine", "1").ok());
  set("came", "1");
  move_to(Place::kMerged);
  del("came");
  move_to(Place::kMerged);
  move_to(Place::kMerged);
  EXPECT_EQ(code_of(tx.commit()), StatusCode::kConflict);
}

TEST_F(TransactionStateTest, ItsSnapshotSurvivesMerges) {
  set("a", "1");
  set("b", "1");
  Transaction tx = begin({.read_only = true});
  set("a", "2");
  del("b");
  move_to(Place::kMerged);
  del_range("", "");
  move_to(Place::kMerged);
  EXPECT_EQ(all(tx), (Entries{{"a", "1"}, {"b", "1"}}));
}

// --- Statistics ----------------------------------------------------------------------------------

TEST_F(TransactionStateTest, StatisticsListOpenTransactionsOldestFirst) {
  Transaction first = begin({.owner = "report"});
  env_.advance(milliseconds(50));
  Transaction second = begin({.owner = "import"});
  env_.advance(milliseconds(20));
  const Statistics both = statistics();
  ASSERT_EQ(both.transactions.size(), 2u);
  EXPECT_EQ(both.open_transactions, 2u);
  EXPECT_EQ(both.transactions[0].owner, "report");
  EXPECT_EQ(both.transactions[0].age_ms, 70u);
  EXPECT_EQ(both.transactions[1].owner, "import");
  EXPECT_EQ(both.transactions[1].age_ms, 20u);
  EXPECT_EQ(both.oldest_transaction_age_ms, 70u);
  EXPECT_EQ(engine_->statistics().open_snapshots, 2u);
  first.rollback();
  EXPECT_EQ(statistics().open_transactions, 1u);
  EXPECT_EQ(statistics().oldest_transaction_age_ms, 20u);
  EXPECT_EQ(engine_->statistics().open_snapshots, 1u);
}

}  // namespace
}  // namespace ashlar
