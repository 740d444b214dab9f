#include "index/collation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace ashlar {
namespace {

std::vector<std::string> sorted_by(const std::string& locale, std::vector<std::string> words) {
  const auto collation = Collation::open(locale);
  EXPECT_TRUE(collation.ok()) << collation.status().to_string();
  std::sort(words.begin(), words.end(), [&](const std::string& a, const std::string& b) {
    return (*collation)->sort_key(a) < (*collation)->sort_key(b);
  });
  return words;
}

using Words = std::vector<std::string>;

TEST(Collation, FollowsTheLanguage) {
  EXPECT_EQ(sorted_by("de", {"z", "Ähre", "b", "Apfel"}), (Words{"Ähre", "Apfel", "b", "z"}));
  EXPECT_EQ(sorted_by("sv", {"z", "ähre", "b", "apfel"}), (Words{"apfel", "b", "z", "ähre"}));
}

TEST(Collation, StrengthDecidesWhatIsEqual) {
  const auto base = Collation::open("en-u-ks-level1").value();
  EXPECT_EQ(base->sort_key("Resume"), base->sort_key("résumé"));
  const auto full = Collation::open("en").value();
  EXPECT_NE(full->sort_key("Resume"), full->sort_key("résumé"));
}

TEST(Collation, LongAndStrangeStringsHaveKeys) {
  const auto collation = Collation::open("en").value();
  EXPECT_EQ(collation->sort_key(""), collation->sort_key(""));
  EXPECT_LT(collation->sort_key(""), collation->sort_key("a"));
  const std::string longer(100'000, 'a');
  EXPECT_LT(collation->sort_key(longer), collation->sort_key(longer + "a"));
  EXPECT_FALSE(collation->sort_key("\U0001F600").empty());
  EXPECT_FALSE(collation->version().empty());
}

TEST(Collation, UnknownLanguagesAreRefused) {
  for (const char* const locale : {"xx-not-a-tag-!", "qqx", "12"}) {
    EXPECT_TRUE(Collation::open(locale).status().is(StatusCode::kInvalidArgument)) << locale;
  }
}

}  // namespace
}  // namespace ashlar
