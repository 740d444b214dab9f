// Queries against SQLite's JSON functions: random documents, indexes and queries that both can
// express must give equal answers.
//
// The subset. Fields a, b, o.n (numbers, strings, booleans, null, missing; o may be no object), n
// (small numbers or missing), u (an integer of its own for each document) and tags (strings or
// missing). Comparisons, `in`, `exists`, `is null`, `contains`, and, or, not: SQL guards each
// comparison by the class of the value, as Ashlar compares within a class, and null by whether
// there is a value. Order by any of them, u last, as SQL leaves the order of ties open; the classes
// in Ashlar's order. Arrays in a comparison, an order or a group, collations and patterns are left
// out: SQLite has no counterpart. Equal numbers count as one value, however spelled (1 and 1.0).
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ashlar/database.h"
#include "document/json_text.h"
#include "filter/filter.h"
#include "support/expect.h"
#include "support/random.h"
#include "support/sqlite_documents.h"
#include "support/temporary_folder.h"

namespace ashlar {
namespace {

using Row = SqliteDocuments::Row;

constexpr const char* kMixedFields[] = {"a", "b", "o.n"};
constexpr const char* kTexts[] = {"", "x", "y", "xy", "é", "a\"b", "c\\d", "line\nfeed", "10"};
constexpr const char* kNumbers[] = {"0",
                                    "1",
                                    "1.0",
                                    "-1",
                                    "2.5",
                                    "10",
                                    "-0.5",
                                    "1e2",
                                    "3",
                                    "9007199254740993",
                                    "9007199254740992.0"};
constexpr const char* kTags[] = {"red", "green", "blue", "é"};

std::string sql_path(const std::string& field) {
  return "'$." + field + "'";
}
std::string sql_type(const std::string& field) {
  return "json_type(json, " + sql_path(field) + ")";
}
std::string sql_value(const std::string& field) {
  return "json_extract(json, " + sql_path(field) + ")";
}
// In Ashlar's order; 0 for null and missing.
std::string sql_class(const std::string& field) {
  return "(CASE " + sql_type(field) +
         " WHEN 'false' THEN 1 WHEN 'true' THEN 2 WHEN 'integer' THEN 3 WHEN 'real' THEN 3 "
         "WHEN 'text' THEN 4 ELSE 0 END)";
}

// A value in a result, as SqliteDocuments and sql_class() would have it.
std::string canonical(const JsonValue& value) {
  switch (value.kind()) {
    case JsonValue::Kind::kNull:
      return "0:null";
    case JsonValue::Kind::kBool:
      return value.as_bool() ? "2:1" : "1:0";
    case JsonValue::Kind::kInt:
      return "3:" + std::to_string(value.as_int());
    case JsonValue::Kind::kDouble:
      return "3:" + canonical_number(value.as_double());
    case JsonValue::Kind::kString:
      return "4:" + value.as_text();
    default:
      return "?:" + to_json(value);
  }
}
std::string number_of(const JsonValue& value) {
  return value.is_null() ? "null" : canonical(value).substr(2);
}

// One filter in two languages.
struct TwoFilters {
  std::string ashlar;
  std::string sql;
};

class Differential {
 public:
  explicit Differential(uint64_t seed) : random_(seed) {
    Options options;
    options.memory_budget = Options::kMinimumMemoryBudget;
    options.durability = Durability::kProcess;
    auto opened = Database::open(folder_ / "db", options);
    EXPECT_OK(opened);
    database_ = std::move(opened).value();
  }

  void run() {
    constexpr int kSteps = 60;
    make_indexes();
    for (int number = 0; number < 120; ++number) write_document();
    for (int step = 0; step < kSteps && !testing::Test::HasFailure(); ++step) {
      change();
      check_find();
      check_count();
      if (random_.one_in(2)) check_distinct();
      if (random_.one_in(2)) check_group();
    }
  }

 private:
  template <std::size_t kCount>
  const char* one_of(const char* const (&choices)[kCount]) {
    return choices[random_.below(kCount)];
  }

  // --- Documents ---
  std::string scalar() {
    switch (random_.below(8)) {
      case 0:
        return "null";
      case 1:
        return random_.one_in(2) ? "true" : "false";
      case 2:
      case 3:
      case 4:
        return to_json(JsonValue::string(one_of(kTexts)));
      default:
        return one_of(kNumbers);
    }
  }

  std::string document() {
    std::string text = "{\"u\": " + std::to_string(++last_u_);
    if (!random_.one_in(5)) text += ", \"a\": " + scalar();
    if (!random_.one_in(5)) text += ",\n \"b\": " + scalar();
    if (!random_.one_in(5)) {
      text +=
          ", \"o\": " + (random_.one_in(6) ? scalar() : "{\"m\": [1], \"n\": " + scalar() + "}");
    }
    if (!random_.one_in(5)) {
      text += ", \"n\": " + std::to_string(random_.below(9)) + (random_.one_in(3) ? ".5" : "");
    }
    if (!random_.one_in(4)) text += ", \"tags\": " + tags();
    return text + "}";
  }
  std::string tags() {
    std::string text = "[";
    for (uint64_t left = random_.below(4); left > 0; --left) {
      text += std::string("\"") + one_of(kTags) + "\"" + (left > 1 ? "," : "");
    }
    return text + "]";
  }

  void write_document() {
    const std::string key = "k" + std::to_string(random_.below(200));
    const std::string json = document();
    ASSERT_OK(database_->set(key, json));
    sqlite_.set(key, json);
  }

  void change() {
    if (random_.one_in(20)) ASSERT_OK(database_->flush());
    if (!random_.one_in(10)) return write_document();
    const TwoFilters filter = conjunction();
    if (random_.one_in(2)) {
      const auto deleted = database_->delete_where("", filter.ashlar, {});
      ASSERT_OK(deleted);
      ASSERT_EQ(*deleted,
                static_cast<uint64_t>(sqlite_.change("DELETE FROM docs WHERE " + filter.sql)))
          << filter.ashlar;
    } else {
      const std::string value = std::to_string(random_.below(9));
      const auto updated = database_->update_where("", filter.ashlar, "{\"n\": " + value + "}");
      ASSERT_OK(updated);
      ASSERT_EQ(*updated, static_cast<uint64_t>(
                              sqlite_.change("UPDATE docs SET json = json_set(json, '$.n', " +
                                             value + ") WHERE " + filter.sql)))
          << filter.ashlar;
    }
    while (sqlite_.rows("SELECT count(*) FROM docs")[0][0].size() < 2) write_document();
  }

  void make_indexes() {
    const std::vector<std::vector<IndexField>> choices = {
        {"a"}, {"b", "a"}, {descending("o.n")}, {"n", descending("u")}, {"tags"}, {"u"}};
    for (std::size_t number = 0; number < choices.size(); ++number) {
      if (random_.one_in(2)) continue;
      IndexOptions options;
      options.fields = choices[number];
      options.sparse = random_.one_in(4);
      if (random_.one_in(4)) options.where = "n >= 3";
      ASSERT_OK(database_->create_index("index" + std::to_string(number), options));
    }
  }

  // --- Filters ---
  TwoFilters comparison() {
    const std::string field = random_.one_in(4) ? "n" : one_of(kMixedFields);
    const std::string op = std::vector<std::string>{"=", "<", "<=", ">", ">="}[random_.below(5)];
    if (random_.one_in(2)) {
      const std::string text = one_of(kTexts);
      return {field + " " + op + " " + to_json(JsonValue::string(text)),
              "(" + sql_class(field) + " = 4 AND " + sql_value(field) + " " + op + " " +
                  sql_text(text) + ")"};
    }
    const std::string number = one_of(kNumbers);
    return {field + " " + op + " " + number, "(" + sql_class(field) + " = 3 AND " +
                                                 sql_value(field) + " " + op + " " + number + ")"};
  }

  TwoFilters one_of_list() {
    const std::string field = one_of(kMixedFields);
    TwoFilters filter{field + " in (", "("};
    for (uint64_t left = 1 + random_.below(3); left > 0; --left) {
      const std::string number = one_of(kNumbers);
      filter.ashlar += number + (left > 1 ? ", " : ")");
      filter.sql += "(" + sql_class(field) + " = 3 AND " + sql_value(field) + " = " + number +
                    (left > 1 ? ") OR " : "))");
    }
    return filter;
  }

  TwoFilters condition() {
    const std::string field = one_of(kMixedFields);
    switch (random_.below(9)) {
      case 0:
        return {field + " exists", "(" + sql_type(field) + " IS NOT NULL)"};
      case 1:
        return {field + " = null", "(" + sql_class(field) + " = 0)"};
      case 2:
        return {field + " is null", "(" + sql_type(field) + " IS 'null')"};
      case 3: {
        const bool value = random_.one_in(2);
        return {field + (value ? " = true" : " = false"),
                "(" + sql_class(field) + (value ? " = 2)" : " = 1)")};
      }
      case 4: {
        const std::string tag = one_of(kTags);
        return {
            "tags contains \"" + tag + "\"",
            "EXISTS (SELECT 1 FROM json_each(docs.json, '$.tags') WHERE value = '" + tag + "')"};
      }
      case 5:
        return one_of_list();
      default:
        return comparison();
    }
  }

  TwoFilters conjunction() {
    TwoFilters all = condition();
    for (uint64_t left = random_.below(3); left > 0; --left) {
      const TwoFilters more = condition();
      all = {all.ashlar + " and " + more.ashlar, all.sql + " AND " + more.sql};
    }
    return all;
  }

  TwoFilters filter(int depth = 0) {
    switch (depth < 2 ? random_.below(6) : 5) {
      case 0: {
        const TwoFilters a = filter(depth + 1);
        const TwoFilters b = filter(depth + 1);
        return {"(" + a.ashlar + ") or (" + b.ashlar + ")", "((" + a.sql + ") OR (" + b.sql + "))"};
      }
      case 1: {
        const TwoFilters a = filter(depth + 1);
        return {"not (" + a.ashlar + ")", "(NOT (" + a.sql + "))"};
      }
      case 2:
        return {"", "1"};
      default:
        return conjunction();
    }
  }

  // Either spelling.
  std::string spelled(const TwoFilters& filter) {
    if (random_.one_in(2)) return filter.ashlar;
    const auto parsed = Filter::parse(filter.ashlar);
    EXPECT_OK(parsed);
    return parsed->to_json();
  }

  TwoFilters nested_filter() {
    TwoFilters chosen = filter();
    // An empty text stands alone only.
    if (chosen.ashlar.find("()") != std::string::npos) chosen = conjunction();
    return chosen;
  }

  // --- Questions ---
  void check_find() {
    const TwoFilters wanted = nested_filter();
    QueryOptions options;
    std::string order;
    for (uint64_t left = random_.below(3); left > 0; --left) {
      const std::string field = random_.one_in(3) ? "n" : one_of(kMixedFields);
      const bool is_descending = random_.one_in(2);
      options.sort.push_back(is_descending ? descending(field) : IndexField(field));
      const std::string direction = is_descending ? " DESC, " : ", ";
      order += sql_class(field) + direction + sql_value(field) + direction;
    }
    options.sort.emplace_back("u");
    std::string sql =
        "SELECT key, json FROM docs WHERE " + wanted.sql + " ORDER BY " + order + sql_value("u");
    if (random_.one_in(2)) {
      options.limit = random_.below(20);
      options.skip = random_.below(5);
      sql += " LIMIT " + std::to_string(options.limit) + " OFFSET " + std::to_string(options.skip);
    }
    std::vector<Row> found;
    const auto range = database_->find("", spelled(wanted), options);
    for (const auto& [key, json] : range) found.push_back({std::string(key), canonical_text(json)});
    ASSERT_OK(range.status());
    std::vector<Row> expected = sqlite_.rows(sql);
    for (Row& row : expected) row[1] = canonical_text(row[1]);
    ASSERT_EQ(found, expected) << wanted.ashlar << "\n" << sql;
  }

  // An update writes a document anew, each store in its own way.
  static std::string canonical_text(std::string_view json) {
    const auto value = parse_json(json);
    EXPECT_OK(value);
    return to_json(*value);
  }

  void check_count() {
    const TwoFilters wanted = nested_filter();
    const auto counted = database_->count_where("", spelled(wanted));
    ASSERT_OK(counted);
    const std::string sql = "SELECT count(*) FROM docs WHERE " + wanted.sql;
    ASSERT_EQ(std::to_string(*counted), sqlite_.rows(sql)[0][0]) << wanted.ashlar << "\n" << sql;
  }

  void check_distinct() {
    const TwoFilters wanted = random_.one_in(2) ? TwoFilters{"", "1"} : nested_filter();
    const std::string field = one_of(kMixedFields);
    std::vector<std::string> found;
    const auto range = database_->distinct("", field, spelled(wanted));
    for (const std::string_view json : range) found.push_back(canonical(*parse_json(json)));
    ASSERT_OK(range.status());
    std::vector<std::string> expected;
    const std::string sql = "SELECT DISTINCT " + sql_class(field) + ", " + sql_value(field) +
                            " FROM docs WHERE " + wanted.sql + " ORDER BY 1, 2";
    for (const Row& row : sqlite_.rows(sql)) expected.push_back(row[0] + ":" + row[1]);
    ASSERT_EQ(found, expected) << wanted.ashlar << "\n" << sql;
  }

  void check_group() {
    const TwoFilters wanted = nested_filter();
    const std::string field = one_of(kMixedFields);
    std::vector<Row> found;
    const auto range = database_->group("",
                                        {.by = {field},
                                         .values = {count("c"), sum("n", "s"), average("n", "m"),
                                                    minimum("n", "low"), maximum("n", "high")}},
                                        spelled(wanted));
    for (const std::string_view json : range) {
      const JsonValue group = std::move(parse_json(json)).value();
      Row row{canonical(*group.find(field))};
      for (const char* const member : {"c", "s", "m", "low", "high"}) {
        row.push_back(number_of(*group.find(member)));
      }
      found.push_back(std::move(row));
    }
    ASSERT_OK(range.status());
    const std::string n = sql_value("n");
    const std::string sql = "SELECT " + sql_class(field) + ", " + sql_value(field) +
                            ", count(*), sum(" + n + "), avg(" + n + "), min(" + n + "), max(" + n +
                            ") FROM docs WHERE " + wanted.sql + " GROUP BY 1, 2 ORDER BY 1, 2";
    std::vector<Row> expected = sqlite_.rows(sql);
    for (Row& row : expected) {
      row[1] = row[0] + ":" + row[1];
      row.erase(row.begin());
    }
    ASSERT_EQ(found, expected) << wanted.ashlar << "\n" << sql;
  }

  Random random_;
  TemporaryFolder folder_;
  std::unique_ptr<Database> database_;
  SqliteDocuments sqlite_;
  int64_t last_u_ = 0;
};

TEST(SqliteDifferential, EqualAnswers) {
  const uint64_t rounds = environment_number("ASHLAR_ROUNDS", 15);
  const uint64_t seed = test_seed();
  for (uint64_t round = 0; round < rounds && !HasFailure(); ++round) {
    SCOPED_TRACE(seed_text(seed + round));
    Differential(seed + round).run();
  }
}

}  // namespace
}  // namespace ashlar
