#include "base/operation.h"

#include <gtest/gtest.h>

#include <random>

#include "base/limits.h"

namespace ashlar {
namespace {

Operation set(std::string_view key, std::string_view value) {
  Operation operation;
  operation.timestamp_us = 1;
  operation.key = key;
  operation.value = value;
  return operation;
}

std::string encoded(const Operation& operation) {
  std::string bytes;
  encode_operation(operation, &bytes);
  return bytes;
}

void expect_same(const Operation& a, const Operation& b) {
  EXPECT_EQ(a.timestamp_us, b.timestamp_us);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.value_is_pointer, b.value_is_pointer);
  EXPECT_EQ(a.expires_at_ms, b.expires_at_ms);
  EXPECT_EQ(a.key, b.key);
  EXPECT_EQ(a.value, b.value);
}

TEST(Operation, BytesAreThoseOfTheExample) {
  const std::string bytes("\x01\0\0\0\0\0\0\0\x01\x01k\x01v\x7c\xf6\x18\xd9", 17);
  EXPECT_EQ(encoded(set("k", "v")), bytes);
  std::size_t consumed = 0;
  const auto decoded = decode_operation(bytes, &consumed);
  ASSERT_TRUE(decoded.ok()) << decoded.status().to_string();
  EXPECT_EQ(consumed, bytes.size());
  expect_same(*decoded, set("k", "v"));
  EXPECT_EQ(decoded->checksum, 0xd918f67cu);
}

TEST(Operation, EveryKindComesBackBothWays) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    const std::string key(1 + random() % 300, 'k');
    const std::string value(random() % 20000, 'v');
    Operation operation = set(key, value);
    operation.timestamp_us = random();
    operation.kind = static_cast<EntryKind>(1 + random() % 3);
    operation.value_is_pointer = random() % 2 == 0;
    if (random() % 2 == 0) operation.expires_at_ms = random();
    std::string bytes = "before";
    const uint32_t checksum = encode_operation(operation, &bytes);
    const std::string_view encoded_bytes = std::string_view(bytes).substr(6);
    ASSERT_EQ(encoded_bytes.size(), encoded_operation_bytes(operation));
    std::size_t consumed = 0;
    const auto decoded = decode_operation(encoded_bytes, &consumed);
    ASSERT_TRUE(decoded.ok());
    ASSERT_EQ(consumed, encoded_bytes.size());
    expect_same(*decoded, operation);
    EXPECT_EQ(decoded->checksum, checksum);
    const Operation trusted = decode_trusted_operation(encoded_bytes.data());
    expect_same(trusted, operation);
    EXPECT_EQ(trusted.checksum, checksum);
  }
}

TEST(Operation, DamageOfAnyBitIsFound) {
  Operation operation = set("a key", "and its value");
  operation.expires_at_ms = 1'700'000'000'000;
  const std::string bytes = encoded(operation);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    std::size_t consumed = 0;
    const auto decoded = decode_operation(damaged + "bytes of the next one", &consumed);
    EXPECT_TRUE(decoded.status().is(StatusCode::kCorruption)) << bit;
  }
}

TEST(Operation, CutOffAnywhereIsCorruption) {
  const std::string bytes = encoded(set("key", std::string(200, 'v')));
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    std::size_t consumed = 0;
    for (const bool verify : {true, false}) {
      EXPECT_FALSE(decode_operation(std::string_view(bytes).substr(0, cut), &consumed, verify).ok())
          << cut;
    }
  }
}

TEST(Operation, StructureIsCheckedEvenWithARightChecksum) {
  const auto refused = [](const Operation& operation) {
    std::size_t consumed = 0;
    return decode_operation(encoded(operation), &consumed).status().is(StatusCode::kCorruption);
  };
  Operation operation = set("k", "v");
  for (const int kind : {0, 4, 15, 0x40, 0x81}) {
    operation.kind = static_cast<EntryKind>(kind);
    EXPECT_TRUE(refused(operation)) << kind;
  }
  EXPECT_TRUE(refused(set("", "v")));
  EXPECT_TRUE(refused(set(std::string(kMaximumStoredKeyBytes + 1, 'k'), "")));
  Operation range = set("", "");
  range.kind = EntryKind::kDeleteRange;
  EXPECT_FALSE(refused(range));
}

}  // namespace
}  // namespace ashlar
