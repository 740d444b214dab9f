#include "document/path_pattern.h"

#include <gtest/gtest.h>

namespace ashlar {
namespace {

bool matches(std::string_view pattern, std::string_view text) {
  const auto compiled = PathPattern::compile(pattern);
  EXPECT_NE(compiled, nullptr) << pattern;
  return compiled != nullptr && compiled->matches(text);
}

TEST(PathPattern, MatchesWholeTextAndFindsParts) {
  const auto pattern = PathPattern::compile("a.c");
  ASSERT_NE(pattern, nullptr);
  EXPECT_TRUE(pattern->matches("abc"));
  EXPECT_FALSE(pattern->matches("xabc"));
  EXPECT_FALSE(pattern->matches("abcx"));
  EXPECT_TRUE(pattern->is_in("xabcx"));
  EXPECT_FALSE(pattern->is_in("ac"));
}

TEST(PathPattern, AlternativesBelongTogether) {
  EXPECT_TRUE(matches("a|bc", "a"));
  EXPECT_TRUE(matches("a|bc", "bc"));
  EXPECT_FALSE(matches("a|bc", "ac"));
  EXPECT_TRUE(matches("(a|b)c|", ""));
  EXPECT_TRUE(matches("(a|b)c|", "bc"));
  EXPECT_TRUE(matches("()*", ""));
}

TEST(PathPattern, DotIsAnyCharacterButLineEnds) {
  EXPECT_TRUE(matches(".", "\xf0\x9f\x98\x80"));
  EXPECT_TRUE(matches(".", "\xe2\x80\xa8"));
  EXPECT_FALSE(matches(".", "\n"));
  EXPECT_FALSE(matches(".", "\r"));
  EXPECT_TRUE(matches("a\\.c", "a.c"));
  EXPECT_FALSE(matches("a\\.c", "abc"));
  EXPECT_TRUE(matches("[.]", "."));
  EXPECT_FALSE(matches("[.]", "a"));
}

TEST(PathPattern, CaretAndDollarAreTheEndsOutsideOfBrackets) {
  EXPECT_TRUE(matches("^a$", "a"));
  EXPECT_FALSE(matches("^a$", "^a$"));
  EXPECT_TRUE(PathPattern::compile("^a")->is_in("ab"));
  EXPECT_FALSE(PathPattern::compile("^a")->is_in("ba\na"));
  EXPECT_FALSE(PathPattern::compile("a$")->is_in("a\n"));
  EXPECT_TRUE(matches("[a^$]*", "^a$"));
  EXPECT_FALSE(matches("[^a]", "a"));
  EXPECT_TRUE(matches("[^^]", "a"));
  EXPECT_FALSE(matches("[^^]", "^"));
}

TEST(PathPattern, QuantifiersCount) {
  EXPECT_TRUE(matches("a{2}", "aa"));
  EXPECT_FALSE(matches("a{2}", "aaa"));
  EXPECT_TRUE(matches("a{2,}", "aaa"));
  EXPECT_TRUE(matches("a{1,2}b?c+d*", "aacc"));
  EXPECT_FALSE(matches("a{1,2}", ""));
}

TEST(PathPattern, ClassesHoldRangesHyphensAndCategories) {
  EXPECT_TRUE(matches("[a-c]+", "abc"));
  EXPECT_FALSE(matches("[a-c]+", "d"));
  EXPECT_TRUE(matches("[-a]+", "-a"));
  EXPECT_TRUE(matches("[a-]+", "-a"));
  EXPECT_TRUE(matches("[^-a]+", "b"));
  EXPECT_FALSE(matches("[^-a]+", "-"));
  EXPECT_TRUE(matches("[\\]\\[\\\\]+", "[]\\"));
  EXPECT_TRUE(matches("[\xc3\xa0-\xc3\xa9]", "\xc3\xa8"));
  EXPECT_TRUE(matches("\\p{Lu}\\p{L}*", "Ab"));
  EXPECT_FALSE(matches("\\p{Lu}\\p{L}*", "ab"));
  EXPECT_TRUE(matches("\\P{N}", "a"));
  EXPECT_TRUE(matches("[\\p{Nd}x]+", "1x2"));
  EXPECT_TRUE(matches("\\n\\r\\t", "\n\r\t"));
}

TEST(PathPattern, WhatIRegexpsLackIsRefused) {
  for (const std::string_view pattern :
       {"(",     ")",     "(a",     "a)",      "*",       "+a",         "a**",     "a*?",
        "a{",    "a{}",   "a{,2}",  "a{1",     "a{1,2",   "{1}",        "}",       "]",
        "[",     "[]",    "[^]",    "[a",      "[a-",     "[b-a]",      "[a-b-c]", "[[a]]",
        "\\d",   "\\w",   "\\b",    "\\1",     "\\",      "\\x41",      "\\/",     "\\p",
        "\\pL",  "\\p{}", "\\p{X}", "\\p{Lx}", "\\p{Cs}", "\\p{Latin}", "\\p{L",   "(?:a)",
        "(?i)a", "(|*)",  "a{1001}"}) {
    EXPECT_EQ(PathPattern::compile(pattern), nullptr) << pattern;
  }
}

TEST(PathPattern, DeepGroupsAreRefused) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '(') + "a" + std::string(depth, ')');
  };
  EXPECT_NE(PathPattern::compile(nested(100)), nullptr);
  EXPECT_EQ(PathPattern::compile(nested(101)), nullptr);
  EXPECT_EQ(PathPattern::compile(std::string(1000000, '(')), nullptr);
}

}  // namespace
}  // namespace ashlar
