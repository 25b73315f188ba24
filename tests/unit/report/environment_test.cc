#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "runtime/base/files.h"
#include "runtime/report/environment_files.h"
#include "runtime/report/environment_store.h"
#include "runtime/report/installer.h"
#include "runtime/report/pip_output.h"

namespace carrel::report {
namespace {
namespace fs = std::filesystem;

using manifest::Requirement;
using testing::ElementsAre;
using testing::HasSubstr;

class SiteTest : public testing::Test {
 protected:
  fs::path site() const { return directory_.path() / "site"; }
  void Write(const fs::path& name, std::string_view text = "") const {
    fs::create_directories((site() / name).parent_path());
    std::ofstream(site() / name) << text;
  }
  bool Has(const fs::path& name) const { return fs::exists(fs::symlink_status(site() / name)); }
  const TempDir directory_ = TempDir::Create(testing::TempDir(), "site-").value();
};

TEST_F(SiteTest, WhatPythonRunsByItselfIsTakenOut) {
  for (const char* name :
       {"a.pth", "sitecustomize.py", "sitecustomize.cpython-311-x86_64-linux-gnu.so",
        "usercustomize/__init__.py", "bin/tool", "a/__pycache__/b.cpython-311.pyc"}) {
    Write(name);
  }
  Write("a/bin/kept.py");
  Write("a/sitecustomize.py");
  Write("A_b-1.0.dist-info/RECORD");
  EXPECT_THAT(MakeEnvironment(site()).value(), ElementsAre("A_b-1.0"));
  EXPECT_FALSE(Has("a.pth"));
  EXPECT_FALSE(Has("sitecustomize.py"));
  EXPECT_FALSE(Has("sitecustomize.cpython-311-x86_64-linux-gnu.so"));
  EXPECT_FALSE(Has("usercustomize"));
  EXPECT_FALSE(Has("bin"));
  EXPECT_FALSE(Has("a/__pycache__"));
  EXPECT_TRUE(Has("a/bin/kept.py"));
  EXPECT_TRUE(Has("a/sitecustomize.py"));
}

TEST_F(SiteTest, APackageOfTheSdkGoesWithItsFilesAndNoOthers) {
  Write("outside.py");
  fs::rename(site() / "outside.py", directory_.path() / "outside.py");
  Write("jinja2/__init__.py");
  Write("jinja2/a,b.py");
  Write("jinja2/left.py");
  Write("shared/theirs.py");
  Write("shared/ours.py");
  Write("Jinja2-3.1.dist-info/RECORD",
        "jinja2/__init__.py,sha256=x,1\n\"jinja2/a,b.py\",,\nshared/theirs.py,,\n"
        "../outside.py,,\n/etc/passwd,,\n" +
            (directory_.path() / "outside.py").string() + ",,\n");
  EXPECT_THAT(MakeEnvironment(site()).value(), testing::IsEmpty());
  EXPECT_FALSE(Has("jinja2/__init__.py"));
  EXPECT_FALSE(Has("jinja2/a,b.py"));
  EXPECT_FALSE(Has("shared/theirs.py"));
  EXPECT_FALSE(Has("Jinja2-3.1.dist-info"));
  EXPECT_TRUE(Has("jinja2/left.py"));
  EXPECT_TRUE(Has("shared/ours.py"));
  EXPECT_TRUE(fs::exists(directory_.path() / "outside.py"));
}

TEST_F(SiteTest, LinksAndDevicesAreRefused) {
  Write("a.py");
  fs::create_symlink("/etc/passwd", site() / "b.py");
  EXPECT_THAT(MakeEnvironment(site()).error().message, HasSubstr("'b.py'"));
  fs::remove(site() / "b.py");
  fs::create_hard_link(site() / "a.py", site() / "c.py");
  EXPECT_EQ(MakeEnvironment(site()).error().code, Code::kInvalid);
  fs::remove(site() / "c.py");
  ASSERT_EQ(mkfifo((site() / "d.py").c_str(), 0600), 0);
  EXPECT_THAT(MakeEnvironment(site()).error().message, HasSubstr("'d.py'"));
}

TEST_F(SiteTest, ModesAreThoseOfAReadOnlyTree) {
  Write("a/b.so");
  ASSERT_EQ(chmod((site() / "a/b.so").c_str(), 06777), 0);
  ASSERT_TRUE(MakeEnvironment(site()));
  struct stat info{};
  ASSERT_EQ(lstat((site() / "a/b.so").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0444u);
  ASSERT_EQ(lstat((site() / "a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0555u);
}

TEST(EnvironmentAddressTest, NamesTheSetOfLinesAndNothingElse) {
  const std::vector<Requirement> lines = {{"a", "a>=1"}, {"b", "b"}};
  const std::vector<Requirement> other = {{"a", "a>=2"}, {"b", "b"}};
  EXPECT_EQ(EnvironmentStore::Address(lines), EnvironmentStore::Address(lines));
  EXPECT_NE(EnvironmentStore::Address(lines), EnvironmentStore::Address(other));
  EXPECT_EQ(EnvironmentStore::Address(lines).size(), 64u);
}

TEST(PipOutputTest, TheMissingPackageAndTheIndexAreNamed) {
  const Error error = ExplainPip(
      "ERROR: Could not find a version that satisfies the requirement foo==7 (from versions: "
      "1.0)\nERROR: No matching distribution found for foo==7\n",
      "https://index/simple");
  EXPECT_EQ(error.code, Code::kNotFound);
  EXPECT_EQ(error.message,
            "package foo==7: the index https://index/simple has no wheel of it for this Python");
}

TEST(PipOutputTest, ASilentIndexIsNotAMissingPackage) {
  const Error error = ExplainPip(
      "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(\"<x>: "
      "Failed to establish a new connection: [Errno 111] Connection refused\")': /simple/foo/\n"
      "ERROR: No matching distribution found for foo\n",
      "https://index/simple");
  EXPECT_EQ(error.code, Code::kUnreachable);
  EXPECT_THAT(error.message, HasSubstr("package foo: the index https://index/simple did not "
                                       "answer"));
  EXPECT_THAT(error.message, HasSubstr("Connection refused"));
}

TEST(PipOutputTest, OtherTroubleKeepsItsWordsAndNoControls) {
  EXPECT_EQ(ExplainPip("x\nERROR: ResolutionImpossible\x1B[31m\n", "i").message,
            "the index i: ResolutionImpossible\\x1b[31m");
  EXPECT_EQ(ExplainPip("ERROR: OSError: [Errno 27] File too large\n", "i").code, Code::kLimit);
  EXPECT_EQ(ExplainPip("/usr/bin/python3: No module named pip\n", "i").code, Code::kSandbox);
  EXPECT_EQ(ExplainPip("ERROR: Exception:\nTraceback\n  File x\nKeyError: 'y'\n\n", "i").message,
            "the index i: KeyError: 'y'");
  EXPECT_EQ(ExplainPip("", "i").code, Code::kInvalid);
}

TEST(InstallTest, AProgramThatIsNoInstallerIsReportedAndLeavesNothing) {
  const TempDir directory = TempDir::Create(testing::TempDir(), "install-").value();
  const InstallRequest request{.directory = directory.path(),
                               .index_url = {},
                               .ca_file = {},
                               .max_bytes = 1 << 20,
                               .max_files = 10};
  const auto missing = Install({.command = {"/nonexistent"}}, request);
  EXPECT_EQ(missing.error().code, Code::kNotFound);
  const auto failed = Install({.command = {"/bin/sh", "-c", "echo said; exit 3"}}, request).value();
  EXPECT_EQ(failed.status, 3);
  EXPECT_EQ(failed.output, "said\n");
  const auto killed = Install({.command = {"/bin/sh", "-c", "kill -9 $$"}}, request);
  EXPECT_EQ(killed.error().code, Code::kLimit);
  const auto late = Install({.command = {"/bin/sh", "-c", "sleep 600 & sleep 600"},
                             .deadline = std::chrono::milliseconds(300)},
                            request);
  EXPECT_EQ(late.error().code, Code::kTimeout);
  const auto large =
      Install({.command = {"/bin/sh", "-c",
                           "head -c 8000000 /dev/zero > " + (directory.path() / "f").string() +
                               "; exec sleep 600"},
               .deadline = std::chrono::seconds(60)},
              request);
  EXPECT_EQ(large.error().code, Code::kLimit);
}

}  // namespace
}  // namespace carrel::report
