#include "tools/query_completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>

#include "tools/completion.h"
#include "tools/session.h"

namespace ashlar::tools {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

class QueryCompletionTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(path_);
    session_ = std::make_unique<Session>(path_, Options(), false);
    ASSERT_TRUE(session_->open(Access::kWrite).ok());
    ASSERT_TRUE(session_->db().set("user:1", R"({"age": 30, "address": {}})").ok());
    ASSERT_TRUE(session_->db().set("cat:1", R"({"lives": 9})").ok());
    ASSERT_TRUE(session_->db().create_index("by_age", {.prefix = "user:", .fields = {"age"}}).ok());
  }
  void TearDown() override {
    session_.reset();
    std::filesystem::remove_all(path_);
  }

  const std::string path_ = testing::TempDir() + "ashlar-query-completion-test";
  std::unique_ptr<Session> session_;
};

TEST_F(QueryCompletionTest, FieldsAreThoseOfTheDocumentsWithThePrefix) {
  const auto choices = query_candidates("find", " user: where ", *session_);
  EXPECT_THAT(choices, Contains("age"));
  EXPECT_THAT(choices, Contains("order"));
  EXPECT_THAT(choices, Not(Contains("lives")));
  EXPECT_EQ(complete("find user: where ag", *session_).insert, "e ");
  EXPECT_EQ(complete("explain find user: order by ag", *session_).insert, "e ");
  EXPECT_EQ(complete("find user: lim", *session_).insert, "it ");
}

TEST_F(QueryCompletionTest, IndexesHaveTheirNames) {
  EXPECT_THAT(query_candidates("index", " drop ", *session_), ElementsAre("by_age"));
  EXPECT_THAT(query_candidates("find", " user: plan index ", *session_), ElementsAre("by_age"));
  EXPECT_EQ(complete("index dr", *session_).insert, "op ");
  EXPECT_EQ(complete("index create new on user: fields ag", *session_).insert, "e ");
}

TEST_F(QueryCompletionTest, ThePrefixIsThatOfKeys) {
  EXPECT_EQ(complete("find user", *session_).insert, ":1 ");
  EXPECT_EQ(complete("delete cat", *session_).insert, ":1 ");
  EXPECT_EQ(complete("delete cat: where ca", *session_).insert, "");
}

}  // namespace
}  // namespace ashlar::tools
