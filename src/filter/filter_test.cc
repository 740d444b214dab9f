#include "filter/filter.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "document/json_text.h"

namespace ashlar {
namespace {

Filter filter_of(std::string_view text) {
  auto filter = Filter::parse(text);
  EXPECT_TRUE(filter.ok()) << text << "\n" << filter.status().to_string();
  return filter.value_or(Filter(make_not(make_true())));
}

// Whether the filter matches the document; both its spellings must agree.
bool holds(std::string_view filter, std::string_view document) {
  const auto value = parse_json(document);
  EXPECT_TRUE(value.ok()) << document;
  const Filter parsed = filter_of(filter);
  const bool result = parsed.matches(*value);
  EXPECT_EQ(filter_of(parsed.to_text()).matches(*value), result) << parsed.to_text();
  EXPECT_EQ(filter_of(parsed.to_json()).matches(*value), result) << parsed.to_json();
  return result;
}

TEST(Filter, OfNoTextMatchesEverything) {
  EXPECT_TRUE(filter_of("").matches_everything());
  EXPECT_TRUE(filter_of(" \n").matches_everything());
  EXPECT_TRUE(filter_of("{}").matches_everything());
  EXPECT_TRUE(holds("true", "5"));
  EXPECT_FALSE(holds("false", "5"));
}

TEST(Filter, ComparesNumbersByValue) {
  EXPECT_TRUE(holds("a = 1", R"({"a": 1.0})"));
  EXPECT_TRUE(holds("a > 9007199254740992", R"({"a": 9007199254740993})"));
  EXPECT_FALSE(holds("a >= 9007199254740993", R"({"a": 9007199254740992.0})"));
}

TEST(Filter, ComparesWithinOneClassOnly) {
  EXPECT_FALSE(holds("a > 1", R"({"a": "2"})"));
  EXPECT_FALSE(holds("a < \"x\"", R"({"a": 2})"));
  EXPECT_FALSE(holds("a >= true", R"({"a": 1})"));
  EXPECT_FALSE(holds("a < 5", "{}"));
  EXPECT_FALSE(holds("a < 5", R"({"a": null})"));
  EXPECT_TRUE(holds("a != 1", R"({"a": "1"})"));
}

TEST(Filter, AnArrayMatchesAsAWholeOrByAnElement) {
  EXPECT_TRUE(holds("a = 2", R"({"a": [1, 2]})"));
  EXPECT_TRUE(holds("a = [1, 2]", R"({"a": [1, 2]})"));
  EXPECT_TRUE(holds("a = [1, 2]", R"({"a": [[1, 2], 3]})"));
  EXPECT_FALSE(holds("a = 2", R"({"a": [[1, 2], 3]})"));
  EXPECT_FALSE(holds("a != 2", R"({"a": [1, 2]})"));
  EXPECT_TRUE(holds("a != 3", R"({"a": [1, 2]})"));
}

TEST(Filter, DifferentElementsMayFulfilAConjunction) {
  EXPECT_TRUE(holds("a > 5 and a < 3", R"({"a": [1, 9]})"));
  EXPECT_FALSE(holds("any a ($ > 5 and $ < 9)", R"({"a": [1, 9]})"));
  EXPECT_TRUE(holds("any a ($ > 5 and $ < 9)", R"({"a": [1, 7]})"));
}

TEST(Filter, APathLooksIntoTheObjectsOfArrays) {
  const std::string_view document = R"({"items": [{"n": 1, "s": "x"}, {"n": 5}, 7]})";
  EXPECT_TRUE(holds("items.n = 5", document));
  EXPECT_TRUE(holds("items.n = 1 and items.n = 5", document));
  EXPECT_FALSE(holds("items.n = 7", document));
  EXPECT_TRUE(holds("items[1].n = 5", document));
  EXPECT_TRUE(holds("items.1.n = 5", document));
  EXPECT_TRUE(holds("items[-1] = 7", document));
  EXPECT_TRUE(holds("any items (n = 1 and s = \"x\")", document));
  EXPECT_FALSE(holds("any items (n = 5 and s = \"x\")", document));
}

TEST(Filter, MissingCountsAsNull) {
  EXPECT_TRUE(holds("a = null", "{}"));
  EXPECT_TRUE(holds("a in (1, null)", "{}"));
  EXPECT_TRUE(holds("a <= null", "{}"));
  EXPECT_FALSE(holds("a < null", "{}"));
  EXPECT_FALSE(holds("a != null", "{}"));
  EXPECT_TRUE(holds("a.b = null", R"({"a": [{"b": 1}, {"c": 2}]})"));
  EXPECT_FALSE(holds("a.b = null", R"({"a": [{"b": 1}, 2]})"));
  EXPECT_TRUE(holds("a.b = null", R"({"a": []})"));
}

TEST(Filter, TypesAndExistenceTellNullFromMissing) {
  EXPECT_FALSE(holds("a is null", "{}"));
  EXPECT_TRUE(holds("a is null", R"({"a": null})"));
  EXPECT_TRUE(holds("a exists", R"({"a": null})"));
  EXPECT_TRUE(holds("a is missing", "{}"));
  EXPECT_FALSE(holds("a is not missing", "{}"));
  EXPECT_TRUE(holds("a is integer", R"({"a": 3.0})"));
  EXPECT_FALSE(holds("a is integer", R"({"a": 3.5})"));
  EXPECT_TRUE(holds("a is number", R"({"a": ["x", 1e400]})"));
  EXPECT_TRUE(holds("a is array and a is string", R"({"a": ["x"]})"));
}

TEST(Filter, NegationIsTwoValued) {
  EXPECT_TRUE(holds("a not in (1, 2)", "{}"));
  EXPECT_TRUE(holds("not a > 1", "{}"));
  EXPECT_TRUE(holds("not (not (a = 1))", R"({"a": 1})"));
  EXPECT_TRUE(holds(R"({"$nor": [{"a": 1}, {"b": 1}]})", R"({"a": 2})"));
  EXPECT_FALSE(holds(R"({"$nor": [{"a": 1}, {"b": 1}]})", R"({"b": 1})"));
}

TEST(Filter, ContainsAllAsksForEachValue) {
  EXPECT_TRUE(holds("a contains all (1, 2)", R"({"a": [3, 2, 1]})"));
  EXPECT_FALSE(holds("a contains all (1, 4)", R"({"a": [3, 2, 1]})"));
  EXPECT_FALSE(holds("a contains all ()", R"({"a": [3, 2, 1]})"));
  EXPECT_TRUE(holds(R"({"a": {"$all": [{"$elemMatch": {"$gt": 2}}, {"$elemMatch": {"$lt": 2}}]}})",
                    R"({"a": [3, 1]})"));
}

TEST(Filter, AnElementThatIsAnArrayIsNotLookedThrough) {
  EXPECT_FALSE(holds("any a ($ = 1)", R"({"a": [[1]]})"));
  EXPECT_TRUE(holds("any a ($ = [1])", R"({"a": [[1]]})"));
  EXPECT_FALSE(holds("any a (b = 1)", R"({"a": [[{"b": 1}]]})"));
  EXPECT_TRUE(holds("any a (any $ ($ = 1))", R"({"a": [[1]]})"));
}

TEST(Filter, PatternsAreFoundAnywhereInStrings) {
  EXPECT_TRUE(holds("a matches /b+/", R"({"a": "abbc"})"));
  EXPECT_FALSE(holds("a matches /^b/", R"({"a": "abbc"})"));
  EXPECT_TRUE(holds("a matches /B/i", R"({"a": ["x", "abc"]})"));
  EXPECT_TRUE(holds(R"(a matches /x\/y/)", R"({"a": "x/y"})"));
  EXPECT_TRUE(holds("a starts with \"a.\"", R"({"a": "a.b"})"));
  EXPECT_FALSE(holds("a starts with \"a.\"", R"({"a": "abb"})"));
  EXPECT_FALSE(holds("a matches /1/", R"({"a": 1})"));
  EXPECT_TRUE(holds(R"({"a": {"$regex": "^A.B", "$options": "si"}})", R"({"a": "a\nb"})"));
}

TEST(Filter, APatternTellsWhatItsStringsBeginWith) {
  const auto prefix = [](std::string_view source, std::string_view flags = "") {
    const auto pattern = Pattern::compile(source, flags);
    return pattern.ok() ? (*pattern)->literal_prefix() : "error";
  };
  EXPECT_EQ(prefix("^abc"), "abc");
  EXPECT_EQ(prefix("^a\\.b.c"), "a.b");
  EXPECT_EQ(prefix("^abc*"), "ab");
  EXPECT_EQ(prefix("^aé?"), "a");
  EXPECT_EQ(prefix("^ab|c"), "");
  EXPECT_EQ(prefix("^(ab)"), "");
  EXPECT_EQ(prefix("^a\\d"), "a");
  EXPECT_EQ(prefix("abc"), "");
  EXPECT_EQ(prefix("^abc", "i"), "");
  EXPECT_EQ(prefix("^abc", "m"), "");
}

TEST(Filter, SizeCountsElements) {
  EXPECT_TRUE(holds("size(a) = 2", R"({"a": [1, [2, 3]]})"));
  EXPECT_FALSE(holds("size(a) = 2", R"({"a": "xy"})"));
  EXPECT_TRUE(holds("size(a) != 2", "{}"));
}

TEST(Filter, TheRootIsAPath) {
  EXPECT_TRUE(holds("$ > 4", "5"));
  EXPECT_TRUE(holds("$ = 2", "[1, 2]"));
  EXPECT_TRUE(holds("$['a b'] = 1", R"({"a b": 1})"));
}

// Both spellings of one filter are the same tree, and writing gives them back.
struct Spellings {
  std::string_view text;
  std::string_view json;
};
class FilterSpellings : public testing::TestWithParam<Spellings> {};

TEST_P(FilterSpellings, MeanTheSame) {
  const Filter text = filter_of(GetParam().text);
  const Filter json = filter_of(GetParam().json);
  EXPECT_TRUE(same_filter(text.root(), json.root())) << text.to_text() << "\n" << json.to_text();
  EXPECT_EQ(text.to_json(), GetParam().json);
  EXPECT_EQ(json.to_text(), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    All, FilterSpellings,
    testing::Values(
        Spellings{"age > 30 and city in (\"Paris\", \"Rome\")",
                  R"({"age":{"$gt":30},"city":{"$in":["Paris","Rome"]}})"},
        Spellings{"age > 18 and age <= 65", R"({"age":{"$gt":18,"$lte":65}})"},
        Spellings{"age > 18 and age > 20", R"({"$and":[{"age":{"$gt":18}},{"age":{"$gt":20}}]})"},
        Spellings{"(a = 1 or b = 2) and c != 3",
                  R"({"$and":[{"$or":[{"a":1},{"b":2}]},{"c":{"$ne":3}}]})"},
        Spellings{"not (a = 1 or b = 2)", R"({"$nor":[{"a":1},{"b":2}]})"},
        Spellings{"not (a = 1 and b = 2)", R"({"$nor":[{"a":1,"b":2}]})"},
        Spellings{"not a > 1", R"({"a":{"$not":{"$gt":1}}})"},
        Spellings{"a exists and b is missing", R"({"a":{"$exists":true},"b":{"$exists":false}})"},
        Spellings{"a is string or a is not number",
                  R"({"$or":[{"a":{"$type":"string"}},{"a":{"$not":{"$type":"number"}}}]})"},
        Spellings{"name matches /^A/i", R"({"name":{"$regex":"^A","$options":"i"}})"},
        Spellings{"name matches \"a/b\"", R"({"name":{"$regex":"a/b"}})"},
        Spellings{"any items (sku = \"x\" and n > 2)",
                  R"({"items":{"$elemMatch":{"sku":"x","n":{"$gt":2}}}})"},
        Spellings{"any scores ($ > 5 and $ < 9)", R"({"scores":{"$elemMatch":{"$gt":5,"$lt":9}}})"},
        Spellings{"any scores ($ = 5)", R"({"scores":{"$elemMatch":{"$eq":5}}})"},
        Spellings{"size(tags) = 2", R"({"tags":{"$size":2}})"},
        Spellings{"tags contains \"a\"", R"({"tags":{"$all":["a"]}})"},
        Spellings{"a = {\"$x\":1}", R"({"a":{"$eq":{"$x":1}}})"},
        Spellings{"a = {}", R"({"a":{}})"},
        Spellings{"items[0].price = 1", R"({"items.0.price":1})"},
        Spellings{"$['a.b'] = 1", R"({"$['a.b']":1})"}, Spellings{"$['and'] = 1", R"({"and":1})"},
        Spellings{"size = 1 and any = 2", R"({"size":1,"any":2})"}, Spellings{"true", "{}"},
        Spellings{"false", R"({"$nor":[{}]})"}));

TEST(Filter, TextHasShorterAndOtherForms) {
  const auto same = [](std::string_view a, std::string_view b) {
    return same_filter(filter_of(a).root(), filter_of(b).root());
  };
  EXPECT_TRUE(same("a == 1 AND b <> 'x'", "a = 1 and b != \"x\""));
  EXPECT_TRUE(same("a between 1 and 5 and b = 2", "a >= 1 and a <= 5 and b = 2"));
  EXPECT_TRUE(same("exists(a) and not b exists", "a exists and b is missing"));
  EXPECT_TRUE(same("a not contains 1", "not a contains 1"));
  EXPECT_TRUE(same("a = 'it\\'s \"so\"'", R"(a = "it's \"so\"")"));
  EXPECT_TRUE(same("a matches \"^A\"i", "a matches /^A/i"));
  EXPECT_TRUE(same("((a=1))", "a = 1"));
}

// What is wrong is said with its place.
std::string error_of(std::string_view text) {
  const auto filter = Filter::parse(text);
  EXPECT_FALSE(filter.ok()) << text;
  return filter.ok() ? "" : std::string(filter.status().message());
}

TEST(Filter, ErrorsInTextPointAtThePlace) {
  EXPECT_EQ(error_of("age > "),
            "filter: expected a value at line 1, column 7\n  age > \n        ^");
  EXPECT_EQ(error_of("a = 1 and\n  b = 2 c"),
            "filter: expected and, or, or the end at line 2, column 9\n    b = 2 c\n          ^");
  EXPECT_EQ(error_of("a = 1 and"),
            "filter: expected a condition at line 1, column 10\n"
            "  a = 1 and\n           ^");
  EXPECT_NE(error_of("(a = 1").find("expected ')'"), std::string::npos);
  EXPECT_NE(error_of("a in 5").find("expected values in parentheses"), std::string::npos);
  EXPECT_NE(error_of("a = \"x").find("the string has no end"), std::string::npos);
  EXPECT_NE(error_of("a matches /(/").find("regular expression"), std::string::npos);
  EXPECT_NE(error_of("a is nothing").find("expected missing, null"), std::string::npos);
  EXPECT_NE(error_of("a = 01").find("column 5"), std::string::npos);
  EXPECT_NE(error_of("a").find("expected a comparison"), std::string::npos);
  EXPECT_NE(error_of("ü = ?").find("column 5"), std::string::npos);
}

TEST(Filter, ErrorsInJsonNameTheField) {
  EXPECT_EQ(error_of(R"({"age": {"$gtx": 1}})"), "filter: \"age\": unknown operator $gtx");
  EXPECT_NE(error_of(R"({"a": {"$in": 5}})").find("$in takes an array"), std::string::npos);
  EXPECT_NE(error_of(R"({"$or": []})").find("with one at least"), std::string::npos);
  EXPECT_NE(error_of(R"({"a..b": 1})").find("empty name"), std::string::npos);
  EXPECT_NE(error_of(R"({"a": {"$options": "i"}})").find("$options"), std::string::npos);
  EXPECT_NE(error_of(R"({"a": {"$regex": "a", "$options": "q"}})").find("'q'"), std::string::npos);
  EXPECT_NE(error_of("{\"a\": ").find("filter: "), std::string::npos);
}

TEST(Filter, RefusesWhatIsNestedTooDeep) {
  constexpr int kLevels = 100'000;
  std::string parentheses(kLevels, '(');
  std::string arrays = "a = " + std::string(kLevels, '[');
  std::string negations;
  for (int level = 0; level < kLevels; ++level) negations += "not ";
  for (const auto& text : {parentheses, arrays, negations, negations + "a = 1"}) {
    EXPECT_FALSE(Filter::parse(text).ok());
  }
  std::string json = "1";
  for (int level = 0; level < 120; ++level) json = "{\"a\":{\"$elemMatch\":" + json + "}}";
  EXPECT_FALSE(Filter::parse(json).ok());
}

TEST(Filter, ReadsALongListOfConditions) {
  std::string text = "a = 0";
  for (int number = 1; number < 20'000; ++number) text += " or a = " + std::to_string(number);
  const Filter filter = filter_of(text);
  EXPECT_EQ(filter.root().children.size(), 20'000u);
  EXPECT_TRUE(same_filter(filter_of(filter.to_json()).root(), filter.root()));
}

}  // namespace
}  // namespace ashlar
