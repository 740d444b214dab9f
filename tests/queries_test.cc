// Queries through the public API: options, transactions, plans and their explanation.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ashlar/database.h"
#include "env/sim_env.h"
#include "support/expect.h"

namespace ashlar {
namespace {

using Keys = std::vector<std::string>;
using Texts = std::vector<std::string>;

class QueriesTest : public testing::Test {
 protected:
  QueriesTest() { open(); }

  void open() {
    Options options;
    options.memory_budget = Options::kMinimumMemoryBudget;
    options.env = &env_;
    database_.reset();
    database_ = Database::open("/db", options).value();
  }

  void set(std::string_view key, std::string_view json) { ASSERT_OK(database_->set(key, json)); }

  void add_people(int count) {
    for (int number = 0; number < count; ++number) {
      nlohmann::json person = {
          {"age", number % 100}, {"city", number % 2 == 0 ? "Rome" : "Paris"}, {"number", number}};
      set("user:" + std::to_string(1000 + number), person.dump());
    }
  }

  template <typename Range>
  static Keys keys_of(const Range& range) {
    Keys keys;
    for (const auto& entry : range) keys.emplace_back(entry.key);
    EXPECT_TRUE(range.status().ok()) << range.status().to_string();
    return keys;
  }
  static Texts texts_of(const JsonRange& range) {
    Texts texts = range.to_vector();
    EXPECT_TRUE(range.status().ok()) << range.status().to_string();
    return texts;
  }
  Keys find(std::string_view filter, const QueryOptions& options = {}) {
    return keys_of(database_->find("", filter, options));
  }
  nlohmann::json explain(std::string_view filter, const QueryOptions& options = {}) {
    const auto explanation = database_->explain("user:", filter, options);
    EXPECT_OK(explanation);
    if (!explanation.ok()) return {};
    EXPECT_EQ(explanation->text.rfind("plan: ", 0), 0u) << explanation->text;
    return nlohmann::json::parse(explanation->json);
  }

  SimEnv env_{1};
  std::unique_ptr<Database> database_;
};

TEST_F(QueriesTest, AFilterThatIsWrongIsTheRangesStatus) {
  const auto range = database_->find("", "age >");
  EXPECT_CODE(range.status(), kInvalidArgument);
  EXPECT_NE(range.status().message().find('^'), std::string::npos);
  EXPECT_TRUE(range.begin() == range.end());
  EXPECT_CODE(database_->find("", "", {.fields = {"a"}, .without = {"b"}}).status(),
              kInvalidArgument);
  EXPECT_CODE(database_->find("", "", {.plan = "index nothing"}).status(), kInvalidArgument);
  EXPECT_CODE(database_->find("", "", {.after = "00"}).status(), kInvalidArgument);
}

TEST_F(QueriesTest, ValuesThatAreNoDocumentsArePassedOver) {
  set("a", R"({"x":1})");
  set("b", "plain text");
  set("c", "5");
  EXPECT_EQ(find(""), (Keys{"a", "c"}));
  EXPECT_EQ(find("x exists"), Keys{"a"});
  EXPECT_EQ(find("$ = 5"), Keys{"c"});
}

TEST_F(QueriesTest, SortsBySeveralFieldsThenByKey) {
  set("a", R"({"x":1,"y":1})");
  set("b", R"({"x":2,"y":1})");
  set("c", R"({"x":1,"y":2})");
  set("d", R"({"y":3})");
  set("e", R"({"x":1,"y":2})");
  EXPECT_EQ(find("", {.sort = {"x", descending("y")}}), (Keys{"d", "c", "e", "a", "b"}));
  EXPECT_EQ(find("", {.sort = {"x", descending("y")}, .limit = 2, .skip = 1}), (Keys{"c", "e"}));
}

TEST_F(QueriesTest, ProjectsFields) {
  set("a", R"({"x":1,"y":{"z":2,"w":3},"l":[{"m":1,"n":2},5,{"n":3}]})");
  const auto project = [&](const QueryOptions& options) {
    return database_->find("", "", options).to_vector().at(0).second;
  };
  EXPECT_EQ(project({.fields = {"y.z", "l.m"}}), R"({"y":{"z":2},"l":[{"m":1},{}]})");
  EXPECT_EQ(project({.without = {"y.z", "l.n", "x"}}), R"({"y":{"w":3},"l":[{"m":1},5,{}]})");
  EXPECT_EQ(project({.keys_only = true}), "");
  EXPECT_EQ(project({.fields = {"nothing"}}), "{}");
}

TEST_F(QueriesTest, GroupsWithSums) {
  set("a", R"({"city":"Rome","n":1})");
  set("b", R"({"city":"Rome","n":[2,4]})");
  set("c", R"({"city":"Oslo","n":0.5})");
  set("d", R"({"n":"x"})");
  const Grouping grouping{
      .by = {"city"},
      .values = {count(), sum("n"), average("n", "mean"), minimum("n"), maximum("n")}};
  EXPECT_EQ(
      texts_of(database_->group("", grouping)),
      (Texts{
          R"({"city":null,"count":1,"sum_n":null,"mean":null,"min_n":"x","max_n":"x"})",
          R"({"city":"Oslo","count":1,"sum_n":0.5,"mean":0.5,"min_n":0.5,"max_n":0.5})",
          R"({"city":"Rome","count":2,"sum_n":7,"mean":2.3333333333333335,"min_n":1,"max_n":4})"}));
  EXPECT_EQ(texts_of(database_->group("", {.by = {}, .values = {count()}}, "city = \"none\"")),
            Texts{R"({"count":0})"});
  EXPECT_EQ(texts_of(database_->distinct("", "n", "n is number")), (Texts{"0.5", "1", "2", "4"}));
}

TEST_F(QueriesTest, ASumOfIntegersThatOverflowsGoesOnAsADouble) {
  set("a", R"({"n":9223372036854775807})");
  set("b", R"({"n":9223372036854775807})");
  EXPECT_EQ(texts_of(database_->group("", {.by = {}, .values = {sum("n")}})),
            Texts{R"({"sum_n":18446744073709551616.0})"});
}

TEST_F(QueriesTest, SortsLargerThanTheirShareOfMemorySpill) {
  constexpr int kDocuments = 8000;
  for (int number = 0; number < kDocuments; ++number) {
    nlohmann::json document = {{"n", number * 7919 % kDocuments}, {"pad", std::string(600, 'x')}};
    set("user:" + std::to_string(number), document.dump());
  }
  const auto plan = explain("", {.sort = {"n"}});
  EXPECT_NE(plan.dump().find("\"spilled_bytes\":"), std::string::npos);
  EXPECT_GT(plan["root"]["spilled_bytes"].get<uint64_t>(), 1'000'000u);
  const auto range = database_->find("", "", {.sort = {"n"}, .fields = {"n"}});
  int expected = 0;
  for (const auto& [key, json] : range) {
    ASSERT_EQ(json, "{\"n\":" + std::to_string(expected++) + "}");
  }
  EXPECT_EQ(expected, kDocuments);
}

TEST_F(QueriesTest, UsesAnIndexAndReadsOnlyWhatItHasTo) {
  add_people(1000);
  EXPECT_EQ(explain("age = 30")["plan"], "scan");
  ASSERT_OK(database_->create_index("by_age", {.prefix = "user:", .fields = {"age"}}));
  const auto plan = explain("age = 30");
  EXPECT_EQ(plan["plan"], "index by_age");
  EXPECT_EQ(plan["documents_read"], 10);
  EXPECT_EQ(plan["rows"], 10);
  EXPECT_EQ(explain("age != 30 and number exists")["plan"], "scan");
}

// An index's bounds may say all that a filter does; where they say less, documents are looked at.
TEST_F(QueriesTest, AnIndexGivesNoMoreThanTheFilterAsksFor) {
  ASSERT_OK(database_->create_index("by_a_b", {.prefix = "user:", .fields = {"$.a", "$.b"}}));
  const auto answers = [&](std::string_view filter, std::string_view prefix = "user:") {
    const auto with_plan = [&](std::string plan) {
      Keys keys = keys_of(database_->find(prefix, filter, {.plan = std::move(plan)}));
      std::sort(keys.begin(), keys.end());
      return keys;
    };
    const Keys scanned = with_plan("scan");
    EXPECT_EQ(with_plan("index by_a_b"), scanned);
    EXPECT_EQ(with_plan(""), scanned);
    return scanned;
  };
  set("user:1", R"({"a":1,"b":1,"c":1})");
  set("user:2", R"({"a":2,"b":2,"c":1})");
  set("user:3", R"({"a":3,"b":1,"c":2})");
  set("user:4", R"({"a":"3","b":2,"c":2})");
  set("user:5", R"({"b":2,"c":2})");
  EXPECT_EQ(answers("a >= 2"), (Keys{"user:2", "user:3"}));
  EXPECT_EQ(answers("a >= 2", "user:3"), Keys{"user:3"});
  EXPECT_EQ(answers("a >= 1 and a < 3"), (Keys{"user:1", "user:2"}));
  EXPECT_EQ(answers("a >= 2 and b = 1"), Keys{"user:3"});
  EXPECT_EQ(answers("a = 2 and b = 2"), Keys{"user:2"});
  EXPECT_EQ(answers("a >= 1 and c = 1"), (Keys{"user:1", "user:2"}));
  EXPECT_EQ(answers("a = 3 or a = \"3\""), (Keys{"user:3", "user:4"}));
  EXPECT_EQ(answers("a != 3 and a >= 1"), (Keys{"user:1", "user:2"}));

  // Of arrays one element may meet one condition, and another the other.
  set("user:6", R"({"a":[1,9],"b":1,"c":1})");
  set("user:7", R"({"a":[7,8],"b":1,"c":1})");
  EXPECT_EQ(answers("a >= 5 and a <= 3"), Keys{"user:6"});
  EXPECT_EQ(answers("a <= 3 and a >= 5"), Keys{"user:6"});
  EXPECT_EQ(answers("a > 3 and a < 8"), (Keys{"user:6", "user:7"}));
}

// What makes a field one of many values may have been written by the transaction itself.
TEST_F(QueriesTest, ATransactionsOwnArraysAreLookedAt) {
  ASSERT_OK(database_->create_index("by_a", {.prefix = "user:", .fields = {"$.a"}}));
  set("user:1", R"({"a":1})");
  auto tx = database_->begin();
  ASSERT_OK(tx.set("user:2", R"({"a":[1,9]})"));
  ASSERT_OK(tx.set("user:3", R"({"a":[7,8]})"));
  EXPECT_EQ(keys_of(tx.find("user:", "a >= 5 and a <= 3")), Keys{"user:2"});
}

TEST_F(QueriesTest, TakesTheOrderFromAnIndexAndEndsEarly) {
  add_people(1000);
  ASSERT_OK(database_->create_index("by_age", {.prefix = "user:", .fields = {"age", "number"}}));
  const auto plan = explain("", {.sort = {descending("age"), descending("number")}, .limit = 5});
  EXPECT_EQ(plan["plan"], "index by_age");
  EXPECT_EQ(plan["sorts"], false);
  EXPECT_EQ(plan["documents_read"], 5);
  EXPECT_EQ(find("age = 7", {.sort = {"number"}, .limit = 2}), (Keys{"user:1007", "user:1107"}));
  EXPECT_EQ(explain("age = 7", {.sort = {"number"}, .limit = 2})["documents_read"], 2);
}

TEST_F(QueriesTest, AnswersFromAnIndexAlone) {
  add_people(1000);
  ASSERT_OK(database_->create_index("by_age", {.prefix = "user:", .fields = {"age", "city"}}));
  const auto plan = explain("age < 50 and city = \"Rome\"", {.keys_only = true});
  EXPECT_EQ(plan["plan"], "index by_age");
  EXPECT_EQ(plan["index_only"], true);
  EXPECT_EQ(plan["documents_read"], 0);
  EXPECT_EQ(database_->count_where("user:", "age < 50 and city = \"Rome\"").value(), 250u);
  // What an entry does not tell has to be read.
  EXPECT_EQ(explain("age exists and age < 50", {.keys_only = true})["index_only"], false);
  set("user:x", R"({"age":[1,2],"city":"Rome"})");
  EXPECT_EQ(explain("age < 50 and city = \"Rome\"", {.keys_only = true})["index_only"], false);
}

TEST_F(QueriesTest, DistinctValuesOfAnIndexAreThoseOfTheDocuments) {
  for (int number = 0; number < 600; ++number) {
    const int kind = number % 6;
    const std::string value = kind == 0   ? "\"Rome\""
                              : kind == 1 ? "\"a\\u0000b\""
                              : kind == 2 ? "2.5"
                              : kind == 3 ? "null"
                              : kind == 4 ? "true"
                                          : "[]";
    const std::string city = number % 7 == 0 ? "" : "\"city\":" + value + ",";
    set("user:" + std::to_string(1000 + number),
        "{" + city + "\"n\":" + std::to_string(number) + "}");
  }
  const Texts expected = {"null", "true", "2.5", R"("Rome")", R"("a\u0000b")"};
  QueryOptions scan;
  scan.plan = "scan";
  EXPECT_EQ(texts_of(database_->distinct("user:", "city", "", scan)), expected);
  for (const IndexField& field : {IndexField("city"), descending("city")}) {
    ASSERT_OK(database_->create_index("by_city", {.prefix = "user:", .fields = {field, "n"}}));
    EXPECT_EQ(texts_of(database_->distinct("user:", "city")), expected);
    EXPECT_EQ(texts_of(database_->distinct("user:1", "city")), expected);
    Transaction tx = database_->begin();
    ASSERT_OK(tx.set("user:x", R"({"city":"Aachen"})"));
    Texts with_own = expected;
    with_own.insert(with_own.begin() + 3, R"("Aachen")");
    EXPECT_EQ(texts_of(tx.distinct("user:", "city")), with_own);
    tx.rollback();
    ASSERT_OK(database_->drop_index("by_city"));
  }
}

TEST_F(QueriesTest, IntersectsAndUnites) {
  add_people(3000);
  ASSERT_OK(database_->create_index("by_age", {.prefix = "user:", .fields = {"age"}}));
  ASSERT_OK(database_->create_index("by_number", {.prefix = "user:", .fields = {"number"}}));
  const auto both = explain("age = 5 and number < 300", {.plan = "intersect by_number by_age"});
  EXPECT_EQ(both["rows"], 3);
  EXPECT_EQ(both["documents_read"], 3);
  const auto any = explain("age = 5 or number = 17");
  EXPECT_EQ(any["plan"], "union");
  EXPECT_EQ(any["rows"], 31);
  EXPECT_EQ(any["documents_read"], 31);
}

TEST_F(QueriesTest, GoesOnBehindAResumeTokenAfterReopening) {
  add_people(100);
  for (const std::vector<SortField>& sort :
       {std::vector<SortField>{}, std::vector<SortField>{descending("age")}}) {
    QueryOptions page{.sort = sort, .limit = 7};
    Keys all;
    while (true) {
      std::string token;
      std::size_t found = 0;
      {
        const auto range = database_->find("user:", "age < 90", page);
        for (const Entry& entry : range) {
          all.emplace_back(entry.key);
          ++found;
        }
        token = range.resume_token();
      }
      if (found == 0) break;
      page.after = token;
      open();
    }
    EXPECT_EQ(all, keys_of(database_->find("user:", "age < 90", {.sort = sort})));
    EXPECT_EQ(all.size(), 90u);
    EXPECT_CODE(database_->find("user:", "age < 80", page).status(), kInvalidArgument);
  }
}

TEST_F(QueriesTest, ReadsAsOfASnapshot) {
  add_people(10);
  const Snapshot snapshot = database_->snapshot();
  ASSERT_OK(database_->create_index("by_age", {.fields = {"age"}}));
  ASSERT_OK(database_->del("user:1003"));
  EXPECT_TRUE(find("age = 3").empty());
  EXPECT_EQ(find("age = 3", {.snapshot = &snapshot}), Keys{"user:1003"});
}

TEST_F(QueriesTest, ATransactionSeesItsOwnWrites) {
  add_people(10);
  ASSERT_OK(database_->create_index("by_age", {.fields = {"age"}}));
  Transaction tx = database_->begin();
  ASSERT_OK(tx.set("user:new", R"({"age":3})"));
  ASSERT_OK(tx.del("user:1004"));
  for (const char* plan : {"scan", "index by_age"}) {
    EXPECT_EQ(keys_of(tx.find("", "age in (3, 4)", {.plan = plan})),
              (Keys{"user:1003", "user:new"}));
  }
  EXPECT_EQ(tx.count_where("", "age < 5").value(), 5u);
  EXPECT_EQ(find("age in (3, 4)"), (Keys{"user:1003", "user:1004"}));
}

TEST_F(QueriesTest, WhatAQueryLookedAtCountsAsRead) {
  add_people(10);
  ASSERT_OK(database_->create_index("by_age", {.fields = {"age"}}));
  for (const char* plan : {"scan", "index by_age"}) {
    Transaction tx = database_->begin();
    EXPECT_TRUE(keys_of(tx.find("", "age = 77", {.plan = plan})).empty());
    set("user:phantom", R"({"age":77})");
    ASSERT_OK(tx.set("other", "1"));
    EXPECT_CODE(tx.commit(), kConflict);
    ASSERT_OK(database_->del("user:phantom"));
  }
}

TEST_F(QueriesTest, AnIndexScanInATransactionReadsNoMoreThanItsRange) {
  add_people(10);
  ASSERT_OK(database_->create_index("by_age", {.fields = {"age"}}));
  Transaction tx = database_->begin();
  EXPECT_EQ(keys_of(tx.find("", "age = 5", {.plan = "index by_age"})), Keys{"user:1005"});
  set("user:elsewhere", R"({"age":99})");
  ASSERT_OK(tx.set("other", "1"));
  EXPECT_OK(tx.commit());
}

TEST_F(QueriesTest, UpdatesWhatAFilterFindsAndKeepsTheTimeToLive) {
  set("a", R"({"n":1,"old":1})");
  ASSERT_OK(database_->set("b", R"({"n":2})", {.durability = {}, .ttl = std::chrono::hours(1)}));
  set("c", R"({"n":9})");
  ASSERT_OK(database_->create_index("by_n", {.fields = {"n"}}));
  EXPECT_EQ(database_->update_where("", "n < 5", R"({"city":"Rome","old":null})").value(), 2u);
  EXPECT_EQ(database_->get("a").value(), R"({"n":1,"city":"Rome"})");
  EXPECT_TRUE(database_->ttl("b").value().has_value());
  EXPECT_EQ(
      database_->update_where("", "n exists", R"({"$inc":{"n":10},"$push":{"t":"x"}})").value(),
      3u);
  EXPECT_EQ(find("n > 10", {.plan = "index by_n"}), (Keys{"a", "b", "c"}));
  EXPECT_EQ(database_->get("c").value(), R"({"n":19,"t":["x"]})");
  EXPECT_CODE(database_->update_where("", "n exists", R"({"$inc":{"t":1}})"), kInvalidArgument);
  EXPECT_EQ(database_->get("c").value(), R"({"n":19,"t":["x"]})");
  EXPECT_CODE(database_->update_where("", "", "5"), kInvalidArgument);
}

TEST_F(QueriesTest, DeletesWhatAFilterFinds) {
  add_people(100);
  EXPECT_EQ(database_->delete_where("user:", "age >= 10").value(), 90u);
  EXPECT_EQ(database_->count("user:").value(), 10u);
  EXPECT_EQ(database_->delete_where("user:", "", {.sort = {descending("age")}, .limit = 1}).value(),
            1u);
  EXPECT_FALSE(database_->exists("user:1009").value());
}

TEST_F(QueriesTest, ThreadsTransactionIsUsed) {
  ASSERT_OK(database_->begin_transaction());
  set("a", R"({"n":1})");
  EXPECT_EQ(find("n = 1"), Keys{"a"});
  ASSERT_OK(database_->rollback());
  EXPECT_TRUE(find("n = 1").empty());
}

}  // namespace
}  // namespace ashlar
