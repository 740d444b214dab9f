// The anomalies that have names, each as a script of two or three transactions that take turns.
//
// Names and definitions: Adya, "Weak Consistency: A Generalized Theory and Optimistic
// Implementations for Distributed Transactions" (1999); scripts after Kleppmann's Hermitage; the
// read-only anomaly after Fekete, O'Neil, O'Neil, "A Read-Only Transaction Anomaly Under Snapshot
// Isolation" (2004). Snapshot isolation allows write skew (G2-item, G2) and the read-only anomaly;
// serializable allows none.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ashlar/database.h"
#include "env/sim_env.h"
#include "support/expect.h"

namespace ashlar {
namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

// Where earlier commits lie when a transaction is validated.
enum class Place : unsigned char { kMemtable, kRun, kMerged };

class Anomaly : public testing::TestWithParam<std::tuple<Isolation, Place>> {
 protected:
  Anomaly() {
    Options options;
    options.memory_budget = Options::kMinimumMemoryBudget;
    options.env = &env_;
    auto opened = Database::open("/db", options);
    EXPECT_OK(opened);
    database_ = std::move(opened).value();
    EXPECT_OK(database_->set("1", "10"));
    EXPECT_OK(database_->set("2", "20"));
  }

  bool serializable() const { return std::get<0>(GetParam()) == Isolation::kSerializable; }

  Transaction begin() {
    TransactionOptions options;
    options.isolation = std::get<0>(GetParam());
    return database_->begin(options);
  }
  // What was committed moves to where the test wants it.
  StatusCode commit(Transaction& tx) {
    const StatusCode code = tx.commit().code();
    if (std::get<1>(GetParam()) == Place::kRun) EXPECT_OK(database_->flush());
    if (std::get<1>(GetParam()) == Place::kMerged) EXPECT_OK(database_->compact());
    return code;
  }

  static std::string get(Transaction& tx, std::string_view key) {
    const auto value = tx.get(key);
    if (!value.ok()) EXPECT_CODE(value, kNotFound);
    return value.value_or("-");
  }
  static void set(Transaction& tx, std::string_view key, std::string_view value) {
    ASSERT_OK(tx.set(key, value));
  }
  // Keys of the entries whose value, a number, is a multiple of `divisor`, found by reading all.
  static std::string multiples_of(Transaction& tx, int divisor) {
    std::string keys;
    const EntryRange range = tx.range("", "");
    for (const Entry& entry : range) {
      if (std::stoi(std::string(entry.value)) % divisor == 0) keys += std::string(entry.key) + " ";
    }
    EXPECT_OK(range.status());
    return keys;
  }
  Entries contents() { return database_->range("", "").to_vector(); }

  SimEnv env_{1};
  std::unique_ptr<Database> database_;
};

constexpr StatusCode kOk = StatusCode::kOk;
constexpr StatusCode kConflict = StatusCode::kConflict;

// Write cycles: neither result may be a mixture. Blind writes are serializable in the order of the
// commits; under snapshot isolation the first committer wins.
TEST_P(Anomaly, G0DirtyWrite) {
  Transaction a = begin(), b = begin();
  set(a, "1", "11");
  set(b, "1", "12");
  set(a, "2", "21");
  EXPECT_EQ(commit(a), kOk);
  EXPECT_EQ(contents(), (Entries{{"1", "11"}, {"2", "21"}}));
  set(b, "2", "22");
  EXPECT_EQ(commit(b), serializable() ? kOk : kConflict);
  EXPECT_EQ(contents(), serializable() ? (Entries{{"1", "12"}, {"2", "22"}})
                                       : (Entries{{"1", "11"}, {"2", "21"}}));
}

TEST_P(Anomaly, G1aAbortedRead) {
  Transaction a = begin(), b = begin();
  set(a, "1", "101");
  EXPECT_EQ(get(b, "1"), "10");
  a.rollback();
  EXPECT_EQ(get(b, "1"), "10");
  Transaction c = begin();
  EXPECT_EQ(get(c, "1"), "10");
  set(b, "3", "30");
  EXPECT_EQ(commit(b), kOk);
}

TEST_P(Anomaly, G1bIntermediateRead) {
  Transaction a = begin(), b = begin();
  set(a, "1", "101");
  EXPECT_EQ(get(b, "1"), "10");
  set(a, "1", "11");
  EXPECT_EQ(commit(a), kOk);
  EXPECT_EQ(get(b, "1"), "10");
  EXPECT_EQ(commit(b), kOk);
  Transaction c = begin();
  EXPECT_EQ(get(c, "1"), "11");
}

// Neither sees the other, so information does not flow in a circle. That both then commit would be
// write skew.
TEST_P(Anomaly, G1cCircularInformationFlow) {
  Transaction a = begin(), b = begin();
  set(a, "1", "11");
  set(b, "2", "22");
  EXPECT_EQ(get(a, "2"), "20");
  EXPECT_EQ(get(b, "1"), "10");
  EXPECT_EQ(commit(a), kOk);
  EXPECT_EQ(commit(b), serializable() ? kConflict : kOk);
}

TEST_P(Anomaly, OtvObservedTransactionVanishes) {
  Transaction a = begin(), b = begin();
  set(a, "1", "11");
  set(a, "2", "19");
  set(b, "1", "12");
  EXPECT_EQ(commit(a), kOk);
  Transaction c = begin();
  EXPECT_EQ(get(c, "1"), "11");
  set(b, "2", "18");
  EXPECT_EQ(get(c, "2"), "19");
  EXPECT_EQ(commit(b), serializable() ? kOk : kConflict);
  EXPECT_EQ(get(c, "2"), "19");
  EXPECT_EQ(get(c, "1"), "11");
  EXPECT_EQ(commit(c), kOk);
}

TEST_P(Anomaly, PmpPredicateManyPreceders) {
  Transaction a = begin(), b = begin();
  EXPECT_EQ(multiples_of(a, 3), "");
  set(b, "3", "30");
  EXPECT_EQ(commit(b), kOk);
  EXPECT_EQ(multiples_of(a, 3), "");
  EXPECT_EQ(commit(a), kOk);
}

// The one changes all values; the other deletes those that match.
TEST_P(Anomaly, PmpPredicateManyPrecedersForWrites) {
  Transaction a = begin(), b = begin();
  set(a, "1", "20");
  set(a, "2", "30");
  EXPECT_EQ(multiples_of(b, 20), "2 ");
  EXPECT_EQ(commit(a), kOk);
  ASSERT_OK(b.del("2"));
  EXPECT_EQ(commit(b), kConflict);
  EXPECT_EQ(contents(), (Entries{{"1", "20"}, {"2", "30"}}));
}

TEST_P(Anomaly, P4LostUpdate) {
  Transaction a = begin(), b = begin();
  EXPECT_EQ(get(a, "1"), "10");
  EXPECT_EQ(get(b, "1"), "10");
  set(a, "1", "11");
  set(b, "1", "11");
  EXPECT_EQ(commit(a), kOk);
  EXPECT_EQ(commit(b), kConflict);
}

TEST_P(Anomaly, P4LostUpdateOfACounter) {
  Transaction a = begin(), b = begin();
  EXPECT_EQ(a.increment("new").value_or(0), 1);
  EXPECT_EQ(b.increment("new").value_or(0), 1);
  EXPECT_EQ(commit(a), kOk);
  EXPECT_EQ(commit(b), kConflict);
}

TEST_P(Anomaly, P4LostUpdateOfADeletion) {
  Transaction a = begin(), b = begin();
  EXPECT_EQ(get(b, "1"), "10");
  ASSERT_OK(a.del("1"));
  EXPECT_EQ(commit(a), kOk);
  set(b, "1", "11");
  EXPECT_EQ(commit(b), kConflict);
}

TEST_P(Anomaly, P4LostUpdateOfARangeDeletion) {
  Transaction a = begin(), b = begin();
  EXPECT_EQ(get(b, "1"), "10");
  ASSERT_OK(a.del_range("0", "2"));
  EXPECT_EQ(commit(a), kOk);
  set(b, "1", "11");
  EXPECT_EQ(commit(b), kConflict);
}

TEST_P(Anomaly, GSingleReadSkew) {
  Transaction a = begin(), b = begin();
  EXPECT_EQ(get(a, "1"), "10");
  set(b, "1", "12");
  set(b, "2", "18");
  EXPECT_EQ(commit(b), kOk);
  EXPECT_EQ(get(a, "2"), "20");
  EXPECT_EQ(commit(a), kOk);
}

TEST_P(Anomaly, GSingleReadSkewOfAPredicate) {
  Transaction a = begin(), b = begin();
  EXPECT_EQ(multiples_of(a, 5), "1 2 ");
  set(b, "1", "12");
  EXPECT_EQ(commit(b), kOk);
  EXPECT_EQ(multiples_of(a, 3), "");
  EXPECT_EQ(commit(a), kOk);
}

TEST_P(Anomaly, GSingleReadSkewThatEndsInAWrite) {
  Transaction a = begin(), b = begin();
  EXPECT_EQ(get(a, "1"), "10");
  set(b, "1", "12");
  set(b, "2", "18");
  EXPECT_EQ(commit(b), kOk);
  EXPECT_EQ(multiples_of(a, 20), "2 ");
  ASSERT_OK(a.del("2"));
  EXPECT_EQ(commit(a), kConflict);
}

// As before, but what is written was not changed by the other.
TEST_P(Anomaly, GSingleReadSkewThatEndsInAWriteElsewhere) {
  Transaction a = begin(), b = begin();
  EXPECT_EQ(get(a, "1"), "10");
  set(b, "1", "12");
  set(b, "2", "18");
  EXPECT_EQ(commit(b), kOk);
  EXPECT_EQ(get(a, "2"), "20");
  set(a, "sum", "30");
  // Serializable before b, under either level; but only snapshot isolation goes without looking.
  EXPECT_EQ(commit(a), serializable() ? kConflict : kOk);
}

TEST_P(Anomaly, G2ItemWriteSkew) {
  Transaction a = begin(), b = begin();
  for (Transaction* tx : {&a, &b}) {
    EXPECT_EQ(get(*tx, "1"), "10");
    EXPECT_EQ(get(*tx, "2"), "20");
  }
  set(a, "1", "11");
  set(b, "2", "21");
  EXPECT_EQ(commit(a), kOk);
  EXPECT_EQ(commit(b), serializable() ? kConflict : kOk);
}

TEST_P(Anomaly, G2ItemWriteSkewOnKeysThatAreNotThere) {
  Transaction a = begin(), b = begin();
  EXPECT_EQ(get(a, "x"), "-");
  EXPECT_EQ(get(b, "y"), "-");
  set(a, "y", "1");
  set(b, "x", "1");
  EXPECT_EQ(commit(a), kOk);
  EXPECT_EQ(commit(b), serializable() ? kConflict : kOk);
}

TEST_P(Anomaly, G2ItemWriteSkewByDeletions) {
  Transaction a = begin(), b = begin();
  EXPECT_EQ(get(a, "1"), "10");
  EXPECT_EQ(get(b, "2"), "20");
  ASSERT_OK(a.del("2"));
  ASSERT_OK(b.del("1"));
  EXPECT_EQ(commit(a), kOk);
  EXPECT_EQ(commit(b), serializable() ? kConflict : kOk);
}

TEST_P(Anomaly, G2WriteSkewOnAPredicate) {
  Transaction a = begin(), b = begin();
  EXPECT_EQ(multiples_of(a, 3), "");
  EXPECT_EQ(multiples_of(b, 3), "");
  set(a, "3", "30");
  set(b, "4", "42");
  EXPECT_EQ(commit(a), kOk);
  EXPECT_EQ(commit(b), serializable() ? kConflict : kOk);
}

// The ranges that were read have nothing in them, before and, for one of them, after.
TEST_P(Anomaly, G2WriteSkewOnEmptyRanges) {
  Transaction a = begin(), b = begin();
  EXPECT_TRUE(a.prefix("x:", true).to_vector().empty());
  EXPECT_TRUE(b.prefix("y:").to_vector().empty());
  set(a, "y:1", "1");
  set(b, "x:1", "1");
  EXPECT_EQ(commit(a), kOk);
  EXPECT_EQ(commit(b), serializable() ? kConflict : kOk);
}

TEST_P(Anomaly, G2WriteSkewByRangeDeletions) {
  Transaction a = begin(), b = begin();
  EXPECT_EQ(a.count("1").value_or(0), 1u);
  EXPECT_EQ(b.count("2").value_or(0), 1u);
  ASSERT_OK(a.del_range("2", "3"));
  ASSERT_OK(b.del_range("1", "2"));
  EXPECT_EQ(commit(a), kOk);
  EXPECT_EQ(commit(b), serializable() ? kConflict : kOk);
}

// Two anti-dependencies, with a third transaction between them.
TEST_P(Anomaly, G2WithTwoEdges) {
  Transaction a = begin();
  EXPECT_EQ(multiples_of(a, 5), "1 2 ");
  Transaction b = begin();
  EXPECT_EQ(b.increment("2", 5).value_or(0), 25);
  EXPECT_EQ(commit(b), kOk);
  Transaction c = begin();
  EXPECT_EQ(get(c, "1"), "10");
  EXPECT_EQ(get(c, "2"), "25");
  EXPECT_EQ(commit(c), kOk);
  set(a, "1", "0");
  EXPECT_EQ(commit(a), serializable() ? kConflict : kOk);
}

// A withdrawal that saw no deposit takes a fee; a reader saw the deposit, and no withdrawal.
TEST_P(Anomaly, ReadOnlyTransactionAnomaly) {
  ASSERT_OK(database_->set("checking", "0"));
  ASSERT_OK(database_->set("savings", "0"));
  Transaction withdrawal = begin();
  EXPECT_EQ(get(withdrawal, "checking"), "0");
  EXPECT_EQ(get(withdrawal, "savings"), "0");
  Transaction deposit = begin();
  EXPECT_EQ(deposit.increment("savings", 20).value_or(0), 20);
  EXPECT_EQ(commit(deposit), kOk);
  Transaction reader = begin();
  EXPECT_EQ(get(reader, "checking"), "0");
  EXPECT_EQ(get(reader, "savings"), "20");
  EXPECT_EQ(commit(reader), kOk);
  set(withdrawal, "checking", "-11");
  EXPECT_EQ(commit(withdrawal), serializable() ? kConflict : kOk);
}

std::string name_of(const testing::TestParamInfo<Anomaly::ParamType>& param) {
  const std::string level =
      std::get<0>(param.param) == Isolation::kSerializable ? "Serializable" : "Snapshot";
  const char* const places[] = {"InMemory", "Flushed", "Merged"};
  return level + places[static_cast<int>(std::get<1>(param.param))];
}

INSTANTIATE_TEST_SUITE_P(
    Levels, Anomaly,
    testing::Combine(testing::Values(Isolation::kSerializable, Isolation::kSnapshot),
                     testing::Values(Place::kMemtable, Place::kRun, Place::kMerged)),
    name_of);

}  // namespace
}  // namespace ashlar
