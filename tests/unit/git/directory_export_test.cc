#include "runtime/git/directory_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "runtime/base/files.h"

namespace carrel::git {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class DirectoryExportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = TempDir::Create("/tmp", "directory-");
    ASSERT_TRUE(made);
    directory_ = std::make_unique<TempDir>(*std::move(made));
    source_ = directory_->path() / "source";
    fs::create_directories(source_ / "d");
    ASSERT_TRUE(WriteFileAtomic(source_ / "a", "one"));
    ASSERT_TRUE(WriteFileAtomic(source_ / "d" / "b", "two"));
  }
  Result<Checkout> Export(const ExportLimits& limits = {}) {
    return ExportPlainDirectory(source_, directory_->path() / "checkouts", limits);
  }

  std::unique_ptr<TempDir> directory_;
  fs::path source_;
};

TEST_F(DirectoryExportTest, TheSameStateHasTheSameAddress) {
  const auto first = Export();
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->tree_id.size(), 64u);
  EXPECT_EQ(first->files, 2u);
  EXPECT_EQ(first->bytes, 6u);
  EXPECT_EQ(*ReadFile(first->path / "d" / "b"), "two");
  EXPECT_EQ(Export()->path, first->path);
}

TEST_F(DirectoryExportTest, EveryChangeOfNameOrContentChangesTheAddress) {
  std::vector<std::string> seen = {Export()->tree_id};
  const std::vector<std::function<void()>> changes = {
      [&] { ASSERT_TRUE(WriteFileAtomic(source_ / "a", "One")); },
      [&] { fs::rename(source_ / "a", source_ / "c"); },
      [&] { fs::rename(source_ / "c", source_ / "d" / "c"); },
      [&] { fs::create_directory(source_ / "empty"); },
      [&] { ASSERT_TRUE(WriteFileAtomic(source_ / "d" / "b", "twoOne")); },
  };
  for (const auto& change : changes) {
    change();
    const auto checkout = Export();
    ASSERT_TRUE(checkout) << checkout.error().message;
    EXPECT_THAT(seen, ::testing::Not(::testing::Contains(checkout->tree_id)));
    seen.push_back(checkout->tree_id);
  }
}

TEST_F(DirectoryExportTest, TheTopLevelGitDirectoryIsLeftOutAndANestedOneRefused) {
  const std::string before = Export()->tree_id;
  fs::create_directories(source_ / ".git" / "objects");
  EXPECT_EQ(Export()->tree_id, before);
  fs::create_directories(source_ / "d" / ".git");
  const auto refused = Export();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("\"d/.git\""));
}

TEST_F(DirectoryExportTest, LinksFifosAndSocketsAreRefusedByName) {
  fs::create_symlink("/etc/passwd", source_ / "link");
  auto refused = Export();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kInvalid);
  EXPECT_THAT(refused.error().message, HasSubstr("\"link\": a symbolic link is not allowed"));
  fs::remove(source_ / "link");
  ASSERT_EQ(::mkfifo((source_ / "d" / "pipe").c_str(), 0600), 0);
  refused = Export();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("\"d/pipe\": a FIFO is not allowed"));
}

TEST_F(DirectoryExportTest, TheCapsHold) {
  ExportLimits limits;
  limits.max_bytes = 5;
  EXPECT_EQ(Export(limits).error().code, Code::kLimit);
  limits = {};
  limits.max_files = 2;
  EXPECT_EQ(Export(limits).error().code, Code::kLimit);
  limits = {};
  limits.max_depth = 0;
  EXPECT_EQ(Export(limits).error().code, Code::kLimit);
}

TEST_F(DirectoryExportTest, AMissingSourceAFileAndASourceAroundTheCheckoutsAreErrors) {
  const fs::path checkouts = directory_->path() / "checkouts";
  EXPECT_EQ(ExportPlainDirectory("/nonexistent", checkouts, {}).error().code, Code::kNotFound);
  EXPECT_EQ(ExportPlainDirectory(source_ / "a", checkouts, {}).error().code, Code::kInvalid);
  const auto around = ExportPlainDirectory(directory_->path(), checkouts, {});
  ASSERT_FALSE(around);
  EXPECT_THAT(around.error().message, HasSubstr("lies inside it"));
}

}  // namespace
}  // namespace carrel::git
