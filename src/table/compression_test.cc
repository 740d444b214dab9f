#include "table/compression.h"

#include <gtest/gtest.h>

#include <random>

namespace ashlar {
namespace {

class CompressionTest : public testing::TestWithParam<Compression> {};

TEST_P(CompressionTest, GivesBackWhatItTook) {
  std::string input;
  for (int i = 0; i < 2000; ++i) input += "row " + std::to_string(i);
  Compressor compressor(GetParam());
  std::string out = "before";
  ASSERT_TRUE(compressor.append(input, &out));
  EXPECT_LT(out.size(), input.size());
  std::string back(input.size(), '\0');
  ASSERT_TRUE(decompress(GetParam(), std::string_view(out).substr(6), back.data(), back.size()));
  EXPECT_EQ(back, input);
}

TEST_P(CompressionTest, LeavesAloneWhatDoesNotShrink) {
  std::mt19937_64 random(1);
  std::string input(16384, '\0');
  for (char& byte : input) byte = static_cast<char>(random());
  Compressor compressor(GetParam());
  std::string out = "before";
  EXPECT_FALSE(compressor.append(input, &out));
  EXPECT_EQ(out, "before");
}

TEST_P(CompressionTest, DamagedInputNeverLeavesItsBounds) {
  const std::string input(16384, 'x');
  Compressor compressor(GetParam());
  std::string good;
  ASSERT_TRUE(compressor.append(input, &good));
  std::mt19937_64 random(2);
  for (int round = 0; round < 3000; ++round) {
    std::string bad = good.substr(0, random() % (good.size() + 1));
    for (auto changes = random() % 4; changes > 0 && !bad.empty(); --changes) {
      bad[random() % bad.size()] = static_cast<char>(random());
    }
    // Of its own size, so that the sanitizer sees every byte beyond.
    const std::unique_ptr<char[]> to(new char[input.size()]);
    static_cast<void>(decompress(GetParam(), bad, to.get(), input.size()));
  }
  std::string back(input.size() + 1, '\0');
  EXPECT_FALSE(decompress(GetParam(), good, back.data(), input.size() + 1));
  EXPECT_FALSE(decompress(GetParam(), good, back.data(), input.size() - 1));
}

INSTANTIATE_TEST_SUITE_P(All, CompressionTest,
                         testing::Values(Compression::kLz4, Compression::kSnappy,
                                         Compression::kZstd));

}  // namespace
}  // namespace ashlar
