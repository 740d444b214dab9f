#include "ashlar/status.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "ashlar/result.h"
#include "base/try.h"

namespace ashlar {
namespace {

TEST(Status, DefaultIsOkAndOnePointerWide) {
  static_assert(sizeof(Status) == sizeof(void*));
  const Status status;
  EXPECT_TRUE(status.ok());
  EXPECT_TRUE(status.is(StatusCode::kOk));
  EXPECT_EQ(status.to_string(), "ok");
  EXPECT_EQ(status.message(), "");
}

TEST(Status, EveryCodeHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(StatusCode::kDuplicate); ++code) {
    names.insert(to_string(static_cast<StatusCode>(code)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(StatusCode::kDuplicate) + 1);
  EXPECT_FALSE(names.contains("unknown"));
}

TEST(Status, MakersSetTheirCode) {
  EXPECT_EQ(Status::not_found("m").code(), StatusCode::kNotFound);
  EXPECT_EQ(Status::invalid_argument("m").code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Status::too_large("m").code(), StatusCode::kTooLarge);
  EXPECT_EQ(Status::conflict("m").code(), StatusCode::kConflict);
  EXPECT_EQ(Status::busy("m").code(), StatusCode::kBusy);
  EXPECT_EQ(Status::no_space("m").code(), StatusCode::kNoSpace);
  EXPECT_EQ(Status::read_only("m").code(), StatusCode::kReadOnly);
  EXPECT_EQ(Status::io_error("m").code(), StatusCode::kIoError);
  EXPECT_EQ(Status::corruption("m").code(), StatusCode::kCorruption);
  EXPECT_EQ(Status::unsupported("m").code(), StatusCode::kUnsupported);
  EXPECT_EQ(Status::out_of_memory("m").code(), StatusCode::kOutOfMemory);
  EXPECT_EQ(Status::aborted("m").code(), StatusCode::kAborted);
}

TEST(Status, CopiesAreIndependentAndMovesEmpty) {
  Status original = Status::corruption("7.table: page 3");
  Status copy = original;
  EXPECT_EQ(copy.to_string(), "corruption: 7.table: page 3");
  copy = Status();
  EXPECT_FALSE(original.ok());
  const Status& alias = original;
  original = alias;  // to itself
  EXPECT_EQ(original.message(), "7.table: page 3");
  const Status moved = std::move(original);
  EXPECT_EQ(moved.message(), "7.table: page 3");
}

TEST(Status, NoSuchKeyIsSharedByCopiesAndOutlivesThem) {
  Status status = Status::no_such_key();
  EXPECT_TRUE(status.is(StatusCode::kNotFound));
  EXPECT_EQ(status.to_string(), "not found: no such key");
  {
    Status copy = status;
    const Status moved = std::move(status);
    copy = Status::busy("m");
    EXPECT_EQ(moved.message(), "no such key");
  }
  EXPECT_EQ(Status::no_such_key().message(), "no such key");
}

TEST(Status, MadeWithOkIsOkWhateverTheMessage) {
  EXPECT_TRUE(Status(StatusCode::kOk, "ignored").ok());
}

TEST(Result, HoldsAValueOrAStatus) {
  const Result<int> five = 5;
  EXPECT_TRUE(five.ok());
  EXPECT_EQ(*five, 5);
  EXPECT_TRUE(five.status().ok());
  const Result<int> none = Status::not_found("x");
  EXPECT_FALSE(none.ok());
  EXPECT_EQ(none.value_or(9), 9);
  EXPECT_EQ(five.value_or(9), 5);
  EXPECT_TRUE(none.status().is(StatusCode::kNotFound));
}

TEST(Result, HoldsWhatCanOnlyBeMoved) {
  Result<std::unique_ptr<int>> held = std::make_unique<int>(3);
  const std::unique_ptr<int> taken = std::move(held).value();
  EXPECT_EQ(*taken, 3);
}

TEST(Result, OkStatusInPlaceOfAValueIsAnError) {
  const Result<int> result = Status();
  EXPECT_FALSE(result.ok());
  EXPECT_TRUE(result.status().is(StatusCode::kInvalidArgument));
}

TEST(ResultDeathTest, ValueOfAFailedResultEndsTheProcess) {
  const Result<int> none = Status::not_found("the key");
  EXPECT_DEATH((void)none.value(), "not found: the key");
}

Result<int> half(int number) {
  if (number % 2 != 0) return Status::invalid_argument("odd");
  return number / 2;
}

Status quarter(int number, int* out) {
  ASHLAR_TRY_ASSIGN(const int once, half(number));
  ASHLAR_TRY_ASSIGN(*out, half(once));
  ASHLAR_TRY(Status());
  return {};
}

TEST(Try, PassesTheFirstErrorUp) {
  int out = 0;
  EXPECT_TRUE(quarter(12, &out).ok());
  EXPECT_EQ(out, 3);
  EXPECT_EQ(quarter(6, &out).message(), "odd");
  EXPECT_EQ(out, 3);
}

}  // namespace
}  // namespace ashlar
