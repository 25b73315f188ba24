#include "sandbox/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carrel::sandbox {
namespace {

TEST(LimitsTest, AReportMayOnlyLowerThem) {
  Limits report;
  report.wall_s = 10;
  report.memory_mb = 100000;
  const Limits lowered = Lowered(Limits(), report);
  EXPECT_EQ(lowered.wall_s, 10);
  EXPECT_EQ(lowered.memory_mb, Limits().memory_mb);
}

TEST(LimitsTest, AnUnknownNameNamesTheNearest) {
  Limits limits;
  const Status set = SetLimit(limits, "wal_s", 3);
  ASSERT_FALSE(set);
  EXPECT_THAT(set.error().message, testing::HasSubstr("did you mean 'wall_s'"));
  EXPECT_FALSE(SetLimit(limits, "wall_s", 0));
  EXPECT_TRUE(SetLimit(limits, "wall_s", 3));
  EXPECT_EQ(limits.wall_s, 3);
}

TEST(LimitsTest, TravelAsJson) {
  Limits limits;
  limits.calls = 7;
  EXPECT_EQ(LimitsFromJson(ToJson(limits), Limits()).calls, 7);
  EXPECT_EQ(LimitsFromJson({{"wall_s", -5}, {"cpu_s", "x"}}, Limits()).wall_s, 1);
}

}  // namespace
}  // namespace carrel::sandbox
