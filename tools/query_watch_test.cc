#include "tools/query_watch.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <memory>

#include "ashlar/database.h"

namespace ashlar::tools {
namespace {

class QueryWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(path_);
    db_ = Database::open(path_).value();
    Batch batch;
    for (int i = 0; i < 1000; ++i) batch.set("u:" + std::to_string(i), "{\"n\": 1}");
    ASSERT_TRUE(db_->write(batch).ok());
    catch_interrupts();
  }
  void TearDown() override {
    forget_interrupt();
    db_.reset();
    std::filesystem::remove_all(path_);
  }

  const std::string path_ = testing::TempDir() + "ashlar-query-watch-test";
  std::unique_ptr<Database> db_;
  QueryWatch watch_{"test"};
};

TEST_F(QueryWatchTest, AnInterruptEndsEveryKindOfQuery) {
  const QueryOptions options{.progress = watch_.progress()};
  EXPECT_EQ(*db_->count_where("u:", "n = 1", options), 1000u);
  std::raise(SIGINT);
  EXPECT_TRUE(db_->count_where("u:", "n = 1", options).status().is(StatusCode::kAborted));
  EXPECT_TRUE(db_->find("u:", "n = 2", options).status().is(StatusCode::kAborted));
  EXPECT_TRUE(db_->explain("u:", "n = 1", options).status().is(StatusCode::kAborted));
  EXPECT_TRUE(db_->distinct("u:", "n", {}, options).status().is(StatusCode::kAborted));
  EXPECT_TRUE(db_->delete_where("u:", "n = 1", options).status().is(StatusCode::kAborted));
  EXPECT_EQ(*db_->count("u:"), 1000u);
  QueryOptions sorted = options;
  sorted.sort = {"n"};
  EXPECT_TRUE(db_->find("u:", {}, sorted).status().is(StatusCode::kAborted));
}

TEST_F(QueryWatchTest, AForgottenInterruptEndsNothing) {
  std::raise(SIGINT);
  forget_interrupt();
  const QueryOptions options{.progress = watch_.progress()};
  EXPECT_EQ(*db_->count_where("u:", "n = 1", options), 1000u);
}

}  // namespace
}  // namespace ashlar::tools
