#include "runtime/cli/exit_code.h"

#include <gtest/gtest.h>

namespace carrel::cli {
namespace {

TEST(ExitCodeTest, EachCodeHasTheNumberThatScriptsRelyOn) {
  EXPECT_EQ(static_cast<int>(ExitCodeOf(Code::kUsage)), 2);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(Code::kInvalid)), 3);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(Code::kUnreachable)), 4);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(Code::kTimeout)), 4);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(Code::kSandbox)), 5);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(Code::kConflict)), 6);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(Code::kNotFound)), 7);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(Code::kDenied)), 7);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(Code::kInternal)), 70);
}

TEST(ExitCodeTest, NoErrorLooksLikeSuccess) {
  for (int code = 0; code <= static_cast<int>(Code::kInternal); ++code) {
    EXPECT_NE(ExitCodeOf(static_cast<Code>(code)), ExitCode::kDone) << code;
  }
}

TEST(ExitCodeTest, OnlyOurOwnFaultsLookLikeBugs) {
  for (int code = 0; code < static_cast<int>(Code::kInternal); ++code) {
    EXPECT_NE(ExitCodeOf(static_cast<Code>(code)), ExitCode::kBug) << code;
  }
}

}  // namespace
}  // namespace carrel::cli
