#include "tools/progress_bar.h"

#include <gtest/gtest.h>

namespace ashlar::tools {
namespace {

using std::chrono::seconds;

TEST(ProgressBar, ShowsPartRateAndTimeLeft) {
  EXPECT_EQ(render_progress("import", "entries", {50, 200, 1000, seconds(2)}, 100),
            "import  [=====>              ]  25 %  1,000 entries  500/s  6.0s left");
}

TEST(ProgressBar, WithoutATotalThereIsNoBar) {
  EXPECT_EQ(render_progress("import", "entries", {50, 0, 1000, seconds(2)}, 100),
            "import  1,000 entries  500/s");
}

TEST(ProgressBar, FitsTheTerminal) {
  EXPECT_EQ(render_progress("import", "entries", {50, 200, 1000, seconds(2)}, 10).size(), 10u);
}

TEST(ProgressBar, DrawsNothingIntoAFile) {
  std::FILE* file = std::tmpfile();
  {
    ProgressBar bar(file, "import", "entries");
    EXPECT_FALSE(bar.visible());
    bar.update(1, 2, 3);
  }
  EXPECT_EQ(std::ftell(file), 0);
  std::fclose(file);
}

}  // namespace
}  // namespace ashlar::tools
