#include "runtime/cli/parameters.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "runtime/base/files.h"

namespace carrel::cli {
namespace {

manifest::ReportDefinition Definition() {
  manifest::ReportDefinition report;
  report.parameters = {{"line", manifest::ParameterType::kSingleLine, "", "", false, {}},
                       {"hub", manifest::ParameterType::kHub, "", "", false, {}}};
  return report;
}

class ParameterFileTest : public testing::Test {
 protected:
  std::string Write(std::string_view text) {
    const std::string path = (directory_.path() / "params.json").string();
    EXPECT_TRUE(WriteFileAtomic(path, text));
    return path;
  }
  TempDir directory_ = std::move(*TempDir::Create(std::filesystem::temp_directory_path(), "cli-"));
};

TEST(ParametersTest, AValueIsJsonUnlessItsTypeIsText) {
  const auto given = ParametersOf(Definition(), {{"line=2020", "hub=[\"HB-1\"]"}, "", {}});
  ASSERT_TRUE(given);
  EXPECT_EQ(*given, Json::parse(R"([{"id": "line", "value": "2020"},
                                    {"id": "hub", "value": ["HB-1"]}])"));
}

TEST(ParametersTest, OnlyTheFirstEqualsSignSplits) {
  const auto given = ParametersOf(Definition(), {{"line=a=b"}, "", {}});
  ASSERT_TRUE(given);
  EXPECT_EQ((*given)[0]["value"], "a=b");
}

TEST(ParametersTest, WithoutAnEqualsSignItIsWrongUsage) {
  for (const char* text : {"line", "=x", ""}) {
    const auto given = ParametersOf(Definition(), {{text}, "", {}});
    ASSERT_FALSE(given) << text;
    EXPECT_EQ(given.error().code, Code::kUsage);
  }
}

TEST_F(ParameterFileTest, TheCommandLineWinsOverTheFile) {
  const auto given =
      ParametersOf(Definition(), {{"line=new"}, Write(R"({"line": "old", "hub": "HB-1"})"), {}});
  ASSERT_TRUE(given);
  EXPECT_EQ(*given, Json::parse(R"([{"id": "hub", "value": "HB-1"},
                                    {"id": "line", "value": "new"}])"));
}

TEST_F(ParameterFileTest, AListOfIdsAndValuesIsTakenAsItStands) {
  const auto given = ParametersOf(Definition(), {{}, Write(R"([{"id": "line", "value": 1}])"), {}});
  ASSERT_TRUE(given);
  EXPECT_EQ((*given)[0]["value"], 1);
}

TEST_F(ParameterFileTest, AnythingElseIsInvalidWithItsPlace) {
  for (const char* text : {"3", "{", "\"text\""}) {
    const auto given = ParametersOf(Definition(), {{}, Write(text), {}});
    ASSERT_FALSE(given) << text;
    EXPECT_EQ(given.error().code, Code::kInvalid);
    EXPECT_NE(given.error().message.find("params.json"), std::string::npos);
  }
}

TEST(ParametersTest, LimitsAreNumbersWhenTheyLookLikeIt) {
  const auto limits = LimitsOf({{}, "", {"wall_s=2", "cpu_s=soon"}});
  ASSERT_TRUE(limits);
  EXPECT_EQ(*limits, Json::parse(R"({"wall_s": 2, "cpu_s": "soon"})"));
}

}  // namespace
}  // namespace carrel::cli
