// The judge itself: histories written by hand, each with one anomaly or none.
#include "support/history_checker.h"

#include <gtest/gtest.h>

namespace ashlar {
namespace {

using Kind = ObservedOperation::Kind;
using List = std::vector<uint64_t>;

constexpr uint32_t kX = 1;
constexpr uint32_t kY = 2;

ObservedOperation append(uint32_t key, uint64_t value) {
  return {Kind::kAppend, key, value, 0, {}};
}
ObservedOperation list(uint32_t key, List values) {
  return {Kind::kReadList, key, 0, 0, std::move(values)};
}
ObservedOperation read(uint32_t key, uint64_t value) {
  return {Kind::kRead, key, value, 0, {}};
}
ObservedOperation write(uint32_t key, uint64_t previous, uint64_t value) {
  return {Kind::kWrite, key, value, previous, {}};
}

using Operations = std::vector<ObservedOperation>;

// A transaction that overlaps all others in time.
ObservedTransaction done(Operations operations) {
  return {0, 1000, true, std::move(operations)};
}
ObservedTransaction aborted(Operations operations) {
  return {0, 1000, false, std::move(operations)};
}
ObservedTransaction at(uint64_t begin, uint64_t end, Operations operations) {
  return {begin, end, true, std::move(operations)};
}

std::string verdict(const std::vector<ObservedTransaction>& history) {
  const auto anomaly = find_anomaly(history);
  return anomaly ? anomaly->name : "";
}

TEST(HistoryChecker, AcceptsASerialHistory) {
  EXPECT_EQ(verdict({at(0, 1, {list(kX, {}), append(kX, 1)}),
                     at(2, 3, {list(kX, {1}), append(kX, 2), append(kX, 3), list(kX, {1, 2, 3})}),
                     at(4, 5, {list(kX, {1, 2, 3}), list(kY, {})})}),
            "");
  EXPECT_EQ(verdict({at(0, 1, {read(kX, 0), write(kX, 0, 5), read(kX, 5)}),
                     at(2, 3, {write(kX, 5, 6)}), at(4, 5, {read(kX, 6)})}),
            "");
}

TEST(HistoryChecker, AcceptsAnyOrderOfTransactionsThatOverlap) {
  EXPECT_EQ(verdict({done({list(kX, {1})}), done({append(kX, 1)}), done({list(kX, {})})}), "");
}

TEST(HistoryChecker, FindsAWriteOrderThatDiffersBetweenKeys) {
  EXPECT_EQ(verdict({done({append(kX, 1), append(kY, 1)}), done({append(kX, 2), append(kY, 2)}),
                     done({list(kX, {1, 2}), list(kY, {2, 1})})}),
            "G0");
}

TEST(HistoryChecker, FindsAReadOfWhatWasNotCommitted) {
  EXPECT_EQ(verdict({aborted({append(kX, 1)}), done({list(kX, {1})})}), "G1a");
  EXPECT_EQ(verdict({aborted({write(kX, 0, 1)}), done({read(kX, 1)})}), "G1a");
}

TEST(HistoryChecker, FindsAReadOfAnIntermediateVersion) {
  EXPECT_EQ(verdict({done({append(kX, 1), append(kX, 2)}), done({list(kX, {1})}),
                     done({list(kX, {1, 2})})}),
            "G1b");
}

TEST(HistoryChecker, FindsCircularInformationFlow) {
  EXPECT_EQ(verdict({done({append(kX, 1), list(kY, {2})}), done({append(kY, 2), list(kX, {1})})}),
            "G1c");
}

TEST(HistoryChecker, FindsReadSkew) {
  EXPECT_EQ(verdict({done({append(kX, 1), append(kY, 2)}), done({list(kX, {1}), list(kY, {})}),
                     done({list(kX, {1}), list(kY, {2})})}),
            "G-single");
}

TEST(HistoryChecker, FindsWriteSkew) {
  EXPECT_EQ(verdict({done({list(kX, {}), append(kY, 2)}), done({list(kY, {}), append(kX, 1)}),
                     done({list(kX, {1}), list(kY, {2})})}),
            "G2");
  EXPECT_EQ(verdict({done({read(kX, 0), write(kY, 0, 2)}), done({read(kY, 0), write(kX, 0, 1)})}),
            "G2");
}

TEST(HistoryChecker, FindsTheReadOnlyAnomaly) {
  EXPECT_EQ(verdict({done({list(kX, {}), list(kY, {}), append(kX, 1)}),
                     done({list(kY, {}), append(kY, 2)}), done({list(kX, {}), list(kY, {2})}),
                     done({list(kX, {1}), list(kY, {2})})}),
            "G2");
}

TEST(HistoryChecker, FindsAStaleReadOnlyByTheOrderOfTime) {
  const ObservedTransaction last = at(6, 7, {list(kX, {1})});
  EXPECT_EQ(verdict({at(0, 1, {append(kX, 1)}), at(2, 3, {list(kX, {})}), last}),
            "G-single-realtime");
  EXPECT_EQ(verdict({at(0, 2, {append(kX, 1)}), at(1, 3, {list(kX, {})}), last}), "");
}

TEST(HistoryChecker, FindsACycleOfTimeAcrossSeveralTransactions) {
  EXPECT_EQ(verdict({at(0, 10, {list(kX, {}), append(kY, 1)}), at(1, 2, {append(kX, 2)}),
                     at(3, 4, {list(kY, {1})}), at(20, 21, {list(kX, {2})})}),
            "");
  EXPECT_EQ(verdict({at(5, 10, {list(kX, {}), append(kY, 1)}), at(1, 2, {append(kX, 2)}),
                     at(20, 21, {list(kX, {2}), list(kY, {1})})}),
            "G-single-realtime");
}

TEST(HistoryChecker, FindsLostUpdates) {
  EXPECT_EQ(verdict({done({append(kX, 1)}), done({append(kX, 2)}), done({list(kX, {2})})}),
            "lost update");
  EXPECT_EQ(verdict({done({write(kX, 0, 1)}), done({write(kX, 0, 2)})}), "lost update");
  EXPECT_EQ(verdict({done({write(kX, 0, 1)}), done({write(kX, 0, 1)})}), "lost update");
}

TEST(HistoryChecker, FindsListsThatAreNotPrefixesOfEachOther) {
  EXPECT_EQ(verdict({done({append(kX, 1)}), done({append(kX, 2)}), done({list(kX, {1, 2})}),
                     done({list(kX, {2})})}),
            "incompatible order");
  EXPECT_EQ(verdict({done({append(kX, 1)}), done({list(kX, {1, 1})})}), "incompatible order");
}

TEST(HistoryChecker, FindsATransactionThatDoesNotSeeItsOwnWrites) {
  EXPECT_EQ(verdict({done({append(kX, 1), list(kX, {})}), done({list(kX, {1})})}), "internal");
  EXPECT_EQ(verdict({done({write(kX, 0, 1), read(kX, 0)})}), "internal");
}

TEST(HistoryChecker, FindsValuesThatNobodyWrote) {
  EXPECT_EQ(verdict({done({list(kX, {9})})}), "garbage");
  EXPECT_EQ(verdict({done({read(kX, 9), write(kX, 9, 10)})}), "garbage");
}

TEST(HistoryChecker, SaysWhoMadeTheCycle) {
  const auto anomaly =
      find_anomaly({done({read(kX, 0), write(kY, 0, 22)}), done({read(kY, 0), write(kX, 0, 11)})});
  ASSERT_TRUE(anomaly);
  EXPECT_NE(anomaly->description.find("T0 did not see what T1 wrote, 11 of key 1"),
            std::string::npos)
      << anomaly->description;
  EXPECT_NE(anomaly->description.find("T1 did not see what T0 wrote, 22 of key 2"),
            std::string::npos)
      << anomaly->description;
}

}  // namespace
}  // namespace ashlar
