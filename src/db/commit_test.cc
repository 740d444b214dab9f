#include "db/commit.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include "base/checksum.h"
#include "base/coding.h"
#include "base/hash.h"
#include "base/limits.h"

namespace ashlar {
namespace {

// "set k=v, del k, range a..b" of what a sealed commit holds.
std::string decoded(const Commit& commit) {
  std::string text;
  for (const Commit::Item& item : commit.items()) {
    std::size_t consumed = 0;
    const auto operation =
        decode_operation(commit.bytes().substr(item.offset, item.size), &consumed);
    EXPECT_TRUE(operation.ok()) << operation.status().to_string();
    EXPECT_EQ(consumed, item.size);
    if (!text.empty()) text += ", ";
    const std::string key(operation->key);
    const std::string value(operation->value);
    switch (operation->kind) {
      case EntryKind::kSet:
        text += "set " + key + "=" + value;
        break;
      case EntryKind::kDelete:
        text += "del " + key;
        break;
      case EntryKind::kDeleteRange:
        text += "range " + key + ".." + value;
        break;
    }
  }
  return text;
}

TEST(Commit, HoldsItsOperationsInOrder) {
  Commit commit;
  EXPECT_TRUE(commit.empty());
  commit.set("a", "1", 0, false);
  commit.del("b");
  commit.set("a", "2", 77, false);
  commit.seal(5);
  EXPECT_EQ(decoded(commit), "set a=1, del b, set a=2");
  EXPECT_EQ(commit.count(), 3u);
  EXPECT_EQ(commit.user_bytes(), 5u);
  EXPECT_EQ(commit.items()[2].operation.expires_at_ms, 77u);
  EXPECT_EQ(commit.items()[0].hash, hash_key("a"));
  std::size_t consumed = 0;
  EXPECT_EQ(decode_operation(commit.bytes(), &consumed)->timestamp_us, 5u);
}

TEST(Commit, ADeleteRangeErasesWhatTheCommitSetBeforeInTheRange) {  // [COMMIT-1]
  Commit commit;
  commit.set("a", "1", 0, false);
  commit.set("b", "1", 0, false);
  commit.del("bb");
  commit.set("c", "1", 0, false);
  commit.del_range("b", "c");
  commit.set("b", "2", 0, false);
  commit.seal(1);
  EXPECT_EQ(decoded(commit), "set a=1, set c=1, range b..c, set b=2");
}

TEST(Commit, ADeleteRangeWithoutEndErasesEverythingBehindItsStart) {  // [COMMIT-1]
  Commit commit;
  commit.set("a", "1", 0, false);
  commit.del_range("x", "y");
  commit.set("\xff\xff", "1", 0, false);
  commit.del_range("b", "");
  commit.seal(1);
  EXPECT_EQ(decoded(commit), "set a=1, range x..y, range b..");
}

TEST(Commit, TheDigestCoversTheChecksumsOfItsOperations) {
  Commit commit;
  commit.set("a", "1", 0, false);
  commit.del("b");
  commit.seal(1);
  std::string checksums;
  for (const Commit::Item& item : commit.items()) {
    checksums += commit.bytes().substr(item.offset + item.size - 4, 4);
  }
  EXPECT_EQ(commit.digest(), crc32c(checksums));
}

TEST(Commit, MayBeSealedAgainAfterChanges) {
  Commit commit;
  commit.set("a", "1", 0, false);
  commit.seal(1);
  commit.set("b", "2", 0, false);
  commit.seal(2);
  EXPECT_EQ(decoded(commit), "set a=1, set b=2");
  commit.clear();
  EXPECT_TRUE(commit.empty());
  EXPECT_EQ(commit.user_bytes(), 0u);
  commit.del("c");
  commit.seal(3);
  EXPECT_EQ(decoded(commit), "del c");
}

TEST(Commit, KeepsThePointersOfHugeValues) {
  Commit commit;
  for (uint64_t i = 1; i <= 50; ++i) commit.set_pointer("k", {i, 4096, 1000, 7}, 0);
  commit.seal(1);
  ASSERT_EQ(commit.value_files().size(), 50u);
  for (uint64_t i = 0; i < 50; ++i) {
    EXPECT_EQ(commit.value_files()[i], i + 1);
    ValuePointer pointer;
    ASSERT_TRUE(ValuePointer::decode(commit.items()[i].operation.value, &pointer));
    EXPECT_EQ(pointer, (ValuePointer{i + 1, 4096, 1000, 7}));
    EXPECT_TRUE(commit.items()[i].operation.value_is_pointer);
  }
}

TEST(Commit, LimitsAreExact) {
  EXPECT_TRUE(check_key("").is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(check_key(std::string(kMaximumKeyBytes, 'k')).ok());
  EXPECT_TRUE(check_key(std::string(kMaximumKeyBytes + 1, 'k')).is(StatusCode::kTooLarge));
  EXPECT_TRUE(check_value("").ok());
}

TEST(ThreadCommit, KeepsNoMemoryOfALargeCommit) {
  const auto in_use = [] {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  const std::size_t before = in_use();
  {
    ThreadCommit reused;
    Commit& commit = *reused;
    const std::string value(100, 'v');
    for (int i = 0; i < 100'000; ++i) commit.set("key", value, 0, false);
    commit.seal(1);
  }
  EXPECT_LT(in_use(), before + (std::size_t{4} << 20));
}

TEST(ThreadCommit, IsAnotherOneInsideOfItself) {
  ThreadCommit outer;
  (*outer).del("a");
  {
    ThreadCommit inner;
    EXPECT_TRUE((*inner).empty());
    (*inner).del("b");
  }
  EXPECT_EQ((*outer).count(), 1u);
}

}  // namespace
}  // namespace ashlar
