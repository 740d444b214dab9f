#include "tools/units.h"

#include <gtest/gtest.h>

namespace ashlar::tools {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::sys_days;

TEST(Units, SizesArePowersOf1024) {
  EXPECT_EQ(*parse_bytes("4096"), 4096u);
  EXPECT_EQ(*parse_bytes("64K"), 65536u);
  EXPECT_EQ(*parse_bytes("64k"), 65536u);
  EXPECT_EQ(*parse_bytes("1.5MiB"), 1572864u);
  EXPECT_EQ(*parse_bytes("4GB"), uint64_t{4} << 30);
  for (const char* bad : {"", "M", "-1", "1X", "1MM", "1 M", "99999999T", "nan", "inf"}) {
    EXPECT_FALSE(parse_bytes(bad).ok()) << bad;
  }
}

TEST(Units, DurationsHaveUnitsAndAddUp) {
  EXPECT_EQ(*parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(*parse_duration("5"), seconds(5));
  EXPECT_EQ(*parse_duration("1.5s"), milliseconds(1500));
  EXPECT_EQ(*parse_duration("1h30m"), seconds(5400));
  EXPECT_EQ(*parse_duration("7d"), seconds(7 * 86400));
  for (const char* bad : {"", "s", "-1s", "5x", "5s-", "1e9d", "99999999d"}) {
    EXPECT_FALSE(parse_duration(bad).ok()) << bad;
  }
}

TEST(Units, MomentsAreRelativeOrDatesOrSecondsSince1970) {
  const auto now = std::chrono::system_clock::time_point(seconds(1000));
  EXPECT_EQ(*parse_moment("10m", now), now + seconds(600));
  EXPECT_EQ(*parse_moment("@1700000000", now),
            std::chrono::system_clock::time_point(seconds(1700000000)));
  const sys_days day = std::chrono::year(2030) / 1 / 31;
  EXPECT_EQ(*parse_moment("2030-01-31", now), day);
  EXPECT_EQ(*parse_moment("2030-01-31T12:00:30Z", now), day + seconds(12 * 3600 + 30));
  EXPECT_EQ(*parse_moment("2030-01-31 12:00:30", now), day + seconds(12 * 3600 + 30));
  for (const char* bad : {"", "2030-02-30", "2030-13-01", "2030-01-31T25:00:00", "9999-01-01",
                          "yesterday", "@", "2030/01/31"}) {
    EXPECT_FALSE(parse_moment(bad, now).ok()) << bad;
  }
}

TEST(Units, IntegersAreReadWhole) {
  EXPECT_EQ(*parse_integer("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(*parse_integer("+7"), 7);
  EXPECT_EQ(*parse_count("18446744073709551615"), UINT64_MAX);
  for (const char* bad : {"", "1x", " 1", "9223372036854775808", "+-1", "1.0"}) {
    EXPECT_FALSE(parse_integer(bad).ok()) << bad;
  }
}

TEST(Units, NumbersAreShownInTheUnitThatSuitsThem) {
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1536), "1.50 KiB");
  EXPECT_EQ(human_bytes(uint64_t{250} << 20), "250 MiB");
  EXPECT_EQ(human_count(7), "7");
  EXPECT_EQ(human_count(1234567), "1,234,567");
  EXPECT_EQ(human_count(1, "entry", "entries"), "1 entry");
  EXPECT_EQ(human_count(1000, "entry", "entries"), "1,000 entries");
  EXPECT_EQ(human_duration(milliseconds(250)), "250ms");
  EXPECT_EQ(human_duration(seconds(3700)), "1h 1m");
  EXPECT_EQ(human_nanoseconds(999), "999 ns");
  EXPECT_EQ(human_nanoseconds(1250), "1.25 µs");
  EXPECT_EQ(human_nanoseconds(2'000'000'000), "2 s");
}

}  // namespace
}  // namespace ashlar::tools
