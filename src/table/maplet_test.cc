#include "table/maplet.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string_view>

#include "base/hash.h"

namespace ashlar {
namespace {

TEST(Maplet, ExampleOfTheFormat) {
  MapletBuilder builder(nullptr);
  const uint64_t hash = hash_key("key1");
  builder.add(hash, 4096 + 20);
  ASSERT_EQ(builder.bucket_count(), 1u);
  const HugeBuffer pages = builder.build().value();
  EXPECT_EQ(hash, 0x384d070cd5d829e2u);
  EXPECT_EQ(load<uint16_t>(pages.data()), 0x29e2);
  EXPECT_EQ(std::string_view(pages.data() + 24, 3), std::string_view("\x05\x04\0", 3));
  EXPECT_EQ(pages.data()[60], 0);
}

TEST(Maplet, FindsEveryKeyAlsoBehindFullBuckets) {
  std::mt19937_64 random(5);
  for (const std::size_t count :
       {std::size_t{1}, std::size_t{12}, std::size_t{13}, std::size_t{100}, std::size_t{20000}}) {
    MapletBuilder builder(nullptr);
    std::vector<uint64_t> hashes;
    for (std::size_t i = 0; i < count; ++i) {
      hashes.push_back(random());
      // A few fingerprints only, zero among them, and crowds at both ends.
      hashes.back() &= ~uint64_t{0xfffc};
      if (i % 5 == 0) hashes.back() |= uint64_t{0xffffffff} << 32;
      builder.add(hashes.back(), 4 * (i + 1));
    }
    const HugeBuffer pages = builder.build().value();
    const uint32_t buckets = builder.bucket_count();
    for (std::size_t i = 0; i < count; ++i) {
      uint32_t number = maplet_home(hashes[i], buckets);
      bool found = false;
      for (uint32_t visited = 0; !found && visited < buckets; ++visited) {
        const char* bucket = pages.data() + bucket_offset(number);
        for (unsigned left = bucket_matches(bucket, maplet_fingerprint(hashes[i])); left != 0;
             left &= left - 1) {
          const auto slot = static_cast<unsigned>(__builtin_ctz(left));
          found |= bucket_record_offset(bucket, slot) == 4 * (i + 1);
        }
        ASSERT_TRUE(found || bucket_overflows(bucket)) << i;  // [MAPLET-1]
        number = next_bucket(number, buckets);
      }
      ASSERT_TRUE(found) << i;
    }
  }
}

TEST(Maplet, VectorAndScalarMatchAgree) {
  std::mt19937_64 random(6);
  for (int round = 0; round < 2000; ++round) {
    std::array<char, kBucketBytes> bucket;
    for (char& byte : bucket) byte = static_cast<char>(random() % 3);
    for (uint16_t fingerprint = 1; fingerprint < 0x300; ++fingerprint) {
      ASSERT_EQ(bucket_matches(bucket.data(), fingerprint),
                bucket_matches_scalar(bucket.data(), fingerprint));
    }
  }
}

}  // namespace
}  // namespace ashlar
