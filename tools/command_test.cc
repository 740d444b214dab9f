#include "tools/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace ashlar::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<CommandOption> kKnown = {{"--limit", "N", ""}, {"--reverse", "", ""}};

TEST(Arguments, OptionsMayStandAnywhere) {
  const auto arguments = Arguments::parse({"a", "--limit", "5", "b", "--reverse"}, kKnown).value();
  EXPECT_THAT(arguments.words(), ElementsAre("a", "b"));
  EXPECT_EQ(*arguments.count("--limit", 0), 5u);
  EXPECT_TRUE(arguments.has("--reverse"));
}

TEST(Arguments, ValuesMayFollowAnEqualsSign) {
  const auto arguments = Arguments::parse({"--limit=7"}, kKnown).value();
  EXPECT_EQ(*arguments.count("--limit", 0), 7u);
  EXPECT_FALSE(arguments.has("--reverse"));
  EXPECT_EQ(*arguments.count("--reverse-not", 3), 3u);
}

TEST(Arguments, BehindTwoDashesEverythingIsAnArgument) {
  const auto arguments = Arguments::parse({"--", "--limit", "--"}, kKnown).value();
  EXPECT_THAT(arguments.words(), ElementsAre("--limit", "--"));
}

TEST(Arguments, NegativeNumbersAreArguments) {
  EXPECT_THAT(Arguments::parse({"k", "-5"}, kKnown)->words(), ElementsAre("k", "-5"));
}

TEST(Arguments, WrongOptionsAreRefused) {
  for (const std::vector<std::string>& bad :
       std::vector<std::vector<std::string>>{{"--nothing"}, {"--limit"}, {"--reverse=1"}}) {
    EXPECT_TRUE(Arguments::parse(bad, kKnown).status().is(StatusCode::kInvalidArgument));
  }
  EXPECT_FALSE(Arguments::parse({"--limit", "x"}, kKnown)->count("--limit", 0).ok());
}

TEST(Commands, EachHasANameOfItsOwnAndADescription) {
  std::set<std::string_view> names;
  for (const Command& command : all_commands()) {
    EXPECT_TRUE(names.insert(command.name).second) << command.name;
    EXPECT_NE(command.run, nullptr) << command.name;
    EXPECT_TRUE(command.summary.ends_with('.')) << command.name;
    EXPECT_LE(command.minimum_words, command.maximum_words) << command.name;
    EXPECT_THAT(help_for(command), HasSubstr(std::string(command.summary)));
    EXPECT_THAT(help_overview(), HasSubstr(std::string(command.name)));
    EXPECT_EQ(find_command(command.name), &command);
  }
}

TEST(Commands, UsageHasArgumentsAndOptions) {
  EXPECT_EQ(usage_of(*find_command("range")), "range FROM [TO] [--reverse] [--limit N]");
}

}  // namespace
}  // namespace ashlar::tools
