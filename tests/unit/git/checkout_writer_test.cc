#include "runtime/git/checkout_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "runtime/base/files.h"

namespace carrel::git {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class CheckoutWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = TempDir::Create("/tmp", "checkouts-");
    ASSERT_TRUE(made);
    directory_ = std::make_unique<TempDir>(*std::move(made));
    root_ = directory_->path() / "root";
  }
  static Status Add(CheckoutWriter& writer, std::string_view name, std::string_view content) {
    CARREL_TRY(writer.BeginFile(name, content.size()));
    CARREL_TRY(writer.Append(content));
    return writer.EndFile();
  }
  size_t Entries() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(root_), {}));
  }
  static unsigned ModeOf(const fs::path& path) {
    struct stat info{};
    EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
    return info.st_mode & 07777;
  }

  std::unique_ptr<TempDir> directory_;
  fs::path root_;
};

TEST_F(CheckoutWriterTest, WhatIsPublishedIsCompleteAndReadOnly) {
  auto writer = CheckoutWriter::Begin(root_, {});
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->EnterDirectory("d"));
  EXPECT_EQ(writer->PathOf("x"), "d/x");
  ASSERT_TRUE(Add(*writer, "f", "hello"));
  ASSERT_TRUE(writer->LeaveDirectory());
  ASSERT_TRUE(Add(*writer, "g", ""));
  const auto checkout = std::move(*writer).Publish("abc");
  ASSERT_TRUE(checkout) << checkout.error().message;
  EXPECT_EQ(checkout->path, root_ / "abc");
  EXPECT_EQ(checkout->files, 2u);
  EXPECT_EQ(checkout->bytes, 5u);
  EXPECT_EQ(*ReadFile(root_ / "abc" / "d" / "f"), "hello");
  EXPECT_EQ(ModeOf(root_ / "abc"), 0555u);
  EXPECT_EQ(ModeOf(root_ / "abc" / "d"), 0555u);
  EXPECT_EQ(ModeOf(root_ / "abc" / "d" / "f"), 0444u);
  EXPECT_EQ(Entries(), 1u);
  const auto found = FindCheckout(root_, "abc", {});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->files, 2u);
  EXPECT_EQ(found->bytes, 5u);
}

TEST_F(CheckoutWriterTest, WhatIsNotPublishedIsRemoved) {
  {
    auto writer = CheckoutWriter::Begin(root_, {});
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->EnterDirectory("d"));
    ASSERT_TRUE(Add(*writer, "f", "hello"));
    EXPECT_EQ(Entries(), 1u);
  }
  EXPECT_EQ(Entries(), 0u);
  EXPECT_EQ(FindCheckout(root_, "abc", {}).error().code, Code::kNotFound);
}

TEST_F(CheckoutWriterTest, TheSecondToPublishAnAddressIsGivenTheFirst) {
  auto first = CheckoutWriter::Begin(root_, {});
  auto second = CheckoutWriter::Begin(root_, {});
  ASSERT_TRUE(first && second);
  ASSERT_TRUE(Add(*first, "f", "hello"));
  ASSERT_TRUE(Add(*second, "f", "hello"));
  ASSERT_TRUE(std::move(*first).Publish("abc"));
  const auto inode = fs::hard_link_count(root_ / "abc");
  const auto again = std::move(*second).Publish("abc");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->files, 1u);
  EXPECT_EQ(fs::hard_link_count(root_ / "abc"), inode);
}

TEST_F(CheckoutWriterTest, ASweepTakesTheDeadAndLeavesTheLiving) {
  auto writer = CheckoutWriter::Begin(root_, {});
  ASSERT_TRUE(writer);
  fs::create_directories(root_ / ".tmp-dead" / "d");
  fs::create_directories(root_ / "published");
  EXPECT_EQ(*SweepTemporaries(root_), 1);
  EXPECT_EQ(Entries(), 2u);
  ASSERT_TRUE(Add(*writer, "f", "hello"));
  EXPECT_TRUE(std::move(*writer).Publish("abc"));
  EXPECT_EQ(*SweepTemporaries(root_ / "absent"), 0);
}

TEST_F(CheckoutWriterTest, CollidingNamesAreRefusedInOneDirectoryOnly) {
  auto writer = CheckoutWriter::Begin(root_, {});
  ASSERT_TRUE(writer);
  ASSERT_TRUE(Add(*writer, "Straße", ""));
  ASSERT_TRUE(writer->EnterDirectory("d"));
  ASSERT_TRUE(Add(*writer, "straße", ""));
  ASSERT_TRUE(writer->LeaveDirectory());
  const Status same = writer->EnterDirectory("D");
  ASSERT_FALSE(same);
  EXPECT_EQ(same.error().code, Code::kInvalid);
  EXPECT_THAT(same.error().message, HasSubstr("\"D\""));
  EXPECT_FALSE(writer->BeginFile("STRAßE", 0));
}

TEST_F(CheckoutWriterTest, TheCapsCountRealBytesNotClaimedOnes) {
  ExportLimits limits;
  limits.max_file_bytes = 10;
  limits.max_bytes = 15;
  auto writer = CheckoutWriter::Begin(root_, limits);
  ASSERT_TRUE(writer);
  EXPECT_EQ(writer->BeginFile("claims", 11).error().code, Code::kLimit);
  ASSERT_TRUE(writer->BeginFile("lies", 1));
  EXPECT_EQ(writer->Append("12345678901").error().code, Code::kLimit);
}

TEST_F(CheckoutWriterTest, FilesAndDirectoriesCountTogetherAndDepthIsHeld) {
  ExportLimits limits;
  limits.max_files = 3;
  limits.max_depth = 2;
  auto writer = CheckoutWriter::Begin(root_, limits);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->EnterDirectory("a"));
  ASSERT_TRUE(writer->EnterDirectory("b"));
  const Status deep = writer->EnterDirectory("c");
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().code, Code::kLimit);
  EXPECT_THAT(deep.error().message, HasSubstr("\"a/b/c\": deeper than 2"));
  EXPECT_EQ(writer->BeginFile("f", 0).error().code, Code::kLimit);
}

TEST_F(CheckoutWriterTest, ACheckoutThatIsHeldCannotBeRemoved) {
  auto writer = CheckoutWriter::Begin(root_, {});
  ASSERT_TRUE(writer);
  ASSERT_TRUE(Add(*writer, "f", "hello"));
  const fs::path path = std::move(*writer).Publish("abc").value().path;
  writer = Fail(Code::kInternal, "its lock is dropped");
  auto one = HoldCheckout(path).value();
  auto two = HoldCheckout(path).value();
  ASSERT_TRUE(one && two);
  EXPECT_FALSE(RemoveCheckout(root_, "abc").value());
  one.reset();
  EXPECT_FALSE(RemoveCheckout(root_, "abc").value());
  EXPECT_EQ(*ReadFile(path / "f"), "hello");
  two.reset();
  EXPECT_TRUE(RemoveCheckout(root_, "abc").value());
  EXPECT_EQ(Entries(), 0u);
  EXPECT_FALSE(HoldCheckout(path).value());
  EXPECT_TRUE(RemoveCheckout(root_, "abc").value()) << "absent is fine";
}

}  // namespace
}  // namespace carrel::git
