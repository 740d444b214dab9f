#include "index/index_check.h"

#include <gtest/gtest.h>

#include "index/index_test_support.h"

namespace ashlar {
namespace {

class IndexCheckTest : public IndexTest {
 protected:
  IndexCheckTest() {
    must(catalogue_->create("by_n", {.fields = {"$.n"}}));
    must(set("a", R"({"n":1})"));
    must(set("b", R"({"n":[2]})"));
  }

  // Past all upkeep.
  void change(const std::function<void(Commit*)>& fill) {
    Commit commit;
    commit.set_rules(engine_->write_rules());
    fill(&commit);
    must(engine_->write(&commit, {}));
  }
  DocumentEntries::Entry first_entry(const std::string& key, const std::string& json) {
    DocumentEntries found;
    must(index("by_n")->append_entries(key, parse_json(json).value(), &found));
    return found.entries.front();
  }
};

TEST_F(IndexCheckTest, FindsNothingWhereNothingIsWrong) {
  EXPECT_EQ(problems(), Lines{});
}

TEST_F(IndexCheckTest, FindsAMissingEntry) {
  const auto entry = first_entry("a", R"({"n":1})");
  change([&](Commit* commit) { commit->del(entry.key); });
  EXPECT_EQ(problems(), Lines{"index 'by_n': key 'a' has no entry, at (1)"});
}

TEST_F(IndexCheckTest, FindsAnEntryTooMany) {
  const auto entry = first_entry("a", R"({"n":7})");
  change([&](Commit* commit) { commit->set(entry.key, entry.value, 0, false); });
  EXPECT_EQ(problems(), Lines{"index 'by_n': key 'a' has an entry that is not its own, at (7)"});
}

TEST_F(IndexCheckTest, FindsAnEntryOfNoDocument) {
  const auto entry = first_entry("gone", R"({"n":7})");
  change([&](Commit* commit) { commit->set(entry.key, entry.value, 0, false); });
  EXPECT_EQ(problems(), Lines{"index 'by_n': key 'gone' has an entry that is not its own, at (7)"});
}

TEST_F(IndexCheckTest, FindsEntriesOfNoIndex) {
  const std::string key = entries_begin(77) + "values";
  const std::string value = entry_value(1);
  change([&](Commit* commit) { commit->set(key, value, 0, false); });
  EXPECT_EQ(problems(), Lines{"there are entries of an index 77, but no such index"});
}

TEST_F(IndexCheckTest, FindsADocumentThatWasChangedPastTheIndex) {
  change([&](Commit* commit) { commit->set("a", R"({"n":5})", 0, false); });
  EXPECT_EQ(problems().size(), 2u);
}

TEST_F(IndexCheckTest, FindsADamagedEntryAnotherExpiryAndAMissingTrait) {
  const auto entry = first_entry("a", R"({"n":1})");
  change([&](Commit* commit) { commit->set(entry.key, "", 0, false); });
  EXPECT_EQ(problems().size(), 2u);
  change([&](Commit* commit) { commit->set(entry.key, entry.value, 1ull << 50, false); });
  EXPECT_EQ(problems(),
            Lines{"index 'by_n': key 'a' has an entry that expires at another time, at (1)"});
  change([&](Commit* commit) { commit->set(entry.key, entry.value, 0, false); });
  const std::string trait = trait_key(index("by_n")->id(), IndexTrait::kManyValues, 0);
  change([&](Commit* commit) { commit->del(trait); });
  EXPECT_EQ(problems(), Lines{"index 'by_n': key 'b' shows a trait that is not noted"});
}

}  // namespace
}  // namespace ashlar
