#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "runtime/base/files.h"
#include "runtime/base/zip_writer.h"
#include "sdk/render/zip_reader.h"

namespace carrel::render {
namespace {

using testing::HasSubstr;

class ZipTest : public testing::Test {
 protected:
  void SetUp() override {
    auto dir = TempDir::Create(std::filesystem::temp_directory_path(), "zip");
    ASSERT_TRUE(dir);
    dir_.emplace(std::move(*dir));
    path_ = dir_->path() / "a.zip";
    fd_.Reset(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  }

  std::string Archive() {
    ZipWriter zip(fd_.get());
    EXPECT_TRUE(zip.Add("a.txt", std::string(100'000, 'a'), {}));
    EXPECT_TRUE(zip.Add("stored", "123456", {.method = ZipWriter::Method::kStored}));
    EXPECT_TRUE(zip.Add("grow", "xyz", {.growth = ZipWriter::Growth::kAny}));
    EXPECT_TRUE(zip.Finish());
    return *ReadFile(path_);
  }

  std::string OpenError(std::string_view bytes, const ZipLimits& limits = {}) {
    const auto path = dir_->path() / "b.zip";
    EXPECT_TRUE(WriteFileAtomic(path, bytes));
    const auto reader = ZipReader::Open(path, limits);
    return reader ? "" : reader.error().message;
  }

  std::optional<TempDir> dir_;
  std::filesystem::path path_;
  UniqueFd fd_;
};

TEST_F(ZipTest, EntriesReadBackAsWritten) {
  Archive();
  auto reader = ZipReader::Open(path_);
  ASSERT_TRUE(reader);
  ASSERT_EQ((*reader)->entries().size(), 3u);
  EXPECT_EQ(*(*reader)->Read(*(*reader)->Find("a.txt"), 1 << 20), std::string(100'000, 'a'));
  EXPECT_EQ(*(*reader)->Read(*(*reader)->Find("STORED"), 10), "123456");
  EXPECT_EQ(*(*reader)->Read(*(*reader)->Find("grow"), 10), "xyz");
  EXPECT_EQ((*reader)->Find("none"), nullptr);
}

TEST_F(ZipTest, TheSameCallsGiveTheSameBytes) {
  const std::string first = Archive();
  fd_.Reset(::open(path_.c_str(), O_RDWR | O_TRUNC | O_CLOEXEC));
  EXPECT_EQ(Archive(), first);
}

TEST_F(ZipTest, RawCopiesKeepTheirBytes) {
  Archive();
  auto reader = ZipReader::Open(path_);
  UniqueFd out(::open((dir_->path() / "c.zip").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ZipWriter zip(out.get());
  const ZipEntry& entry = *(*reader)->Find("a.txt");
  ASSERT_TRUE(zip.BeginRaw(
      {entry.name, entry.method, entry.flags, entry.crc, entry.compressed_size, entry.size}));
  ASSERT_TRUE((*reader)->CopyRaw(entry, [&](std::string_view bytes) { return zip.Write(bytes); }));
  ASSERT_TRUE(zip.End());
  ASSERT_TRUE(zip.Finish());
  auto copy = ZipReader::Open(dir_->path() / "c.zip");
  ASSERT_TRUE(copy);
  EXPECT_EQ(*(*copy)->Read((*copy)->entries()[0], 1 << 20), std::string(100'000, 'a'));
}

TEST_F(ZipTest, MoreThan65535EntriesNeedZip64AndReadBack) {
  ZipWriter zip(fd_.get());
  for (int i = 0; i < 65'600; ++i) {
    ASSERT_TRUE(zip.Add(std::to_string(i), "", {.method = ZipWriter::Method::kStored}));
  }
  ASSERT_TRUE(zip.Finish());
  auto reader = ZipReader::Open(path_, {.max_entries = 100'000});
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->entries().size(), 65'600u);
  EXPECT_THAT(ZipReader::Open(path_).error().message, HasSubstr("at most 10000"));
}

TEST_F(ZipTest, DamageIsRefusedAndNeverCrashes) {
  const std::string good = Archive();
  EXPECT_EQ(OpenError(good), "");
  EXPECT_THAT(OpenError("hello"), HasSubstr("not a zip archive"));
  EXPECT_THAT(OpenError(""), HasSubstr("not a zip archive"));
  for (size_t i = 0; i < good.size(); ++i) {
    for (const char flip : {'\x01', '\xFF'}) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ flip);
      const auto path = dir_->path() / "d.zip";
      ASSERT_TRUE(WriteFileAtomic(path, bad));
      auto reader = ZipReader::Open(path);
      if (!reader) continue;
      for (const ZipEntry& entry : (*reader)->entries()) {
        (void)(*reader)->Read(entry, 1 << 20);
      }
    }
  }
}

TEST_F(ZipTest, ChangedDataIsFoundByItsChecksum) {
  std::string bytes = Archive();
  bytes[bytes.find("123456")] = 'X';
  EXPECT_EQ(OpenError(bytes), "");
  auto reader = ZipReader::Open(dir_->path() / "b.zip");
  const auto text = (*reader)->Read(*(*reader)->Find("stored"), 100);
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().message, HasSubstr("checksum"));
}

TEST_F(ZipTest, EncryptedEntriesAreNamed) {
  std::string bytes = Archive();
  const size_t central = bytes.find("PK\x01\x02");
  bytes[central + 8] = 1;
  EXPECT_THAT(OpenError(bytes), HasSubstr("a.txt is encrypted"));
}

TEST_F(ZipTest, TheInflatedBudgetHoldsOverAllEntries) {
  Archive();
  auto reader = ZipReader::Open(path_, {.max_inflated = 50'000});
  const auto text = (*reader)->Read(*(*reader)->Find("a.txt"), 1 << 20);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, Code::kLimit);
}

TEST_F(ZipTest, AFileSizeLimitIsReportedAsALimit) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{.rlim_cur = 4096, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  ZipWriter zip(fd_.get());
  const auto status =
      zip.Add("a", std::string(1 << 20, 'x'), {.method = ZipWriter::Method::kStored});
  setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kLimit);
}

}  // namespace
}  // namespace carrel::render
