#include "base/huge_page_supply.h"

#include <gtest/gtest.h>

namespace ashlar {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST(HugePageSupply, IsTriedAgainBehindAPauseThatGetsLonger) {
  HugePageSupply supply;
  HugePageSupply::Clock::time_point now(std::chrono::hours(1));
  EXPECT_TRUE(supply.worth_trying(now));
  supply.note(microseconds(90), now);
  EXPECT_TRUE(supply.worth_trying(now));
  for (const int pause : {100, 200, 400, 800, 1600, 3200, 6400, 6400}) {
    supply.note(milliseconds(5), now);
    EXPECT_FALSE(supply.worth_trying(now));
    now += milliseconds(pause - 1);
    EXPECT_FALSE(supply.worth_trying(now)) << pause;
    now += milliseconds(1);
    EXPECT_TRUE(supply.worth_trying(now)) << pause;
  }
  supply.note(microseconds(90), now);
  supply.note(milliseconds(5), now);
  EXPECT_TRUE(supply.worth_trying(now + milliseconds(100)));
}

TEST(HugePageSupply, IsOneForTheWholeProcess) {
  EXPECT_EQ(&HugePageSupply::of_system(), &HugePageSupply::of_system());
}

}  // namespace
}  // namespace ashlar
