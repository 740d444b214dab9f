// Parts of documents: read by path, and changed in place, alone and in transactions.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ashlar/database.h"
#include "support/expect.h"
#include "support/temporary_folder.h"

namespace ashlar {
namespace {

class UpdateTest : public testing::Test {
 protected:
  UpdateTest() {
    Options options;
    options.durability = Durability::kProcess;
    auto opened = Database::open(folder_ / "db", options);
    EXPECT_OK(opened);
    db_ = std::move(opened).value();
    EXPECT_OK(db_->set("u", R"({"name":"Ann","tags":["a"],"address":{"city":"Paris"},"n":1})"));
  }

  TemporaryFolder folder_;
  std::unique_ptr<Database> db_;
};

TEST_F(UpdateTest, PathsGiveParts) {
  EXPECT_EQ(db_->get_path("u", "$.address").value(), R"({"city":"Paris"})");
  EXPECT_EQ(db_->get_path("u", "tags[0]").value(), R"("a")");
  EXPECT_CODE(db_->get_path("u", "$.nothing"), kNotFound);
  EXPECT_CODE(db_->get_path("nobody", "$.name"), kNotFound);
  EXPECT_CODE(db_->get_path("u", "$..name"), kInvalidArgument);
  EXPECT_OK(db_->set("text", "no JSON"));
  EXPECT_CODE(db_->get_path("text", "$.name"), kInvalidArgument);
}

TEST_F(UpdateTest, ChangesAreMadeTogetherOrNotAtAll) {
  const std::string before = db_->get("u").value();
  EXPECT_OK(db_->update("u", Update()
                                 .set("$.address.zip", "75001")
                                 .unset("name")
                                 .increment("$.n", "4")
                                 .append("$.tags", R"("b")")
                                 .merge(R"({"extra":true})")));
  EXPECT_EQ(db_->get("u").value(),
            R"({"tags":["a","b"],"address":{"city":"Paris","zip":75001},"n":5,"extra":true})");
  EXPECT_OK(db_->set("u", before));
  EXPECT_CODE(db_->update("u", Update().set("$.n", "2").increment("$.name")), kInvalidArgument);
  EXPECT_CODE(db_->update("u", Update().set("$.n", "{")), kInvalidArgument);
  EXPECT_CODE(db_->update("nobody", Update().set("$.n", "2")), kNotFound);
  EXPECT_EQ(db_->get("u").value(), before);
}

TEST_F(UpdateTest, TheTimeToLiveStays) {
  EXPECT_OK(db_->set("t", "{}", {.ttl = std::chrono::hours(1)}));
  EXPECT_OK(db_->update("t", Update().set("$.a", "1")));
  EXPECT_TRUE(db_->ttl("t").value().has_value());
}

TEST_F(UpdateTest, BelongsToTheTransaction) {
  Transaction tx = db_->begin();
  EXPECT_OK(tx.update("u", Update().increment("$.n")));
  EXPECT_EQ(tx.get_path("u", "$.n").value(), "2");
  EXPECT_EQ(db_->get_path("u", "$.n").value(), "1");
  EXPECT_OK(tx.commit());
  EXPECT_EQ(db_->get_path("u", "$.n").value(), "2");
  EXPECT_OK(db_->begin_transaction());
  EXPECT_OK(db_->update("u", Update().increment("$.n")));
  EXPECT_OK(db_->rollback());
  EXPECT_EQ(db_->get_path("u", "$.n").value(), "2");
}

TEST_F(UpdateTest, ConcurrentUpdatesAreAllMade) {
  EXPECT_OK(db_->create_index("by_n", {.fields = {"$.n"}}));
  std::vector<std::thread> threads;
  constexpr int kThreads = 4;
  constexpr int kUpdates = 200;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < kUpdates; ++n) EXPECT_OK(db_->update("u", Update().increment("$.n")));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(db_->get_path("u", "$.n").value(), std::to_string(1 + kThreads * kUpdates));
  EXPECT_EQ(db_->verify().value().problems, std::vector<std::string>());
}

}  // namespace
}  // namespace ashlar
