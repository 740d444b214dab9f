#include "version/version.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

namespace ashlar {
namespace {

std::string random_key(std::mt19937_64& random, std::string_view prefix) {
  std::string key(prefix);
  const std::size_t tail = random() % 12;
  for (std::size_t i = 0; i < tail; ++i) key.push_back("\0ab\x7f\xff"[random() % 5]);
  return key;
}

// [VER-3] However the bounds look: a long prefix in common, none, trailing zeros, the same heads.
TEST(Version, FindsThePartitionOfAKey) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    std::mt19937_64 random(seed);
    const std::string prefixes[] = {"", "user:", "tenant:0001:orders:", "\xff\xff\xff\xff\xff"};
    const std::string& prefix = prefixes[random() % 4];
    std::set<std::string> lowers = {""};
    const std::size_t count = random() % 40;
    for (std::size_t i = 0; i < count; ++i) lowers.insert(random_key(random, prefix));
    Version version;
    for (const std::string& lower : lowers) {
      auto partition = std::make_shared<Partition>();
      partition->lower = lower;
      version.partitions.push_back(std::move(partition));
    }
    version.complete();
    for (int i = 0; i < 300; ++i) {
      std::string key = random_key(random, random() % 4 == 0 ? prefixes[random() % 4] : prefix);
      if (random() % 3 == 0) key = version.partitions[random() % lowers.size()]->lower;
      if (random() % 4 == 0) key.push_back('\0');
      const auto behind = lowers.upper_bound(key);
      const auto wanted = static_cast<std::size_t>(std::distance(lowers.begin(), behind)) - 1;
      ASSERT_EQ(version.partition_of(key), wanted) << "seed " << seed << ", " << key;
    }
  }
}

}  // namespace
}  // namespace ashlar
