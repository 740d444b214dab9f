// JSONPath: the examples of RFC 9535, and what its grammar leaves to this implementation.
#include "document/json_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "document/document_test_support.h"
#include "document/path_parser.h"

namespace ashlar {
namespace {

using ::testing::HasSubstr;

// The values that the path means, as one JSON array.
std::string selected(std::string_view path, const JsonValue& document) {
  const auto parsed = JsonPath::parse(path);
  EXPECT_TRUE(parsed.ok()) << path << ": " << parsed.status().to_string();
  if (!parsed.ok()) return "";
  JsonValue::Array values;
  for (const JsonValue* value : parsed->select(document)) values.push_back(*value);
  return to_json(JsonValue::array(std::move(values)));
}

struct Example {
  const char* path;
  const char* values;
};

void expect_selected(std::string_view document, const std::vector<Example>& examples) {
  const JsonValue value = json(document);
  for (const Example& example : examples) {
    EXPECT_EQ(selected(example.path, value), to_json(json(example.values))) << example.path;
  }
}

TEST(JsonPath, BookstoreOfSection1_5) {
  expect_selected(
      R"({"store": {
      "book": [
        {"category": "reference", "author": "Nigel Rees", "title": "Sayings of the Century",
         "price": 8.95},
        {"category": "fiction", "author": "Evelyn Waugh", "title": "Sword of Honour",
         "price": 12.99},
        {"category": "fiction", "author": "Herman Melville", "title": "Moby Dick",
         "isbn": "0-553-21311-3", "price": 8.99},
        {"category": "fiction", "author": "J. R. R. Tolkien", "title": "The Lord of the Rings",
         "isbn": "0-395-19395-8", "price": 22.99}],
      "bicycle": {"color": "red", "price": 399}}})",
      {
          {"$.store.book[*].author",
           R"(["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"])"},
          {"$..author", R"(["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"])"},
          {"$.store.*.color", R"(["red"])"},
          {"$.store..price", "[8.95,12.99,8.99,22.99,399]"},
          {"$..book[2].title", R"(["Moby Dick"])"},
          {"$..book[2].author", R"(["Herman Melville"])"},
          {"$..book[2].publisher", "[]"},
          {"$..book[-1].title", R"(["The Lord of the Rings"])"},
          {"$..book[0,1].price", "[8.95,12.99]"},
          {"$..book[:2].price", "[8.95,12.99]"},
          {"$..book[?@.isbn].price", "[8.99,22.99]"},
          {"$..book[?@.price<10].title", R"(["Sayings of the Century","Moby Dick"])"},
          {"$.store.book[?@.price < $.store.bicycle.price].price", "[8.95,12.99,8.99,22.99]"},
      });
}

TEST(JsonPath, NamesOfSection2_3_1) {
  expect_selected(R"({"o": {"j j": {"k.k": 3}}, "'": {"@": 2}})",
                  {
                      {"$", R"([{"o": {"j j": {"k.k": 3}}, "'": {"@": 2}}])"},
                      {"$.o['j j']", R"([{"k.k": 3}])"},
                      {"$.o['j j']['k.k']", "[3]"},
                      {R"($.o["j j"]["k.k"])", "[3]"},
                      {R"($["'"]["@"])", "[2]"},
                  });
}

TEST(JsonPath, WildcardsOfSection2_3_2) {
  expect_selected(R"({"o": {"j": 1, "k": 2}, "a": [5, 3]})",
                  {
                      {"$[*]", R"([{"j":1,"k":2},[5,3]])"},
                      {"$.o[*]", "[1,2]"},
                      {"$.o[*, *]", "[1,2,1,2]"},
                      {"$.a[*]", "[5,3]"},
                  });
}

TEST(JsonPath, IndexesOfSection2_3_3) {
  expect_selected(R"(["a","b"])", {{"$[1]", R"(["b"])"}, {"$[-2]", R"(["a"])"}, {"$[2]", "[]"}});
}

TEST(JsonPath, SlicesOfSection2_3_4) {
  expect_selected(R"(["a","b","c","d","e","f","g"])",
                  {
                      {"$[1:3]", R"(["b","c"])"},
                      {"$[5:]", R"(["f","g"])"},
                      {"$[1:5:2]", R"(["b","d"])"},
                      {"$[5:1:-2]", R"(["f","d"])"},
                      {"$[::-1]", R"(["g","f","e","d","c","b","a"])"},
                  });
}

TEST(JsonPath, ComparisonsOfSection2_3_5) {
  const JsonValue document = json(R"({"obj": {"x": "y"}, "arr": [2, 3]})");
  const std::vector<std::pair<const char*, bool>> comparisons = {
      {"$.absent1 == $.absent2", true},
      {"$.absent1 <= $.absent2", true},
      {"$.absent == 'g'", false},
      {"$.absent1 != $.absent2", false},
      {"$.absent != 'g'", true},
      {"1 <= 2", true},
      {"1 > 2", false},
      {"13 == '13'", false},
      {"'a' <= 'b'", true},
      {"'a' > 'b'", false},
      {"$.obj == $.arr", false},
      {"$.obj != $.arr", true},
      {"$.obj == $.obj", true},
      {"$.obj != $.obj", false},
      {"$.arr == $.arr", true},
      {"$.arr != $.arr", false},
      {"$.obj == 17", false},
      {"$.obj != 17", true},
      {"$.obj <= $.arr", false},
      {"$.obj < $.arr", false},
      {"$.obj <= $.obj", true},
      {"$.arr <= $.arr", true},
      {"1 <= $.arr", false},
      {"1 >= $.arr", false},
      {"1 > $.arr", false},
      {"1 < $.arr", false},
      {"true <= true", true},
      {"true > true", false},
  };
  for (const auto& [comparison, holds] : comparisons) {
    const std::string path = "$[?" + std::string(comparison) + "]";
    EXPECT_EQ(selected(path, document), holds ? R"([{"x":"y"},[2,3]])" : "[]") << path;
  }
}

TEST(JsonPath, FiltersOfSection2_3_5) {
  const std::string a = R"([3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}])";
  const std::string o = R"({"p":1,"q":2,"r":3,"s":5,"t":{"u":6}})";
  const std::string both = "[" + a + "," + o + "]";
  const std::string only_a = "[" + a + "]";
  expect_selected(R"({"a":)" + a + R"(,"o":)" + o + R"(,"e":"f"})",
                  {
                      {"$.a[?@.b == 'kilo']", R"([{"b":"kilo"}])"},
                      {"$.a[?(@.b == 'kilo')]", R"([{"b":"kilo"}])"},
                      {"$.a[?@>3.5]", "[5,4,6]"},
                      {"$.a[?@.b]", R"([{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}])"},
                      {"$[?@.*]", both.c_str()},
                      {"$[?@[?@.b]]", only_a.c_str()},
                      {"$.o[?@<3, ?@<3]", "[1,2,1,2]"},
                      {"$.a[?@<2 || @.b == \"k\"]", R"([1,{"b":"k"}])"},
                      {"$.a[?match(@.b, \"[jk]\")]", R"([{"b":"j"},{"b":"k"}])"},
                      {"$.a[?search(@.b, \"[jk]\")]", R"([{"b":"j"},{"b":"k"},{"b":"kilo"}])"},
                      {"$.o[?@>1 && @<4]", "[2,3]"},
                      {"$.o[?@.u || @.x]", R"([{"u":6}])"},
                      {"$.a[?@.b == $.x]", "[3,5,1,2,4,6]"},
                      {"$.a[?@ == @]", a.c_str()},
                  });
}

TEST(JsonPath, TypesOfSection2_4) {
  for (const char* path :
       {"$[?length(@) < 3]", "$[?count(@.*) == 1]", "$[?match(@.timezone, 'Europe/.*')]",
        "$[?value(@..color) == \"red\"]"}) {
    EXPECT_TRUE(JsonPath::parse(path).ok()) << path;
  }
  for (const char* path :
       {"$[?length(@.*) < 3]", "$[?count(1) == 1]", "$[?count(foo(@.*)) == 1]",
        "$[?match(@.timezone, 'Europe/.*') == true]", "$[?value(@..color)]", "$[?bar(@.a)]"}) {
    EXPECT_FALSE(JsonPath::parse(path).ok()) << path;
  }
}

TEST(JsonPath, ChildSegmentsOfSection2_5_1) {
  expect_selected(R"(["a","b","c","d","e","f","g"])", {
                                                          {"$[0, 3]", R"(["a","d"])"},
                                                          {"$[0:2, 5]", R"(["a","b","f"])"},
                                                          {"$[0, 0]", R"(["a","a"])"},
                                                      });
}

TEST(JsonPath, DescendantSegmentsOfSection2_5_2) {
  expect_selected(
      R"({"o": {"j": 1, "k": 2}, "a": [5, 3, [{"j": 4}, {"k": 6}]]})",
      {
          {"$..j", "[1,4]"},
          {"$..[0]", R"([5,{"j":4}])"},
          {"$..[*]",
           R"([{"j":1,"k":2},[5,3,[{"j":4},{"k":6}]],1,2,5,3,[{"j":4},{"k":6}],{"j":4},{"k":6},4,6])"},
          {"$..*",
           R"([{"j":1,"k":2},[5,3,[{"j":4},{"k":6}]],1,2,5,3,[{"j":4},{"k":6}],{"j":4},{"k":6},4,6])"},
          {"$..o", R"([{"j":1,"k":2}])"},
          {"$.o..[*, *]", "[1,2,1,2]"},
          {"$.a..[0, 1]", R"([5,3,{"j":4},{"k":6}])"},
      });
}

TEST(JsonPath, NullOfSection2_6) {
  expect_selected(R"({"a": null, "b": [null], "c": [{}], "null": 1})",
                  {
                      {"$.a", "[null]"},
                      {"$.a[0]", "[]"},
                      {"$.a.d", "[]"},
                      {"$.b[0]", "[null]"},
                      {"$.b[*]", "[null]"},
                      {"$.b[?@]", "[null]"},
                      {"$.b[?@==null]", "[null]"},
                      {"$.c[?@.d==null]", "[]"},
                      {"$.null", "[1]"},
                  });
}

TEST(JsonPath, SelectsPointersIntoTheDocument) {
  const JsonValue document = json(R"({"a":[1,2]})");
  const auto path = JsonPath::parse("$.a[1]");
  ASSERT_TRUE(path.ok());
  const auto values = path->select(document);
  ASSERT_EQ(values.size(), 1u);
  EXPECT_EQ(values[0], &document.find("a")->as_array()[1]);
}

TEST(JsonPath, NumbersInFiltersAreComparedExactly) {
  expect_selected(
      "[9007199254740992, 9007199254740993, 18446744073709551616, 1e400]",
      {
          {"$[?@ == 9007199254740993]", "[9007199254740993]"},
          {"$[?@ > 9007199254740992.0]", "[9007199254740993, 18446744073709551616, 1e400]"},
          {"$[?@ == 1.8446744073709551616e19]", "[18446744073709551616]"},
          {"$[?@ >= 10e399]", "[1e400]"},
      });
}

TEST(JsonPath, ErrorsSayWhereAndWhat) {
  const auto message = [](std::string_view path) {
    const auto parsed = JsonPath::parse(path);
    EXPECT_TRUE(parsed.status().is(StatusCode::kInvalidArgument)) << path;
    return std::string(parsed.status().message());
  };
  EXPECT_THAT(message(""), HasSubstr("offset 0: a path begins with $"));
  EXPECT_THAT(message("$.a["), HasSubstr("offset 4"));
  EXPECT_THAT(message("$['a"), HasSubstr("offset 2: a string that is not closed"));
  EXPECT_THAT(message("$[?@.a == 'x' && foo(@.b)]"),
              HasSubstr("offset 17: there is no function foo"));
  EXPECT_THAT(message("$[?!@.a == 1]"), HasSubstr("offset 8: ! cannot stand"));
  EXPECT_THAT(message("$.a\xff"), HasSubstr("offset 3: not UTF-8"));
}

TEST(JsonPath, NestingIsLimited) {
  const auto nested = [](int depth) {
    std::string path = "$";
    for (int i = 0; i < depth; ++i) path += "[?@";
    return path + std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_TRUE(JsonPath::parse(nested(kMaximumPathNesting)).ok());
  EXPECT_FALSE(JsonPath::parse(nested(kMaximumPathNesting + 1)).ok());
  EXPECT_FALSE(JsonPath::parse(nested(100000)).ok());
  EXPECT_FALSE(JsonPath::parse("$[?" + std::string(100000, '(')).ok());
  std::string calls = "$[?";
  for (int i = 0; i < 100000; ++i) calls += "length(";
  EXPECT_FALSE(JsonPath::parse(calls).ok());
}

TEST(JsonPath, DeepDocumentsAndDeepFiltersGoTogether) {
  std::string document = "{\"a\":1}";
  std::string steps;
  for (int i = 1; i < kMaximumJsonDepth; ++i) {
    document = "{\"a\":" + document + "}";
    steps += ".a";
  }
  // Each filter stands at the bottom of the document while it walks to the bottom for the next one.
  std::string path = "$..[?@==1]";
  for (int i = 0; i < 3; ++i) path = "$" + steps + "[?" + path + "]";
  EXPECT_EQ(selected(path, json(document)), "[1]");
}

TEST(JsonPath, LengthIsLimited) {
  std::string path = "$";
  for (int i = 0; i < kMaximumPathSegments; ++i) path += ".a";
  EXPECT_TRUE(JsonPath::parse(path).ok());
  EXPECT_TRUE(SingularPath::parse(path).ok());
  EXPECT_FALSE(JsonPath::parse(path + ".a").ok());
  EXPECT_FALSE(SingularPath::parse(path + ".a").ok());
  EXPECT_FALSE(JsonPath::parse("$[?" + path + "]").ok());
}

TEST(SingularPath, FindsTheOneValue) {
  const JsonValue document = json(R"({"a":{"b c":[1,{"d":2}]},"$":3})");
  const auto found = [&](std::string_view text) -> std::string {
    const auto path = SingularPath::parse(text);
    if (!path.ok()) return path.status().to_string();
    const JsonValue* value = path->find(document);
    return value == nullptr ? "nothing" : to_json(*value);
  };
  EXPECT_EQ(found("$"), to_json(document));
  EXPECT_EQ(found("$.a['b c'][0]"), "1");
  EXPECT_EQ(found("a['b c'][1].d"), "2");
  EXPECT_EQ(found("a[\"b c\"][-1]['d']"), "2");
  EXPECT_EQ(found("['a']['b c'][-2]"), "1");
  EXPECT_EQ(found("$['$']"), "3");
  EXPECT_EQ(found("$[ 'a' ]['b c'] [0]"), "1");
  EXPECT_EQ(found("a['b c'][2]"), "nothing");
  EXPECT_EQ(found("a['b c'][-3]"), "nothing");
  EXPECT_EQ(found("a[0]"), "nothing");
  EXPECT_EQ(found("a['b c'].d"), "nothing");
  EXPECT_EQ(found("x.y"), "nothing");
}

TEST(SingularPath, RefusesWhatMayMeanSeveralValues) {
  for (const char* text : {"$.*", "$..a", "$[0,1]", "$[:]", "$[?@.a]", "$['a','b']", "*", "a.*", "",
                           ".a", "$.", "a.", "a b", " a", "a ", "1a", "a..b"}) {
    EXPECT_TRUE(SingularPath::parse(text).status().is(StatusCode::kInvalidArgument)) << text;
  }
}

TEST(SingularPath, NormalizedFormIsThatOfSection2_7) {
  const auto normalized = [](std::string_view text) {
    const auto path = SingularPath::parse(text);
    return path.ok() ? path->to_string() : path.status().to_string();
  };
  EXPECT_EQ(normalized("$"), "$");
  EXPECT_EQ(normalized("$.a"), "$['a']");
  EXPECT_EQ(normalized("$[1]"), "$[1]");
  EXPECT_EQ(normalized("a.b[2]"), "$['a']['b'][2]");
  EXPECT_EQ(normalized(R"($["\u000B"])"), R"($['\u000b'])");
  EXPECT_EQ(normalized(R"($["\u0061"])"), "$['a']");
  EXPECT_EQ(normalized(R"($["'\"\\\n\b\f\r\t/"])"), R"($['\'"\\\n\b\f\r\t/'])");
  EXPECT_EQ(normalized("$['\\ud83d\\ude00\xc3\xa9']"), "$['\xf0\x9f\x98\x80\xc3\xa9']");
}

}  // namespace
}  // namespace ashlar
