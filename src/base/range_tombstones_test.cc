#include "base/range_tombstones.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace ashlar {
namespace {

SequenceNumber naive_covering(const std::vector<RangeTombstone>& tombstones, std::string_view key,
                              SequenceNumber visible) {
  SequenceNumber newest = 0;
  for (const RangeTombstone& tombstone : tombstones) {
    if (tombstone.from <= key && before_end(key, tombstone.to) && tombstone.sequence <= visible) {
      newest = std::max(newest, tombstone.sequence);
    }
  }
  return newest;
}

TEST(RangeTombstones, NoneCoverNothing) {
  const RangeTombstones none;
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.covering("k", 100), 0u);
}

TEST(RangeTombstones, BeginIsInsideAndEndIsNot) {
  const RangeTombstones set({{"b", "d", 5}});
  EXPECT_EQ(set.covering("a", 9), 0u);
  EXPECT_EQ(set.covering("b", 9), 5u);
  EXPECT_EQ(set.covering("c\xff", 9), 5u);
  EXPECT_EQ(set.covering("d", 9), 0u);
  EXPECT_EQ(set.covering("c", 4), 0u);
  EXPECT_EQ(set.covering("c", 5), 5u);
}

TEST(RangeTombstones, EmptyEndMeansNoEndAndEmptyRangeCoversNothing) {
  const RangeTombstones set({{"m", "", 3}, {"c", "c", 8}, {"e", "d", 9}});
  EXPECT_EQ(set.covering("c", 99), 0u);
  EXPECT_EQ(set.covering("d", 99), 0u);
  EXPECT_EQ(set.covering("e", 99), 0u);
  EXPECT_EQ(set.covering("\xff\xff", 99), 3u);
  EXPECT_EQ(set.all().size(), 3u);
  const RangeTombstones everything({{"", "", 2}});
  EXPECT_EQ(everything.covering("", 2), 2u);
}

TEST(RangeTombstones, AnswersLikeALookAtEachOne) {
  std::mt19937 random(7);
  const auto key = [&](int shortest) {
    std::string bytes(static_cast<std::size_t>(shortest) + random() % 3, 'a');
    for (char& byte : bytes) byte = static_cast<char>("abc\xf0"[random() % 4]);
    return bytes;
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<RangeTombstone> tombstones;
    const std::size_t count = random() % 12;
    for (std::size_t i = 0; i < count; ++i) {
      tombstones.push_back({key(0), key(0), 1 + random() % 10});
    }
    const RangeTombstones set(tombstones);
    for (int i = 0; i < 200; ++i) {
      const std::string at = key(0);
      const SequenceNumber visible = random() % 12;
      ASSERT_EQ(set.covering(at, visible), naive_covering(tombstones, at, visible));
    }
    for (std::size_t i = 0; i < set.fragments().size(); ++i) {
      const auto& fragment = set.fragments()[i];
      ASSERT_TRUE(before_end(fragment.from, fragment.to));
      ASSERT_FALSE(fragment.sequences.empty());
      ASSERT_TRUE(std::is_sorted(fragment.sequences.rbegin(), fragment.sequences.rend()));
      if (i == 0) continue;
      const auto& before = set.fragments()[i - 1];
      ASSERT_FALSE(before.to.empty());
      ASSERT_LE(before.to, fragment.from);
    }
  }
}

}  // namespace
}  // namespace ashlar
