#include "filter/simple_spelling.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>

#include "filter/text_spelling.h"

namespace ashlar {
namespace {

TEST(SimpleSpelling, ReadsComparisonsJoinedByAnd) {
  for (const char* const text :
       {"a = 1", "a==1", " age >= 30 and address.city != \"Rome\" ", "a<-1.5e3 and b<>null",
        "x.y > true and x_1 <= \"\xc3\xa9\"", "a = 1\nand b = 2", "a = 18446744073709551616"}) {
    const FilterNodePtr simple = parse_simple_filter(text);
    ASSERT_NE(simple, nullptr) << text;
    const auto whole = parse_text_filter(text);
    ASSERT_TRUE(whole.ok()) << text;
    EXPECT_TRUE(same_filter(*simple, **whole)) << text;
  }
}

TEST(SimpleSpelling, LeavesEverythingElseToTheGrammar) {
  for (const char* const text :
       {"",          "a",           "a = 1 or b = 2",  "not a = 1", "a = 'x'", "a = \"\\n\"",
        "a in (1)",  "a[0] = 1",    "a.0 = 1",         "$.a = 1",   "and = 1", "NULL = 1",
        "a = 01",    "a = 1x",      "a = 1 AND b = 1", "a = \"x",   "a = [1]", "(a = 1)",
        "a = 1 and", "a = 1 b = 2", "size(a) = 1"}) {
    EXPECT_EQ(parse_simple_filter(text), nullptr) << text;
  }
}

// Whatever it reads, the grammar reads to the same tree.
TEST(SimpleSpelling, AgreesWithTheGrammar) {
  const char* const given = std::getenv("ASHLAR_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 4'711;
  SCOPED_TRACE("ASHLAR_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  static constexpr const char* kTokens[] = {
      "a",  "b.c",   "any",   "not", "is",  "size", "A1",   "=",        "==",
      "!=", "<",     "<=",    ">",   "<>",  "1",    "-2",   "1.5",      "0",
      "01", "1e3",   "\"x\"", "\"y", "'z'", "true", "Null", "null",     "and",
      "or", " and ", "And",   "(",   ")",   "[0]",  ".",    "\xc3\xa9", "\"\xff\""};
  int read = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string text;
    for (uint64_t left = 3 + 4 * (random() % 3); left > 0; --left) {
      // Often what fits.
      const uint64_t place = left % 4;
      const uint64_t choice = random() % 6;
      if (choice > 1) {
        text += place == 3 ? "a" : place == 2 ? "=" : place == 1 ? "1" : "and";
      } else {
        text += kTokens[random() % std::size(kTokens)];
      }
      if (random() % 8 != 0) text += random() % 4 == 0 ? "\t" : " ";
    }
    const FilterNodePtr simple = parse_simple_filter(text);
    if (simple == nullptr) continue;
    ++read;
    const auto whole = parse_text_filter(text);
    ASSERT_TRUE(whole.ok()) << text << "\n" << whole.status().to_string();
    ASSERT_TRUE(same_filter(*simple, **whole)) << text;
  }
  EXPECT_GT(read, 5'000);
}

}  // namespace
}  // namespace ashlar
