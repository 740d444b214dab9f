// Tests of the public header ashlar/json.h.
#include "ashlar/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace ashlar {
namespace {

using testing::HasSubstr;

class JsonHeader : public testing::Test {
 protected:
  JsonHeader()
      : folder_(std::filesystem::temp_directory_path() /
                ("ashlar-json-test-" + std::to_string(getpid()))) {
    std::filesystem::remove_all(folder_);
    database_ = Database::open(folder_.string()).value();
  }
  ~JsonHeader() override {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::filesystem::path folder_;
  std::unique_ptr<Database> database_;
};

TEST_F(JsonHeader, StoresAndReadsADocument) {
  JsonDatabase db(*database_);
  ASSERT_TRUE(db.set("user:1", {{"name", "Alice"}, {"age", 30}}).ok());
  EXPECT_EQ(db.get_json("user:1").value()["age"], 30);
  EXPECT_EQ(database_->get("user:1").value(), R"({"name":"Alice","age":30})");
  EXPECT_TRUE(db.exists("user:1").value());
  EXPECT_EQ(db.keys("user:").to_vector(), std::vector<std::string>{"user:1"});
  ASSERT_TRUE(db.del("user:1").ok());
  EXPECT_TRUE(db.get_json("user:1").status().is(StatusCode::kNotFound));
}

TEST_F(JsonHeader, AStringBecomesAJsonString) {
  JsonDatabase db(*database_);
  ASSERT_TRUE(db.set("k", "text").ok());
  EXPECT_EQ(database_->get("k").value(), "\"text\"");
}

TEST_F(JsonHeader, BytesThatAreNotJsonAreAnErrorWithTheirOffset) {
  ASSERT_TRUE(database_->set("k", "[1, x]").ok());
  const Status status = get_json(*database_, "k").status();
  EXPECT_TRUE(status.is(StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(status.message()), HasSubstr("k: not JSON at offset 4"));
  ASSERT_TRUE(database_->set("zero", std::string_view("1\0x", 3)).ok());
  EXPECT_THAT(std::string(get_json(*database_, "zero").status().message()),
              HasSubstr("not JSON at offset 1"));
}

TEST_F(JsonHeader, TextThatIsNotUtf8IsNotStored) {
  EXPECT_TRUE(set_json(*database_, "k", "\xff").is(StatusCode::kInvalidArgument));
  EXPECT_FALSE(database_->exists("k").value());
}

}  // namespace
}  // namespace ashlar
