#include "index/index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "document/json_text.h"

namespace ashlar {
namespace {

using Lines = std::vector<std::string>;

std::shared_ptr<const Index> make(IndexOptions options) {
  IndexDefinition definition;
  definition.id = 1;
  definition.name = "test";
  definition.options = std::move(options);
  auto index = Index::make(std::move(definition));
  EXPECT_TRUE(index.ok()) << index.status().to_string();
  return std::move(index).value();
}

StatusCode refusal(IndexOptions options, std::string name = "test") {
  IndexDefinition definition;
  definition.name = std::move(name);
  definition.options = std::move(options);
  return Index::make(std::move(definition)).status().code();
}

DocumentEntries entries_of(const Index& index, const std::string& json) {
  DocumentEntries entries;
  const Status status = index.append_entries("k", parse_json(json).value(), &entries);
  EXPECT_TRUE(status.ok()) << status.to_string();
  return entries;
}

// Values of a document's entries, in their order; those that must be the only ones with a "!".
Lines values_of(const Index& index, const std::string& json) {
  Lines lines;
  for (const auto& entry : entries_of(index, json).entries) {
    const IndexEntry split = split_entry(entry.key, entry.value).value();
    EXPECT_EQ(split.key, "k");
    lines.push_back(index.describe_values(split.values) + (entry.exclusive ? "!" : ""));
  }
  return lines;
}

TEST(Index, AValueIsOneEntry) {
  const auto index = make({.fields = {"$.a"}});
  EXPECT_EQ(values_of(*index, R"({"a":3})"), Lines{"(3)"});
  EXPECT_EQ(values_of(*index, R"({"a":{"b":1}})"), Lines{R"(({"b":1}))"});
  EXPECT_TRUE(entries_of(*index, R"({"a":3})").traits.empty());
}

TEST(Index, AMissingValueCountsAsNull) {
  const auto index = make({.fields = {"$.a"}});
  EXPECT_EQ(values_of(*index, R"({"b":3})"), Lines{"(null)"});
  EXPECT_EQ(values_of(*index, R"({"a":null})"), Lines{"(null)"});
  EXPECT_EQ(values_of(*index, "17"), Lines{"(null)"});
}

// The example of docs/FORMAT.md.
TEST(Index, EntriesHaveTheBytesThatAreDocumented) {
  const auto index = make({.fields = {"$.age"}});
  DocumentEntries entries;
  EXPECT_TRUE(
      index->append_entries("user:1", parse_json(R"({"age":null})").value(), &entries).ok());
  ASSERT_EQ(entries.entries.size(), 1u);
  EXPECT_EQ(entries.entries[0].key,
            std::string("\xff\xff\x01\x00\x00\x00\x01\x01\x75\x73\x65\x72\x3a\x31", 14));
  EXPECT_EQ(entries.entries[0].value, "\x01");
}

TEST(Index, ArraysAreEnteredAsAWholeAndByElement) {
  const auto index = make({.fields = {"$.a"}});
  EXPECT_EQ(values_of(*index, R"({"a":[2,1,2,"x"]})"),
            (Lines{"(1)", "(2)", R"(("x"))", R"(([2,1,2,"x"]))"}));
  EXPECT_EQ(values_of(*index, R"({"a":[]})"), Lines{"([])"});
  EXPECT_EQ(entries_of(*index, R"({"a":[1]})").traits,
            Lines{trait_key(1, IndexTrait::kManyValues, 0)});
}

TEST(Index, NamesLookIntoTheObjectsOfAnArray) {
  const auto index = make({.fields = {"$.items.price"}});
  EXPECT_EQ(values_of(*index, R"({"items":[{"price":2},{"price":1},{"x":0}]})"),
            (Lines{"(null)", "(1)", "(2)"}));
}

TEST(Index, LongArraysAreEnteredByElementOnly) {
  const auto index = make({.fields = {"$.a"}});
  std::string array = "[";
  for (int i = 0; i < 2000; ++i) array += std::to_string(1000 + i) + ",";
  array.back() = ']';
  const DocumentEntries entries = entries_of(*index, R"({"a":)" + array + "}");
  EXPECT_EQ(entries.entries.size(), 2000u);
  EXPECT_EQ(entries.traits, (Lines{trait_key(1, IndexTrait::kLongArrays, 0),
                                   trait_key(1, IndexTrait::kManyValues, 0)}));
  EXPECT_EQ(values_of(*index, R"({"a":[)" + array + "]}"), Lines{"([])"});
}

TEST(Index, SeveralFieldsMakeCombinationsInOrder) {
  const auto index = make({.fields = {"$.a", descending("$.b")}});
  EXPECT_EQ(values_of(*index, R"({"a":[1,2],"b":"x"})"),
            (Lines{R"((1, "x"))", R"((2, "x"))", R"(([1,2], "x"))"}));
  EXPECT_EQ(values_of(*index, R"({"a":1,"b":[1,2]})"), (Lines{"(1, [1,2])", "(1, 2)", "(1, 1)"}));
}

TEST(Index, NumbersOfEveryKindAreOneValue) {
  const auto index = make({.fields = {"$.a"}});
  const auto key = [&](const std::string& json) { return entries_of(*index, json).entries[0].key; };
  EXPECT_EQ(key(R"({"a":1})"), key(R"({"a":1.0})"));
  EXPECT_LT(key(R"({"a":9007199254740992})"), key(R"({"a":9007199254740993})"));
  EXPECT_LT(key(R"({"a":-1e400})"), key(R"({"a":-9223372036854775808})"));
}

TEST(Index, SparseLeavesOutDocumentsWithoutAnyField) {
  const auto index = make({.fields = {"$.a", "$.b"}, .sparse = true});
  EXPECT_EQ(values_of(*index, R"({"c":1})"), Lines{});
  EXPECT_EQ(values_of(*index, R"({"b":1})"), Lines{"(null, 1)"});
  EXPECT_EQ(values_of(*index, R"({"a":null})"), Lines{"(null, null)"});
}

TEST(Index, PartialTakesWhatTheFilterMatches) {
  const auto index = make({.fields = {"$.a"}, .where = R"({"live": true})"});
  EXPECT_EQ(values_of(*index, R"({"a":1,"live":true})"), Lines{"(1)"});
  EXPECT_EQ(values_of(*index, R"({"a":1,"live":false})"), Lines{});
}

TEST(Index, UniqueLeavesNullsAlone) {
  const auto index = make({.fields = {"$.a", "$.b"}, .unique = true});
  EXPECT_EQ(values_of(*index, R"({"a":1,"b":2})"), Lines{"(1, 2)!"});
  EXPECT_EQ(values_of(*index, R"({"a":1})"), Lines{"(1, null)"});
  EXPECT_EQ(values_of(*index, R"({"a":1,"b":null})"), Lines{"(1, null)"});
}

TEST(Index, CollatedStringsSortByTheirLanguage) {
  const auto index = make({.fields = {"$.a"}, .collation = "de"});
  const auto key = [&](const std::string& json) { return entries_of(*index, json).entries[0].key; };
  EXPECT_LT(key(R"({"a":"Ähre"})"), key(R"({"a":"Zebra"})"));
  const DocumentEntries entries = entries_of(*index, R"({"a":"Ähre"})");
  const IndexEntry split = split_entry(entries.entries[0].key, entries.entries[0].value).value();
  EXPECT_TRUE(index->decode_values(split.values).ok());
  EXPECT_EQ(index->describe_values(split.values), "(a string)");
  EXPECT_LT(key(R"({"a":5})"), key(R"({"a":""})"));
  EXPECT_LT(key(R"({"a":"zz"})"), key(R"({"a":[]})"));
  const auto bytes = make({.fields = {"$.a"}});
  EXPECT_GT(entries_of(*bytes, R"({"a":"Ähre"})").entries[0].key,
            entries_of(*bytes, R"({"a":"Zebra"})").entries[0].key);
}

TEST(Index, LimitsAreNamed) {
  const auto index = make({.fields = {"$.a", "$.b"}});
  DocumentEntries entries;
  const std::string text(70'000, 'x');
  const Status longer =
      index->append_entries("k", parse_json(R"({"a":")" + text + "\"}").value(), &entries);
  EXPECT_TRUE(longer.is(StatusCode::kTooLarge));
  EXPECT_NE(longer.message().find("index 'test'"), std::string::npos) << longer.to_string();
  std::string array = "[";
  for (int i = 0; i < 200; ++i) array += std::to_string(i) + ",";
  array.back() = ']';
  const Status many = index->append_entries(
      "k", parse_json(R"({"a":)" + array + R"(,"b":)" + array + "}").value(), &entries);
  EXPECT_TRUE(many.is(StatusCode::kTooLarge)) << many.to_string();
  EXPECT_TRUE(entries.entries.empty());
}

TEST(Index, CoversItsPrefixAndNoSystemKeys) {
  const auto users = make({.prefix = "user:", .fields = {"a"}});
  EXPECT_TRUE(users->covers("user:1"));
  EXPECT_TRUE(users->covers("user:"));
  EXPECT_FALSE(users->covers("user"));
  EXPECT_TRUE(users->covers_some_of("a", ""));
  EXPECT_TRUE(users->covers_some_of("user:5", "user:6"));
  EXPECT_FALSE(users->covers_some_of("user;", ""));
  EXPECT_FALSE(users->covers_some_of("a", "user:"));
  EXPECT_TRUE(users->covers_nothing_beside("user:", "user;"));
  EXPECT_FALSE(users->covers_nothing_beside("user:", "user:zz"));
  EXPECT_FALSE(users->covers_nothing_beside("user:1", ""));
  const auto all = make({.fields = {"a"}});
  EXPECT_TRUE(all->covers("anything"));
  EXPECT_FALSE(all->covers(entries_begin(1)));
  EXPECT_FALSE(all->covers_some_of(entries_begin(1), entries_begin(2)));
}

TEST(Index, WrongDefinitionsAreRefused) {
  EXPECT_EQ(refusal({.fields = {}}), StatusCode::kInvalidArgument);
  EXPECT_EQ(refusal({.fields = {"$.a[*]"}}), StatusCode::kInvalidArgument);
  EXPECT_EQ(refusal({.fields = {"$.a"}, .where = "{"}), StatusCode::kInvalidArgument);
  EXPECT_EQ(refusal({.fields = {"$.a"}, .collation = "!"}), StatusCode::kInvalidArgument);
  EXPECT_EQ(refusal({.fields = {"$.a"}}, ""), StatusCode::kInvalidArgument);
  EXPECT_EQ(refusal({.fields = {"$.a"}}, std::string(256, 'n')), StatusCode::kInvalidArgument);
  EXPECT_EQ(refusal({.fields = std::vector<IndexField>(17, "$.a")}), StatusCode::kInvalidArgument);
  EXPECT_EQ(refusal({.fields = std::vector<IndexField>(16, "$.a")}), StatusCode::kOk);
}

}  // namespace
}  // namespace ashlar
