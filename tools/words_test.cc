#include "tools/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ashlar::tools {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> words(std::string_view line) {
  return split_words(line).value();
}

TEST(Words, BlanksSeparateAndQuotesJoin) {
  EXPECT_THAT(words("  set\ta  b \r\n"), ElementsAre("set", "a", "b"));
  EXPECT_THAT(words("set \"my key\" 'a \\x41 b' x\" y\"'z'"),
              ElementsAre("set", "my key", "a \\x41 b", "x yz"));
  EXPECT_THAT(words("get \"\""), ElementsAre("get", ""));
}

TEST(Words, EscapesStandForBytes) {
  EXPECT_THAT(words(R"(get a\x00b\ c\\d\"e)"), ElementsAre("get", std::string("a\0b c\\d\"e", 9)));
  EXPECT_THAT(words(R"(get "a\x0a" \q)"), ElementsAre("get", "a\n", "\\q"));
}

TEST(Words, JsonIsTakenAsItStands) {
  EXPECT_THAT(words(R"(set k {"name": "A \" }", "l": [1, 2]} --ttl 5s)"),
              ElementsAre("set", "k", R"({"name": "A \" }", "l": [1, 2]})", "--ttl", "5s"));
  EXPECT_THAT(words(R"(set k {no} [x y])"), ElementsAre("set", "k", "{no}", "[x", "y]"));
  EXPECT_THAT(words(R"(set k [1]2)"), ElementsAre("set", "k", "[1]2"));
}

TEST(Words, BlankLinesAndCommentsHaveNoWords) {
  EXPECT_THAT(words(""), IsEmpty());
  EXPECT_THAT(words("   # set a 1"), IsEmpty());
  EXPECT_THAT(words("get #a"), ElementsAre("get", "#a"));
}

TEST(Words, AnOpenQuoteIsAnError) {
  EXPECT_TRUE(split_words("set 'a b").status().is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(split_words("set \"a\\\"").status().is(StatusCode::kInvalidArgument));
}

TEST(Words, QuotedWordsAreReadBack) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  for (const std::string& word : {every_byte, std::string("{\"a\":1}"), std::string("[1]"),
                                  std::string("#x"), std::string(), std::string("a b'c\\x41")}) {
    EXPECT_THAT(words(quote_word(word)), ElementsAre(word));
  }
}

TEST(Words, ArgumentsOfTheProcessAreDecodedUnlessTheyAreJson) {
  EXPECT_EQ(decode_argument("a\\x00b"), std::string("a\0b", 3));
  EXPECT_EQ(decode_argument(R"({"a": "\\x41"})"), R"({"a": "\\x41"})");
  EXPECT_EQ(decode_argument(R"("\\")"), R"("\\")");
}

}  // namespace
}  // namespace ashlar::tools
