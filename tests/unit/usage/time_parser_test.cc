#include "runtime/usage/time_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace carrel::usage {
namespace {

TEST(TimeParserTest, DaysOfBothEpochsAreExact) {
  const auto day = [](std::string_view text, Epoch epoch) {
    const auto time = ParseDayNumber(text, epoch);
    return time ? FormatTime(*time) : "fault " + std::to_string(static_cast<int>(time.error()));
  };
  EXPECT_EQ(day("1", Epoch::k1900), "1900-01-01 00:00:00");
  EXPECT_EQ(day("59", Epoch::k1900), "1900-02-28 00:00:00");
  EXPECT_EQ(day("60", Epoch::k1900), "fault 1");
  EXPECT_EQ(day("60.5", Epoch::k1900), "fault 1");
  EXPECT_EQ(day("61", Epoch::k1900), "1900-03-01 00:00:00");
  EXPECT_EQ(day("0", Epoch::k1900), "fault 2");
  EXPECT_EQ(day("45292.520833333336", Epoch::k1900), "2024-01-01 12:30:00");
  EXPECT_EQ(day("45292.999988425923", Epoch::k1900), "2024-01-01 23:59:59");
  EXPECT_EQ(day("2958465.9999999884", Epoch::k1900), "9999-12-31 23:59:59.999000");
  EXPECT_EQ(day("2958466", Epoch::k1900), "fault 2");
  EXPECT_EQ(day("0", Epoch::k1904), "1904-01-01 00:00:00");
  EXPECT_EQ(day("43830", Epoch::k1904), "2024-01-01 00:00:00");
  EXPECT_EQ(day("-1", Epoch::k1904), "fault 2");
  EXPECT_EQ(day("abc", Epoch::k1904), "fault 0");
  EXPECT_EQ(day("4.5292E4", Epoch::k1900), "2024-01-01 00:00:00");
}

}  // namespace
}  // namespace carrel::usage
