#include "base/printable.h"

#include <gtest/gtest.h>

namespace ashlar {
namespace {

TEST(Printable, OtherBytesThanPrintableAsciiAreHexadecimal) {
  EXPECT_EQ(printable(std::string_view("a\0\\\xff", 4)), "a\\x00\\\\\\xff");
}

}  // namespace
}  // namespace ashlar
