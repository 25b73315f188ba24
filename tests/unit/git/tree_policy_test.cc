#include "runtime/git/tree_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace carrel::git {
namespace {

using ::testing::HasSubstr;

TEST(TreePolicy, OrdinaryNamesAreAllowed) {
  const std::vector<std::string> names = {"reports.json",
                                          ".gitignore",
                                          ".gitattributes",
                                          ".gitmodules",
                                          ".github",
                                          "git",
                                          "a b.txt",
                                          "Übersicht.md",
                                          "日本語",
                                          "...",
                                          "a..b",
                                          "git~",
                                          "-x",
                                          "con",
                                          ".git-keep",
                                          "x.git",
                                          std::string(255, 'n')};
  for (const std::string& name : names) EXPECT_TRUE(CheckEntryName(name, name)) << name;
}

TEST(TreePolicy, NamesThatLeaveTheDirectoryOrBreakListingsAreRefused) {
  const std::vector<std::string> names = {
      "",     ".",        "..",           "a/b",
      "/",    "a\\b",     "a\nb",         "a\rb",
      "a\tb", "\x7f",     "a\xc2\x85",    std::string("a\0b", 3),
      "\xff", "\xc0\xaf", "\xed\xa0\x80", std::string(256, 'n')};
  for (const std::string& name : names) {
    const Status status = CheckEntryName(name, "dir/" + name);
    ASSERT_FALSE(status) << name;
    EXPECT_EQ(status.error().code, Code::kInvalid);
    EXPECT_THAT(status.error().message, HasSubstr("\"dir/"));
    for (const char c : status.error().message) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
  }
}

TEST(TreePolicy, EveryAliasOfTheGitDirectoryIsRefused) {
  const std::vector<std::string> names = {".git",
                                          ".GIT",
                                          ".Git",
                                          "git~1",
                                          "GIT~1",
                                          "git~2",
                                          ".git.",
                                          ".git ",
                                          ".git. . ",
                                          ".git:",
                                          ".git::$INDEX_ALLOCATION",
                                          ".GIT::$DATA",
                                          ".git :x",
                                          "git~1.",
                                          ".g\u200cit",
                                          "\ufeff.git",
                                          ".gi\u206at"};
  for (const std::string& name : names) {
    const Status status = CheckEntryName(name, name);
    ASSERT_FALSE(status) << name;
    EXPECT_THAT(status.error().message, HasSubstr("stands for .git"));
  }
}

TEST(TreePolicy, NamesThatDifferInCaseOnlyFoldAlike) {
  EXPECT_EQ(FoldName("ReadMe.MD"), FoldName("readme.md"));
  EXPECT_EQ(FoldName("ÜBER"), FoldName("über"));
  EXPECT_EQ(FoldName("ΣΑΣ"), FoldName("σας"));
  EXPECT_EQ(FoldName("ДОКЛАД"), FoldName("доклад"));
  EXPECT_EQ(FoldName("\u212a"), FoldName("k"));  // the Kelvin sign
  EXPECT_EQ(FoldName("\u017f"), FoldName("s"));  // long s
  EXPECT_NE(FoldName("a"), FoldName("b"));
  EXPECT_NE(FoldName("a"), FoldName("ä"));
}

}  // namespace
}  // namespace carrel::git
