#include "tools/query_grammar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/arguments.h"

namespace ashlar::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::string error_of(std::string_view command, std::string_view text) {
  const auto query = parse_query(command, text);
  EXPECT_TRUE(query.status().is(StatusCode::kInvalidArgument)) << text;
  return std::string(query.status().message());
}

std::string filter_of(std::string_view text) {
  const auto query = parse_query("find", text);
  EXPECT_TRUE(query.ok()) << query.status().message();
  return query.ok() ? query->filter : std::string();
}

TEST(QueryGrammar, ReadsEveryClauseOfFind) {
  const auto query = parse_query("find",
                                 "user: where age > 30 order by age desc, $.name limit 10 skip 5 "
                                 "select name, items[0].price after 0a1b plan index by_age")
                         .value();
  EXPECT_EQ(query.prefix, "user:");
  EXPECT_EQ(query.filter, "age > 30");
  EXPECT_THAT(query.options.sort, ElementsAre(descending("age"), IndexField("$.name")));
  EXPECT_EQ(query.options.limit, 10u);
  EXPECT_EQ(query.options.skip, 5u);
  EXPECT_THAT(query.options.fields, ElementsAre("name", "$.items[0].price"));
  EXPECT_EQ(query.options.after, "0a1b");
  EXPECT_EQ(query.options.plan, "index by_age");
}

TEST(QueryGrammar, ThePrefixMayBeMissingOrQuoted) {
  EXPECT_EQ(parse_query("find", "where a = 1")->prefix, "");
  EXPECT_EQ(parse_query("find", "\"\" where a = 1")->prefix, "");
  EXPECT_EQ(parse_query("find", "\"where\" where a = 1")->prefix, "where");
  EXPECT_EQ(parse_query("find", "'my user:' limit 1")->prefix, "my user:");
  EXPECT_EQ(parse_query("find", "a\\x00b limit 1")->prefix, std::string("a\0b", 3));
  EXPECT_EQ(parse_query("explain", "find user: limit 1")->prefix, "user:");
}

TEST(QueryGrammar, AFilterEndsOnlyWhereAClauseBegins) {
  EXPECT_EQ(filter_of("u: where name = \"a limit 3\" limit 3"), "name = \"a limit 3\"");
  EXPECT_EQ(filter_of("u: where limit > 3 and not skip = 4 limit 3"), "limit > 3 and not skip = 4");
  EXPECT_EQ(filter_of("u: where (a = 1 or order = 2) order by a"), "(a = 1 or order = 2)");
  EXPECT_EQ(filter_of("u: where name matches /it's limit 3\\/ x/i limit 3"),
            "name matches /it's limit 3\\/ x/i");
  EXPECT_EQ(filter_of("u: where {\"limit\": {\"$gt\": 1}} limit 3"), "{\"limit\": {\"$gt\": 1}}");
  EXPECT_EQ(filter_of("u: where tags = [\"limit\"] limit 3"), "tags = [\"limit\"]");
  EXPECT_EQ(filter_of("u: where any after (sku = 1) LIMIT 3"), "any after (sku = 1)");
}

TEST(QueryGrammar, ErrorsShowThePlace) {
  EXPECT_EQ(error_of("find", "user: limit ten"),
            "expected a whole number\n  user: limit ten\n              ^");
  EXPECT_EQ(error_of("find", "é: limit ten"),
            "expected a whole number\n  é: limit ten\n           ^");
  EXPECT_THAT(error_of("find", "user: order age"), StartsWith("expected by\n"));
  EXPECT_THAT(error_of("find", "user: select"), StartsWith("expected a field"));
  EXPECT_THAT(error_of("find", "user: limit 1 limit 2"), HasSubstr("a second time"));
  EXPECT_THAT(error_of("find", "user: age > 3"), StartsWith("expected where, select"));
  EXPECT_THAT(error_of("find", "user: where"), StartsWith("expected a condition"));
  EXPECT_THAT(error_of("find", "user: plan limit 1"), StartsWith("expected scan"));
  EXPECT_THAT(error_of("count", "user: select a"), StartsWith("expected where"));
  EXPECT_THAT(error_of("find", "us\"er"), HasSubstr("quote"));
}

TEST(QueryGrammar, GroupsHaveNamedValues) {
  const auto query = parse_query("group",
                                 "user: by city, $.a compute count, avg age as mean, max age "
                                 "where age > 3 limit 9")
                         .value();
  EXPECT_THAT(query.grouping.by, ElementsAre("city", "$.a"));
  ASSERT_EQ(query.grouping.values.size(), 3u);
  EXPECT_EQ(query.grouping.values[0].name, "count");
  EXPECT_EQ(query.grouping.values[1].name, "mean");
  EXPECT_EQ(query.grouping.values[1].kind, Aggregate::Kind::kAverage);
  EXPECT_EQ(query.grouping.values[2].name, "max_age");
  EXPECT_EQ(query.filter, "age > 3");
  EXPECT_EQ(parse_query("group", "user: by city")->grouping.values.size(), 1u);
  EXPECT_THAT(error_of("group", "user: compute median age"), HasSubstr("expected count"));
}

TEST(QueryGrammar, DistinctNeedsPrefixAndField) {
  const auto query = parse_query("distinct", "user: address.city where age > 3").value();
  EXPECT_EQ(query.field, "address.city");
  EXPECT_EQ(query.filter, "age > 3");
  EXPECT_THAT(error_of("distinct", "user:"), HasSubstr("expected a field"));
  EXPECT_THAT(error_of("distinct", ""), HasSubstr("expected the prefix"));
}

TEST(QueryGrammar, ChangesBecomeOperators) {
  const auto update = [](std::string_view changes) {
    return parse_query("update", "user: where true " + std::string(changes)).value().update;
  };
  EXPECT_EQ(update("set a = 1"), R"({"$set": {"a": 1}})");
  EXPECT_EQ(update("set a = 1, b.c = 'it\\'s \"x\"', unset $.d, e"),
            R"({"$set": {"a": 1, "b.c": "it's \"x\""}, "$unset": {"$.d": true, "e": true}})");
  EXPECT_EQ(update("increment n, m by -2 append tags {\"x\": [1, 2]}"),
            R"({"$inc": {"n": 1, "m": -2}, "$push": {"tags": {"x":[1,2]}}})");
  EXPECT_EQ(update("merge {\"a\": null} limit 1"), R"({"a":null})");
}

TEST(QueryGrammar, ChangesAndDeletionsNeedAFilter) {
  EXPECT_THAT(error_of("update", "user: set a = 1"), HasSubstr("expected where"));
  EXPECT_THAT(error_of("delete", "user:"), HasSubstr("expected where"));
  EXPECT_THAT(error_of("delete", "where a = 1"), HasSubstr("expected the prefix"));
  EXPECT_THAT(error_of("update", "user: where true"), HasSubstr("expected a change"));
  EXPECT_THAT(error_of("update", "user: where true set a = b"), HasSubstr("a JSON value"));
  EXPECT_THAT(error_of("update", "user: where true set a 1"), HasSubstr("expected ="));
  EXPECT_THAT(error_of("update", "user: where true set a = {\"b\": "), HasSubstr("a JSON value"));
  EXPECT_THAT(error_of("update", "user: where true merge {}, set a = 1"), HasSubstr("alone"));
}

TEST(QueryGrammar, IndexesHaveFieldsAndProperties) {
  const auto index =
      parse_index_text(
          "create by_age on user: fields $.age desc, name unique sparse where a = 1 and "
          "unique = 2 collation de")
          .value();
  EXPECT_EQ(index.action, IndexText::Action::kCreate);
  EXPECT_EQ(index.name, "by_age");
  EXPECT_EQ(index.options.prefix, "user:");
  EXPECT_THAT(index.options.fields, ElementsAre(descending("$.age"), IndexField("name")));
  EXPECT_TRUE(index.options.unique);
  EXPECT_TRUE(index.options.sparse);
  EXPECT_EQ(index.options.where, "a = 1 and unique = 2");
  EXPECT_EQ(index.options.collation, "de");
  EXPECT_EQ(parse_index_text("drop by_age")->name, "by_age");
  EXPECT_EQ(parse_index_text("list")->action, IndexText::Action::kList);
  for (const std::string_view bad : {"", "make a", "create", "create a on u:", "create a fields",
                                     "drop", "list all", "create a on u: fields b order by c"}) {
    EXPECT_TRUE(parse_index_text(bad).status().is(StatusCode::kInvalidArgument)) << bad;
  }
}

TEST(TextArguments, OptionsStandAnywhereButInQuotes) {
  const std::vector<CommandOption> known = {{"--format", "HOW", ""}, {"--keys", "", ""}};
  const auto arguments =
      Arguments::parse_text(" --keys u: where a = \"--b\" --format csv limit 3", known).value();
  EXPECT_TRUE(arguments.has("--keys"));
  EXPECT_EQ(arguments.value("--format"), "csv");
  EXPECT_THAT(arguments.words(), ElementsAre("u: where a = \"--b\"  limit 3"));
  EXPECT_EQ(Arguments::parse_text("u: --format=table", known)->value("--format"), "table");
  EXPECT_EQ(Arguments::parse_text("  --keys ", known)->size(), 0u);
  EXPECT_FALSE(Arguments::parse_text("u: --format", known).ok());
  EXPECT_FALSE(Arguments::parse_text("u: --nothing", known).ok());
}

}  // namespace
}  // namespace ashlar::tools
