#include "index/index_keys.h"

#include <gtest/gtest.h>

#include "base/key_prefix.h"
#include "base/key_space.h"

namespace ashlar {
namespace {

TEST(IndexKeys, AreSystemKeysInTheOrderOfTheirIds) {
  for (const std::string& key : {definition_key(7), progress_key(7),
                                 trait_key(7, IndexTrait::kManyValues, 3), entries_begin(7)}) {
    EXPECT_TRUE(is_system_key(key));
  }
  EXPECT_LT(definition_key(1), definition_key(256));
  EXPECT_LT(definition_key(UINT32_MAX), end_of_definitions());
  EXPECT_LT(end_of_definitions(), progress_key(0) + '\0');
  EXPECT_EQ(definition_key(0x01020304), std::string("\xff\xff\x00\x01\x01\x02\x03\x04", 8));
  EXPECT_EQ(entries_begin(0x01020304), std::string("\xff\xff\x01\x01\x02\x03\x04", 7));
  EXPECT_EQ(entries_begin(1).size(), kEntriesBeginBytes);
  EXPECT_TRUE(trait_key(7, IndexTrait::kLongArrays, 0).starts_with(traits_begin(7)));
}

TEST(IndexKeys, DefinitionsGiveTheirIdBack) {
  EXPECT_EQ(id_of_definition_key(definition_key(0x89abcdef)).value(), 0x89abcdefu);
  EXPECT_TRUE(id_of_definition_key("x").status().is(StatusCode::kCorruption));
  EXPECT_TRUE(id_of_definition_key(progress_key(1)).status().is(StatusCode::kCorruption));
  EXPECT_TRUE(id_of_definition_key(definition_key(1) + "x").status().is(StatusCode::kCorruption));
}

TEST(IndexKeys, EntriesAreSplitWhereverTheirDocumentIsNamed) {
  const std::string values = "values";
  const std::string long_key = entries_begin(1) + values + "user:1";
  const IndexEntry in_key = split_entry(long_key, entry_value(values.size())).value();
  EXPECT_EQ(in_key.values, values);
  EXPECT_EQ(in_key.key, "user:1");
  const std::string unique = unique_entry_value(values.size(), "user:2");
  const std::string short_key = entries_begin(1) + values;
  const IndexEntry in_value = split_entry(short_key, unique).value();
  EXPECT_EQ(in_value.values, values);
  EXPECT_EQ(in_value.key, "user:2");
}

TEST(IndexKeys, DamagedEntriesAreCorruption) {
  const std::string begin = entries_begin(1);
  const auto refused = [](std::string_view key, std::string_view value) {
    return split_entry(key, value).status().is(StatusCode::kCorruption);
  };
  EXPECT_TRUE(refused(begin + "ab", ""));
  EXPECT_TRUE(refused(begin + "ab", entry_value(3)));
  EXPECT_TRUE(refused(begin + "ab", entry_value(2)));               // no document
  EXPECT_TRUE(refused(begin + "abc", unique_entry_value(2, "k")));  // two
  EXPECT_TRUE(refused("short", entry_value(0)));
  EXPECT_TRUE(refused(begin + "ab", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"));
}

}  // namespace
}  // namespace ashlar
