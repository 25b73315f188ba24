#include "runtime/report/limits.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sandbox/limits.h"

namespace carrel::report {
namespace {

TEST(ReportLimitsTest, AReportMayLowerEveryLimitDownToItsMinimum) {
  const manifest::ReportLimits least{.wall_s = 0.5,
                                     .cpu_s = 0.5,
                                     .memory_mb = 1,
                                     .output_mb = 1,
                                     .tmp_mb = 1,
                                     .idle_s = 0.5,
                                     .threads = 1,
                                     .files = 1,
                                     .log_kb = 1,
                                     .calls = 1,
                                     .frame_kb = 1,
                                     .call_s = 0.5,
                                     .reply_kb = 1,
                                     .received_mb = 1,
                                     .sent_mb = 1};
  const Limits lowered = Lowered(Limits(), least);
  for (const sandbox::LimitRow& row : sandbox::kLimitRows) {
    EXPECT_EQ(lowered.*row.field, std::max<int64_t>(row.minimum, 1)) << row.name;
  }
}

TEST(ReportLimitsTest, AReportMayNotRaiseALimit) {
  manifest::ReportLimits most;
  most.wall_s = 1e7;
  most.memory_mb = 1 << 24;
  most.calls = 1'000'000'000;
  const Limits granted = Lowered(Limits(), most);
  for (const sandbox::LimitRow& row : sandbox::kLimitRows) {
    EXPECT_EQ(granted.*row.field, Limits().*row.field) << row.name;
  }
}

}  // namespace
}  // namespace carrel::report
