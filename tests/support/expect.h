// Checks on Status and Result that print what went wrong.
#pragma once

#include <gtest/gtest.h>

#include "ashlar/result.h"
#include "ashlar/status.h"

namespace ashlar {

inline Status status_of(const Status& status) {
  return status;
}
template <typename T>
Status status_of(const Result<T>& result) {
  return result.ok() ? Status() : result.status();
}

}  // namespace ashlar

#define EXPECT_OK(expression)                                               \
  do {                                                                      \
    const ::ashlar::Status expect_status = ::ashlar::status_of(expression); \
    EXPECT_TRUE(expect_status.ok()) << expect_status.to_string();           \
  } while (false)

#define ASSERT_OK(expression)                                               \
  do {                                                                      \
    const ::ashlar::Status expect_status = ::ashlar::status_of(expression); \
    ASSERT_TRUE(expect_status.ok()) << expect_status.to_string();           \
  } while (false)

// The expression ends in this code, whatever the message.
#define EXPECT_CODE(expression, expected)                                                       \
  do {                                                                                          \
    const ::ashlar::Status expect_status = ::ashlar::status_of(expression);                     \
    EXPECT_TRUE(expect_status.is(::ashlar::StatusCode::expected)) << expect_status.to_string(); \
  } while (false)
