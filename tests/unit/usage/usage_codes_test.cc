// The codes of errors, and the page that lists them.
#include "runtime/usage/usage_codes.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace carrel::usage {
namespace {

using testing::HasSubstr;

TEST(UsageCodesTest, ThePageListsEveryCodeWithItsMeaning) {
  std::ifstream file(CARREL_USAGE_CODES_PAGE);
  std::stringstream page;
  page << file.rdbuf();
  uint32_t last = 0;
  std::string rows;
  for (const UsageCodeRow& row : UsageCodes()) {
    EXPECT_GT(static_cast<uint32_t>(row.code), last)
        << "codes are in order and none is there twice";
    last = static_cast<uint32_t>(row.code);
    rows += fmt::format("| {} | {} | {} |\n", UsageCodeName(row.code),
                        row.scope == UsageScope::kFile ? "file" : "record", row.meaning);
  }
  EXPECT_THAT(page.str(), HasSubstr(rows)) << "runtime/docs/usage-codes.md should hold\n" << rows;
  EXPECT_EQ(UsageCodeName(UsageCode::kUnknownItem), "USG_011");
}

}  // namespace
}  // namespace carrel::usage
