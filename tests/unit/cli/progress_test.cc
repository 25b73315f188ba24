#include "runtime/cli/progress.h"

#include <gtest/gtest.h>

#include <limits>

namespace carrel::cli {
namespace {

using std::chrono::duration;

TEST(ProgressTest, TextHoldsTheShareTheRateAndTheTimeLeft) {
  EXPECT_EQ(StepText({"rows", 50, 200, duration<double>(5)}), "rows 50/200  10/s  15 s left");
  EXPECT_EQ(StepText({"rows", 1, 4, duration<double>(2)}), "rows 1/4  0.5/s  6 s left");
  EXPECT_EQ(StepText({"rows", 10, 2000, duration<double>(10)}), "rows 10/2000  1/s  34 min left");
}

TEST(ProgressTest, WithoutAMaximumNoTimeIsPromised) {
  EXPECT_EQ(StepText({"rows", 50, 0, duration<double>(5)}), "rows 50  10/s");
  EXPECT_EQ(StepText({"waiting", 0, 0, duration<double>(5)}), "waiting");
}

TEST(ProgressTest, AFirstMomentHasNoRate) {
  EXPECT_EQ(StepText({"rows", 50, 200, duration<double>(0.1)}), "rows 50/200");
}

TEST(ProgressTest, NumbersThatAReportInventsDoNoHarm) {
  const double infinite = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(StepText({"rows", infinite, 10, duration<double>(5)}), "rows ?/10");
  EXPECT_EQ(StepText({"rows", -3, 10, duration<double>(5)}), "rows ?/10");
  EXPECT_EQ(StepBar({"rows", nan, 10, duration<double>(5)}, 80),
            "[........................] rows ?/10");
  EXPECT_EQ(StepBar({"rows", 30, 10, duration<double>(0)}, 80),
            "[########################] rows 30/10");
}

TEST(ProgressTest, TheBarFillsWithTheShare) {
  EXPECT_EQ(StepBar({"rows", 5, 10, duration<double>(0)}, 80),
            "[############............] rows 5/10");
}

TEST(ProgressTest, ANarrowTerminalGetsTheTextAlone) {
  EXPECT_EQ(StepBar({"rows", 5, 10, duration<double>(0)}, 20), "rows 5/10");
  EXPECT_EQ(StepBar({"rows", 5, 10, duration<double>(0)}, 6), "rows ");
  EXPECT_EQ(StepBar({"rows", 5, 10, duration<double>(0)}, 0), "");
}

}  // namespace
}  // namespace carrel::cli
