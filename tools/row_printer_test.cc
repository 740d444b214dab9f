#include "tools/row_printer.h"

#include <gtest/gtest.h>

namespace ashlar::tools {
namespace {

TEST(Csv, OnlyCellsThatNeedQuotesHaveThem) {
  EXPECT_EQ(csv_line({"a", "b c", "", "1"}), "a,b c,,1");
  EXPECT_EQ(csv_line({"a,b", "say \"x\"", "two\nlines"}),
            "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\"");
}

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  EXPECT_EQ(render_table({"key", "n"}, {{"user:1", "5"}, {"é", "123"}}, {false, true}, 0),
            "key       n\n"
            "user:1    5\n"
            "é       123\n");
}

TEST(Table, TheWidestColumnIsCutFirst) {
  EXPECT_EQ(render_table({"key", "text"}, {{"a1", "a long éxplanation"}}, {false, false}, 14),
            "key  text\n"
            "a1   a long é…\n");
}

TEST(Table, ColumnsAreNotCutToNothing) {
  EXPECT_EQ(render_table({"aaaaaa", "bbbbbb"}, {}, {false, false}, 3), "aaa…  bbb…\n");
}

TEST(Columns, HaveTheNamesOfFields) {
  EXPECT_EQ(field_column("address.city")->path.steps().size(), 2u);
  EXPECT_EQ(field_column("$.a[0]")->path.steps().size(), 2u);
  EXPECT_FALSE(field_column("a..b").ok());
  EXPECT_EQ(member_column("it's.a \\name").path.steps().front().name, "it's.a \\name");
}

}  // namespace
}  // namespace ashlar::tools
