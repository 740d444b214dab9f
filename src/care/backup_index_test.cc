#include "care/backup_index.h"

#include <gtest/gtest.h>

#include <random>

namespace ashlar {
namespace {

BackupIndex sample() {
  BackupIndex index;
  index.taken_us = 1'790'000'000'000'000;
  index.last_sequence = 7;
  index.log_position = 4096;
  index.database_id = 0x123456789abcdef;
  index.files.push_back({"MANIFEST-000012", "", {120, 0x1a2b3c4d}});
  index.files.push_back(
      {"000034.table", "000034-0123456789abcdef-9aabbccd.table", {8192, 0x5e6f7081}});
  return index;
}

TEST(BackupIndex, IsTheTextThatItsHeaderShows) {
  const std::string text = sample().encode();
  EXPECT_EQ(text.substr(0, text.find("end ")),
            "ashlar backup 1\n"
            "taken_us 1790000000000000\n"
            "last_sequence 7\n"
            "log_position 4096\n"
            "database_id 81985529216486895\n"
            "own MANIFEST-000012 120 1a2b3c4d\n"
            "shared 000034.table 8192 5e6f7081 000034-0123456789abcdef-9aabbccd.table\n");
  const auto decoded = BackupIndex::decode(text);
  ASSERT_TRUE(decoded.ok()) << decoded.status().to_string();
  EXPECT_EQ(decoded->encode(), text);
  EXPECT_EQ(decoded->bytes(), 8312u);
}

TEST(BackupIndex, AnyChangedByteIsFound) {
  const std::string text = sample().encode();
  std::mt19937_64 random(1);
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string changed = text;
    changed[at] = static_cast<char>(changed[at] ^ (1 + random() % 255));
    EXPECT_FALSE(BackupIndex::decode(changed).ok()) << at;
    EXPECT_FALSE(BackupIndex::decode(text.substr(0, at)).ok()) << at;
  }
}

TEST(BackupIndex, ANewerVersionIsNotSupported) {
  std::string text = sample().encode();
  text.replace(0, 15, "ashlar backup 2");
  EXPECT_TRUE(BackupIndex::decode(text).status().is(StatusCode::kUnsupported));
}

TEST(BackupIndex, ANameThatLeadsElsewhereIsDamage) {
  for (const char* name : {"../x", "a/b", ".hidden", ""}) {
    BackupIndex index = sample();
    index.files[0].name = name;
    EXPECT_FALSE(BackupIndex::decode(index.encode()).ok()) << name;
    index = sample();
    index.files[1].stored = name;
    if (*name != '\0') {
      EXPECT_FALSE(BackupIndex::decode(index.encode()).ok()) << name;
    }
  }
}

TEST(BackupNames, HaveSixDigitsAtLeast) {
  EXPECT_EQ(backup_name(1), "000001");
  EXPECT_EQ(backup_name(12'345'678), "12345678");
}

}  // namespace
}  // namespace ashlar
