#include "base/coding.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace ashlar {
namespace {

std::string varint(uint64_t value) {
  std::string out;
  append_varint(&out, value);
  return out;
}

TEST(Coding, FixedIntegersAreLittleEndian) {
  std::string out;
  append_fixed<uint16_t>(&out, 0x0102);
  append_fixed<uint32_t>(&out, 0x03040506);
  append_fixed<uint64_t>(&out, 0x0708090a0b0c0d0e);
  EXPECT_EQ(out, "\x02\x01\x06\x05\x04\x03\x0e\x0d\x0c\x0b\x0a\x09\x08\x07");
  EXPECT_EQ(load<uint32_t>(out.data() + 2), 0x03040506u);  // though not aligned
}

TEST(Coding, VarintBytesAreAsDocumented) {
  EXPECT_EQ(varint(0), std::string(1, '\0'));
  EXPECT_EQ(varint(127), "\x7f");
  EXPECT_EQ(varint(128), "\x80\x01");
  EXPECT_EQ(varint(300), "\xac\x02");
  EXPECT_EQ(varint(UINT64_MAX), "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

TEST(Coding, VarintsOfEveryLengthComeBack) {
  std::vector<uint64_t> values{0, UINT64_MAX};
  for (int bit = 0; bit < 64; ++bit) {
    for (const int delta : {-1, 0, 1}) {
      values.push_back((uint64_t{1} << bit) + static_cast<uint64_t>(delta));
    }
  }
  for (const uint64_t value : values) {
    const std::string bytes = varint(value);
    EXPECT_EQ(bytes.size(), varint_bytes(value));
    EXPECT_LE(bytes.size(), static_cast<std::size_t>(kMaximumVarint64Bytes));
    uint64_t back = ~value;
    EXPECT_EQ(load_varint(bytes.data(), bytes.data() + bytes.size(), &back),
              bytes.data() + bytes.size());
    EXPECT_EQ(back, value);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      EXPECT_EQ(load_varint(bytes.data(), bytes.data() + cut, &back), nullptr) << value;
    }
  }
}

TEST(Coding, VarintBeyondSixtyFourBitsIsRefused) {
  uint64_t value = 0;
  const std::string large = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02";
  EXPECT_EQ(load_varint(large.data(), large.data() + large.size(), &value), nullptr);
  const std::string endless(20, '\x80');
  EXPECT_EQ(load_varint(endless.data(), endless.data() + endless.size(), &value), nullptr);
}

TEST(Coding, OrderPrefixesOrderLikeTheBytes) {
  std::mt19937 random(1);
  const auto key = [&] {
    std::string bytes(random() % 10, '\0');
    for (char& byte : bytes) byte = "\0\1\x7f\x80\xff"[random() % 5];
    return bytes;
  };
  for (int i = 0; i < 20000; ++i) {
    const std::string a = key();
    const std::string b = key();
    if (order_prefix64(a) != order_prefix64(b)) {
      ASSERT_EQ(order_prefix64(a) < order_prefix64(b), std::string_view(a) < b);
    }
    if (order_prefix16(a) != order_prefix16(b)) {
      ASSERT_EQ(order_prefix16(a) < order_prefix16(b), std::string_view(a) < b);
    }
  }
  EXPECT_EQ(order_prefix64("abc"), 0x6162630000000000u);
  EXPECT_EQ(order_prefix16("abc"), 0x6162u);
  EXPECT_EQ(order_prefix64(std::string_view()), 0u);
  EXPECT_EQ(order_prefix16(std::string_view()), 0u);
}

TEST(ByteReader, TakesFieldsInOrder) {
  std::string bytes;
  append_fixed<uint32_t>(&bytes, 7);
  append_varint(&bytes, 300);
  append_prefixed(&bytes, "key");
  bytes += "tail";
  ByteReader in(bytes);
  EXPECT_EQ(in.fixed<uint32_t>(), 7u);
  EXPECT_EQ(in.varint(), 300u);
  EXPECT_EQ(in.prefixed(), "key");
  EXPECT_EQ(in.left(), 4u);
  EXPECT_EQ(in.bytes(4), "tail");
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.bytes(0), "");
  EXPECT_TRUE(in.ok());
}

TEST(ByteReader, NothingIsReadAfterTheFirstFieldThatIsCutOff) {
  ByteReader in(
      "\x05"
      "ab");
  EXPECT_EQ(in.prefixed(), "");
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.fixed<uint8_t>(), 0);
  EXPECT_EQ(in.varint(), 0u);
  EXPECT_EQ(in.bytes(1), "");
  EXPECT_FALSE(in.ok());
}

TEST(ByteReader, HugeLengthIsCutOffAndNotAnOverflow) {
  ByteReader in(
      "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
      "ab");
  EXPECT_EQ(in.prefixed(), "");
  EXPECT_FALSE(in.ok());
  ByteReader empty{std::string_view()};
  EXPECT_EQ(empty.fixed<uint64_t>(), 0u);
  EXPECT_FALSE(empty.ok());
}

}  // namespace
}  // namespace ashlar
