// The two ways of telling a document's entries agree, and what is collected is the difference.
#include "index/index_upkeep.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "document/document_test_support.h"
#include "document/json_text.h"

namespace ashlar {
namespace {

using Lines = std::vector<std::string>;

std::shared_ptr<const Index> make(IndexId id, IndexOptions options) {
  IndexDefinition definition;
  definition.id = id;
  definition.name = "by" + std::to_string(id);
  definition.options = std::move(options);
  auto made = Index::make(std::move(definition));
  EXPECT_TRUE(made.ok()) << made.status().to_string();
  return std::move(made).value();
}

std::vector<std::shared_ptr<const Index>> some_indexes(bool with_condition) {
  std::vector<std::shared_ptr<const Index>> indexes = {
      make(1, {.fields = {"$.a"}}),
      make(2, {.fields = {descending("$.b"), "$.a.b"}, .sparse = true}),
      make(3, {.fields = {"$.a", "$.c.d"}, .unique = true}),
      make(4, {.fields = {"$.b", "$.c[0]"}, .collation = "de"}),
      make(5, {.prefix = "other:", .fields = {"$.a"}}),
  };
  if (with_condition) indexes.push_back(make(6, {.fields = {"$.b"}, .where = "a > 1"}));
  return indexes;
}

// "+ key value !" for what is added, "-" for what goes.
Lines shown(const EntryChanges& changes) {
  Lines lines;
  for (const EntryChange& change : changes.changes()) {
    lines.push_back(std::string(change.added ? "+ " : "- ")
                        .append(change.key)
                        .append(" ")
                        .append(change.value)
                        .append(change.exclusive ? " !" : "")
                        .append(change.added ? " " + std::to_string(change.expires_at_ms) : ""));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

// The same out of whole documents.
Lines expected(const std::vector<std::shared_ptr<const Index>>& indexes, const JsonValue* before,
               const JsonValue* after, bool same_expiry, uint64_t expires_at_ms) {
  EntryChanges changes;
  for (const auto& index : indexes) {
    if (!index->covers("k")) continue;
    DocumentEntries old;
    DocumentEntries fresh;
    EXPECT_TRUE(before == nullptr || index->append_entries("k", *before, &old).ok());
    EXPECT_TRUE(after == nullptr || index->append_entries("k", *after, &fresh).ok());
    const auto has = [](const DocumentEntries& all, const DocumentEntries::Entry& entry) {
      return std::find(all.entries.begin(), all.entries.end(), entry) != all.entries.end();
    };
    for (const auto& entry : old.entries) {
      if (!has(fresh, entry)) changes.remove(*index, entry);
    }
    for (const auto& entry : fresh.entries) {
      if (!same_expiry || !has(old, entry)) changes.add(*index, entry, expires_at_ms);
    }
  }
  return shown(changes);
}

TEST(IndexUpkeep, CollectsTheDifferenceHoweverDocumentsAreRead) {
  const char* const given = std::getenv("ASHLAR_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20'263;
  SCOPED_TRACE("ASHLAR_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::size_t changed = 0;
  for (const bool with_condition : {false, true}) {
    const auto indexes = some_indexes(with_condition);
    IndexUpkeep upkeep;
    for (const auto& index : indexes) upkeep.add(index);
    const auto random_document = [&] {
      JsonValue::Object members;
      for (const char* const name : {"a", "b", "c"}) {
        if (random() % 4 == 0) continue;
        const int depth = random() % 8 == 0 ? 2 : 0;
        members.push_back({name, random() % 2 == 0
                                     ? JsonValue::integer(static_cast<int64_t>(random() % 3))
                                     : random_json(random, depth)});
      }
      return JsonValue::object(std::move(members));
    };
    for (int round = 0; round < 4'000; ++round) {
      const JsonValue before = random_document();
      const JsonValue after = random_document();
      const std::string before_text = to_json(before);
      const std::string after_text = to_json(after);
      const StoredValue old{before_text, random() % 2};
      const StoredValue fresh{after_text, random() % 2};
      const bool has_old = random() % 4 != 0;
      const bool has_fresh = random() % 4 != 0;
      EntryChanges changes;
      ASSERT_TRUE(
          upkeep.collect("k", has_old ? &old : nullptr, has_fresh ? &fresh : nullptr, &changes)
              .ok());
      ASSERT_EQ(shown(changes),
                expected(indexes, has_old ? &before : nullptr, has_fresh ? &after : nullptr,
                         has_old && has_fresh && old.expires_at_ms == fresh.expires_at_ms,
                         fresh.expires_at_ms))
          << before_text << " " << after_text;
      changed += changes.changes().size();
    }
  }
  EXPECT_GT(changed, 10'000u);
}

TEST(IndexUpkeep, ATraitIsNotedOnce) {
  IndexUpkeep upkeep;
  upkeep.add(make(1, {.fields = {"$.a"}}));
  EntryChanges changes;
  for (const char* const key : {"k", "l"}) {
    const StoredValue fresh{R"({"a":[1,2]})", 0};
    ASSERT_TRUE(upkeep.collect(key, nullptr, &fresh, &changes).ok());
  }
  ASSERT_EQ(changes.traits().size(), 1u);
  EXPECT_EQ(changes.traits().front().key, trait_key(1, IndexTrait::kManyValues, 0));
}

TEST(IndexUpkeep, ValuesBeyondTheLimitAreRefusedAndHadNoEntries) {
  IndexUpkeep upkeep;
  upkeep.add(make(1, {.fields = {"$.a"}}));
  const std::string text = R"({"a":")" + std::string(100'000, 'x') + "\"}";
  const StoredValue large{text, 0};
  const StoredValue small{R"({"a":1})", 0};
  EntryChanges changes;
  EXPECT_TRUE(upkeep.collect("k", &small, &large, &changes).is(StatusCode::kTooLarge));
  EntryChanges others;
  ASSERT_TRUE(upkeep.collect("k", &large, &small, &others).ok());
  EXPECT_EQ(others.changes().size(), 1u);
}

}  // namespace
}  // namespace ashlar
