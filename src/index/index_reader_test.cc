#include "index/index_reader.h"

#include <gtest/gtest.h>

#include "index/index_test_support.h"

namespace ashlar {
namespace {

class IndexReaderTest : public IndexTest {
 protected:
  std::string encoded(const Index& index, const std::string& json) {
    std::string bytes;
    index.append_value(0, parse_json(json).value(), &bytes);
    return bytes;
  }
  // From the first value to behind the last.
  IndexBounds between(const Index& index, const std::string& first, const std::string& last) {
    return {encoded(index, first), end_of_prefix(encoded(index, last))};
  }
};

TEST_F(IndexReaderTest, BoundsAreOfValues) {
  must(catalogue_->create("by_n", {.fields = {"$.n"}}));
  for (int i = 0; i < 10; ++i) {
    must(set("k" + std::to_string(i), R"({"n":)" + std::to_string(i % 5) + "}"));
  }
  const Snapshot snapshot = engine_->take_snapshot();
  SnapshotReadMoment moment(*engine_, snapshot);
  const auto by_n = index("by_n");
  const IndexBounds bounds = between(*by_n, "2", "3");
  EXPECT_EQ(entries("by_n", moment, bounds), (Lines{"(2) k2", "(2) k7", "(3) k3", "(3) k8"}));
  EXPECT_EQ(entries("by_n", moment, bounds, true), (Lines{"(3) k8", "(3) k3", "(2) k7", "(2) k2"}));
  must(del("k7"));
  EXPECT_EQ(entries("by_n", moment, bounds).size(), 4u);
}

TEST_F(IndexReaderTest, WhatATransactionReadsCountsAsRead) {
  must(catalogue_->create("by_n", {.fields = {"$.n"}}));
  must(set("a", R"({"n":1})"));
  const auto by_n = index("by_n");
  const auto attempt = [&](const std::string& other_value) {
    TransactionState state(*engine_, {}, catalogue_.get());
    TransactionMoment moment(state);
    EXPECT_EQ(entries("by_n", moment, between(*by_n, "1", "1")), Lines{"(1) a"});
    must(state.set("z", "{}", std::chrono::milliseconds(0)));
    must(set("b", other_value));
    const Status done = state.commit();
    must(del("b"));
    return done.code();
  };
  EXPECT_EQ(attempt(R"({"n":1})"), StatusCode::kConflict);
  EXPECT_EQ(attempt(R"({"n":2})"), StatusCode::kOk);
}

TEST_F(IndexReaderTest, TraitsAreSeenFromTheMomentOnInWhichTheyCame) {
  must(catalogue_->create("by_n", {.fields = {"$.m", "$.n"}}));
  must(set("a", R"({"n":1})"));
  const Snapshot before = engine_->take_snapshot();
  must(set("a", R"({"n":[1]})"));
  must(set("a", R"({"n":1})"));
  const Snapshot after = engine_->take_snapshot();
  SnapshotReadMoment early(*engine_, before);
  SnapshotReadMoment late(*engine_, after);
  const auto by_n = index("by_n");
  const auto many = IndexTrait::kManyValues;
  EXPECT_FALSE(IndexReader(by_n, early).has_trait(many, 1).value());
  EXPECT_TRUE(IndexReader(by_n, late).has_trait(many, 1).value());
  EXPECT_FALSE(IndexReader(by_n, late).has_trait(many, 0).value());
  EXPECT_FALSE(IndexReader(by_n, late).has_trait(IndexTrait::kLongArrays, 1).value());
}

TEST_F(IndexReaderTest, EstimatesAreNearTheTruth) {
  must(catalogue_->create("by_n", {.fields = {"$.n"}}));
  constexpr int kDocuments = 5000;
  for (int i = 0; i < kDocuments; ++i) {
    must(set("key:" + std::to_string(i),
             R"({"n":)" + std::to_string(i / 10) + R"(,"text":")" + std::string(100, 'x') + "\"}"));
  }
  const auto by_n = index("by_n");
  for (const bool merged : {false, true}) {
    if (merged) must(engine_->compact());
    const Snapshot snapshot = engine_->take_snapshot();
    SnapshotReadMoment moment(*engine_, snapshot);
    const IndexReader reader(by_n, moment);
    EXPECT_NEAR(static_cast<double>(reader.estimate({}).value()), kDocuments, kDocuments * 0.1);
    EXPECT_NEAR(static_cast<double>(reader.estimate(between(*by_n, "100", "199")).value()), 1000,
                150);
    EXPECT_LE(reader.estimate(between(*by_n, "7", "7")).value(), 20u);
    EXPECT_EQ(reader.estimate(between(*by_n, "9000", "9999")).value(), 0u);
    EXPECT_NEAR(reader.entries_per_value(1).value(), 10, 2);
  }
  EXPECT_NEAR(static_cast<double>(info("by_n").entries), kDocuments, kDocuments * 0.1);
}

}  // namespace
}  // namespace ashlar
