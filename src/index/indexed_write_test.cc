#include "index/indexed_write.h"

#include <gtest/gtest.h>

#include <string>

#include "index/index_test_support.h"
#include "index/indexed_batch.h"

namespace ashlar {
namespace {

class IndexedWriteTest : public IndexTest {
 protected:
  Status write(std::string_view key, std::string_view json, uint64_t expires_at_ms = 0) {
    const StoredValue after{json, expires_at_ms};
    return write_indexed(*engine_, *catalogue_->shared_set(), key, &after, {});
  }
  Status erase(std::string_view key) {
    return write_indexed(*engine_, *catalogue_->shared_set(), key, nullptr, {});
  }
  uint64_t commits() { return engine_->statistics().commits; }
};

TEST_F(IndexedWriteTest, DocumentsAndTheirEntriesComeAndGoTogether) {
  must(catalogue_->create("by_n", {.prefix = "d:", .fields = {"$.n"}}));
  must(write("d:1", R"({"n":1})"));
  must(write("d:2", R"({"n":[2,3]})"));
  must(write("d:3", "no JSON"));
  EXPECT_EQ(entries("by_n"), (Lines{"(1) d:1", "(2) d:2", "(3) d:2", "([2,3]) d:2"}));
  must(write("d:2", R"({"n":4})"));
  must(erase("d:1"));
  must(erase("d:9"));
  EXPECT_EQ(entries("by_n"), Lines{"(4) d:2"});
  EXPECT_EQ(problems(), Lines{});
}

TEST_F(IndexedWriteTest, EachIsOneCommit) {
  must(catalogue_->create("by_n", {.fields = {"$.n"}}));
  const uint64_t before = commits();
  must(write("a", R"({"n":1})"));
  must(write("a", R"({"n":2})"));
  must(erase("a"));
  EXPECT_EQ(commits(), before + 3);
}

TEST_F(IndexedWriteTest, AUniqueValueIsRefusedAndFreeAgain) {
  must(catalogue_->create("by_m", {.fields = {"$.m"}, .unique = true}));
  must(write("a", R"({"m":1})"));
  const Status refused = write("b", R"({"m":1})");
  EXPECT_TRUE(refused.is(StatusCode::kDuplicate)) << refused.to_string();
  for (const char* const part : {"'by_m'", "(1)", "'a'", "'b'"}) {
    EXPECT_NE(refused.message().find(part), std::string::npos) << refused.to_string();
  }
  must(write("a", R"({"m":1,"n":2})"));
  must(erase("a"));
  must(write("b", R"({"m":1})"));
  EXPECT_EQ(entries("by_m"), Lines{"(1) b"});
  EXPECT_EQ(problems(), Lines{});
}

TEST_F(IndexedWriteTest, AnOldSetOfIndexesIsAConflict) {
  const auto old = catalogue_->shared_set();
  must(catalogue_->create("by_n", {.fields = {"$.n"}}));
  const StoredValue after{R"({"n":1})", 0};
  EXPECT_TRUE(write_indexed(*engine_, *old, "a", &after, {}).is(StatusCode::kConflict));
  EXPECT_EQ(entries("by_n"), Lines{});
}

TEST_F(IndexedWriteTest, AnotherExpiryIsAnotherEntry) {
  must(catalogue_->create("by_n", {.fields = {"$.n"}}));
  must(write("a", R"({"n":1})", engine_->now_ms() + 1000));
  must(write("a", R"({"n":1})"));
  env_.advance(std::chrono::seconds(2));
  EXPECT_EQ(entries("by_n"), Lines{"(1) a"});
  EXPECT_EQ(problems(), Lines{});
}

TEST_F(IndexedWriteTest, ABatchIsOneCommitOfWhatItsMomentSays) {
  must(catalogue_->create("by_n", {.prefix = "d:", .fields = {"$.n"}}));
  must(write("d:1", R"({"n":1})"));
  const uint64_t before = commits();
  const auto set = catalogue_->shared_set();
  {
    IndexedBatch batch(*engine_, *set);
    const StoredValue two{R"({"n":2})", 0};
    must(batch.add("d:1", &two));
    must(batch.add("d:2", &two));
    must(batch.add("d:3", nullptr));
    must(batch.add("other", &two));
    EXPECT_FALSE(batch.changes_unique_entries());
    must(batch.write({}));
  }
  EXPECT_EQ(commits(), before + 1);
  EXPECT_EQ(entries("by_n"), (Lines{"(2) d:1", "(2) d:2"}));
  EXPECT_EQ(problems(), Lines{});
}

TEST_F(IndexedWriteTest, ABatchMeetsWhoeverWroteItsKeysMeanwhile) {
  must(catalogue_->create("by_n", {.fields = {"$.n"}}));
  must(write("a", R"({"n":1})"));
  const auto set = catalogue_->shared_set();
  const StoredValue two{R"({"n":2})", 0};
  {
    IndexedBatch batch(*engine_, *set);
    must(batch.add("a", &two));
    must(write("a", R"({"n":3})"));
    EXPECT_TRUE(batch.write({}).is(StatusCode::kConflict));
  }
  {
    IndexedBatch batch(*engine_, *set);
    must(batch.add("a", &two));
    must(write("b", R"({"n":3})"));
    must(batch.write({}));
  }
  EXPECT_EQ(entries("by_n"), (Lines{"(2) a", "(3) b"}));
  EXPECT_EQ(problems(), Lines{});
}

TEST_F(IndexedWriteTest, ABatchTellsOfUniqueEntries) {
  must(catalogue_->create("by_m", {.fields = {"$.m"}, .unique = true}));
  const auto set = catalogue_->shared_set();
  IndexedBatch batch(*engine_, *set);
  const StoredValue null{R"({"m":null})", 0};
  must(batch.add("a", &null));
  EXPECT_FALSE(batch.changes_unique_entries());
  const StoredValue one{R"({"m":1})", 0};
  must(batch.add("b", &one));
  EXPECT_TRUE(batch.changes_unique_entries());
}

}  // namespace
}  // namespace ashlar
