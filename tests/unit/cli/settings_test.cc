#include "runtime/cli/settings.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <set>

#include "runtime/base/files.h"

namespace carrel::cli {
namespace {

class SettingsTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const SettingRow& row : SettingRows()) ::unsetenv(row.environment.c_str());
    flags_["data"] = directory_.path().string();
  }
  void TearDown() override { SetUp(); }
  void WriteFile(std::string_view text) {
    ASSERT_TRUE(WriteFileAtomic(directory_.path() / "carrel.toml", text));
  }
  TempDir directory_ = std::move(*TempDir::Create(std::filesystem::temp_directory_path(), "cli-"));
  std::map<std::string, std::string> flags_;
};

TEST_F(SettingsTest, FlagsWinOverEnvironmentOverFileOverDefaults) {
  EXPECT_EQ(Settings::Load(flags_)->Get("account.id").origin, "default");
  WriteFile("[account]\nid = \"VA-1\"\n");
  EXPECT_EQ(Settings::Load(flags_)->Text("account.id"), "VA-1");
  EXPECT_EQ(Settings::Load(flags_)->Get("account.id").origin,
            (directory_.path() / "carrel.toml").string());
  ::setenv("CARREL_ACCOUNT_ID", "VA-2", 1);
  EXPECT_EQ(Settings::Load(flags_)->Text("account.id"), "VA-2");
  EXPECT_EQ(Settings::Load(flags_)->Get("account.id").origin, "CARREL_ACCOUNT_ID");
  flags_["account.id"] = "VA-3";
  EXPECT_EQ(Settings::Load(flags_)->Text("account.id"), "VA-3");
  EXPECT_EQ(Settings::Load(flags_)->Get("account.id").origin, "command line");
}

TEST_F(SettingsTest, AnEmptyVariableIsNoValue) {
  ::setenv("CARREL_ACCOUNT_ID", "", 1);
  EXPECT_EQ(Settings::Load(flags_)->Get("account.id").origin, "default");
}

TEST_F(SettingsTest, TheDataDirectoryFollowsTheEnvironmentOfTheUser) {
  ::setenv("XDG_DATA_HOME", directory_.path().c_str(), 1);
  EXPECT_EQ(Settings::Load({})->Path("data"), directory_.path() / "carrel");
  ::unsetenv("XDG_DATA_HOME");
  ::setenv("HOME", directory_.path().c_str(), 1);
  EXPECT_EQ(Settings::Load({})->Path("data"), directory_.path() / ".local/share/carrel");
  ::setenv("CARREL_DATA", "/somewhere", 1);
  EXPECT_EQ(Settings::Load({})->Path("data"), "/somewhere");
}

TEST_F(SettingsTest, TomlValuesOfEveryKindAreTaken) {
  WriteFile("git.local = false\n[limits]\nwall_s = 7\ncpu_s = 2.5\n");
  const auto settings = Settings::Load(flags_);
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_FALSE(settings->IsOn("git.local"));
  EXPECT_EQ(settings->Number("limits.wall_s"), 7);
  EXPECT_EQ(settings->Number("limits.cpu_s"), 2.5);
}

TEST_F(SettingsTest, WrongValuesAreInvalidWithTheirOrigin) {
  for (const char* text :
       {"= 1", "frobnicate = 1", "limits = 3", "[limits]\nwall_s = [1]", "[limits]\nwall_s = -1",
        "[git]\nhttp = \"maybe\"", "[git]\npassword = \"x\"", "data = \"/x\""}) {
    WriteFile(text);
    const auto settings = Settings::Load(flags_);
    ASSERT_FALSE(settings) << text;
    EXPECT_EQ(settings.error().code, Code::kInvalid) << text;
    EXPECT_NE(settings.error().message.find("carrel.toml"), std::string::npos) << text;
  }
}

TEST_F(SettingsTest, NoTwoSettingsShareANameOrAVariable) {
  std::set<std::string> seen;
  for (const SettingRow& row : SettingRows()) {
    EXPECT_TRUE(seen.insert(row.name).second) << row.name;
    EXPECT_TRUE(seen.insert(row.environment).second) << row.environment;
    EXPECT_FALSE(row.meaning.empty()) << row.name;
  }
}

}  // namespace
}  // namespace carrel::cli
