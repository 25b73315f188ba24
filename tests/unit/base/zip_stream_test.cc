// Archives of much content: compressed on a second thread or on none, the bytes are the same and
// other programs read them.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <random>
#include <vector>

#include "runtime/base/block_pipe.h"
#include "runtime/base/deflate_file.h"
#include "runtime/base/files.h"
#include "runtime/base/sha256.h"
#include "runtime/base/zip_writer.h"

namespace carrel {
namespace {

// Text that compresses like a sheet does.
std::string SheetLike(size_t bytes) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < bytes) {
    text += "<c r=\"A1\" t=\"inlineStr\"><is><t>" + std::to_string(random() % 100'000) +
            "</t></is></c>";
  }
  return text;
}

class ZipStreamTest : public testing::Test {
 protected:
  void SetUp() override {
    auto dir = TempDir::Create(std::filesystem::temp_directory_path(), "zip_stream");
    ASSERT_TRUE(dir);
    dir_.emplace(std::move(*dir));
    path_ = dir_->path() / "a.zip";
  }

  // The digest of an archive with `text` written in pieces of `piece` bytes.
  std::string Archive(std::string_view text, size_t piece, Threading threading,
                      Compression compression = Compression::kFast) {
    UniqueFd fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    ZipWriter zip(fd.get(), threading);
    EXPECT_TRUE(zip.Add("small", "abc", {}));
    EXPECT_TRUE(zip.Begin("sheet", {.compression = compression}));
    for (std::string_view rest = text; !rest.empty();
         rest.remove_prefix(std::min(piece, rest.size()))) {
      EXPECT_TRUE(zip.Write(rest.substr(0, piece)));
    }
    EXPECT_TRUE(zip.End());
    EXPECT_TRUE(zip.Add("last", text.substr(0, 1000), {}));
    EXPECT_TRUE(zip.Finish());
    return Sha256OfFd(fd.get()).value_or("");
  }

  int Shell(const std::string& command) const {
    return std::system((command + " > " + (dir_->path() / "log").string() + " 2>&1").c_str());
  }
  std::string Log() const { return ReadFile(dir_->path() / "log").value_or(""); }

  std::optional<TempDir> dir_;
  std::filesystem::path path_;
};

TEST_F(ZipStreamTest, TheSameContentGivesTheSameBytesWhateverItsPiecesAndThreads) {
  const std::string text = SheetLike(3 << 20);
  for (const Compression compression : {Compression::kFast, Compression::kSmall}) {
    const std::string expected = Archive(text, text.size(), Threading::kInline, compression);
    for (const size_t piece : {size_t{1000}, BlockPipe::kBlockBytes, text.size()}) {
      EXPECT_EQ(Archive(text, piece, Threading::kInline, compression), expected) << piece;
      EXPECT_EQ(Archive(text, piece, Threading::kWhenSpare, compression), expected) << piece;
    }
  }
}

TEST_F(ZipStreamTest, SmallHasFewerBytesThanFast) {
  const std::string text = SheetLike(3 << 20);
  Archive(text, 1 << 16, Threading::kInline, Compression::kFast);
  const auto fast = std::filesystem::file_size(path_);
  Archive(text, 1 << 16, Threading::kInline, Compression::kSmall);
  EXPECT_LT(std::filesystem::file_size(path_), fast);
}

TEST_F(ZipStreamTest, OtherProgramsReadTheContentBack) {
  const std::string text = SheetLike(5 << 20);
  for (const Compression compression : {Compression::kFast, Compression::kSmall}) {
    Archive(text, 70'000, Threading::kWhenSpare, compression);
    ASSERT_TRUE(WriteFileAtomic(dir_->path() / "text", text));
    EXPECT_EQ(Shell("/usr/bin/python3 -c \"import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); "
                    "assert z.testzip() is None; "
                    "assert z.read('sheet') == open(sys.argv[2], 'rb').read(); "
                    "assert z.read('small') == b'abc'\" " +
                    path_.string() + " " + (dir_->path() / "text").string()),
              0)
        << Log();
  }
}

TEST_F(ZipStreamTest, AFileIsCompressedInSegmentsOnSeveralThreadsAndReadsBack) {
  const std::string text = SheetLike(9 * kSegmentBytes);
  const std::filesystem::path source = dir_->path() / "text";
  for (const uint64_t size : {uint64_t{0}, uint64_t{1}, kSegmentBytes - 1, kSegmentBytes,
                              kSegmentBytes + 1, 2 * kSegmentBytes, 9 * kSegmentBytes - 7}) {
    ASSERT_TRUE(WriteFileAtomic(source, std::string_view(text).substr(0, size)));
    for (const auto compression : {Compression::kFast, Compression::kSmall}) {
      std::vector<std::string> digests;
      for (const auto threading : {Threading::kInline, Threading::kWhenSpare}) {
        const UniqueFd in(::open(source.c_str(), O_RDONLY | O_CLOEXEC));
        const UniqueFd out(::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        ZipWriter zip(out.get(), threading);
        ASSERT_TRUE(zip.AddFile("sheet", in.get(), compression));
        ASSERT_TRUE(zip.Add("small", "abc", {}));
        ASSERT_TRUE(zip.Finish());
        digests.push_back(Sha256OfFd(out.get()).value());
      }
      EXPECT_EQ(digests[0], digests[1]) << size;
      EXPECT_EQ(
          Shell("/usr/bin/python3 -c \"import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); "
                "assert z.testzip() is None; assert z.read('small') == b'abc'; "
                "assert z.getinfo('sheet').compress_type == zipfile.ZIP_DEFLATED; "
                "assert z.read('sheet') == open(sys.argv[2], 'rb').read()\" " +
                path_.string() + " " + source.string()),
          0)
          << size << Log();
    }
  }
}

TEST_F(ZipStreamTest, AFileThatCannotBeReadOrWrittenIsAnErrorAndLeavesNoThread) {
  const std::filesystem::path source = dir_->path() / "text";
  ASSERT_TRUE(WriteFileAtomic(source, SheetLike(5 * kSegmentBytes)));
  for (const auto threading : {Threading::kInline, Threading::kWhenSpare}) {
    const UniqueFd closed(::open(source.c_str(), O_WRONLY | O_CLOEXEC));
    const auto unread = DeflateFile(closed.get(), Compression::kFast, threading,
                                    [](std::string_view) { return Status(); });
    ASSERT_FALSE(unread);
    const UniqueFd in(::open(source.c_str(), O_RDONLY | O_CLOEXEC));
    const auto unwritten =
        DeflateFile(in.get(), Compression::kFast, threading,
                    [](std::string_view) { return Status(Fail(Code::kLimit, "full")); });
    ASSERT_FALSE(unwritten);
    EXPECT_EQ(unwritten.error().message, "full");
  }
}

// Sizes that do not fit in 32 bits, also inside of the compressor.
TEST_F(ZipStreamTest, AnEntryOfMoreThan4GiBReadsBack) {
  constexpr uint64_t kSize = (uint64_t{4} << 30) + 12'345;
  UniqueFd fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ZipWriter zip(fd.get(), Threading::kWhenSpare);
  ASSERT_TRUE(zip.Begin("zeros", {.growth = ZipWriter::Growth::kAny}));
  const std::string piece(1 << 20, '\0');
  for (uint64_t left = kSize; left > 0;) {
    const size_t n = std::min<uint64_t>(left, piece.size());
    ASSERT_TRUE(zip.Write({piece.data(), n}));
    left -= n;
  }
  ASSERT_TRUE(zip.End());
  ASSERT_TRUE(zip.Add("after", "abc", {}));
  ASSERT_TRUE(zip.Finish());
  EXPECT_EQ(Shell("/usr/bin/python3 -c \"import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); "
                  "assert z.testzip() is None; "
                  "assert z.getinfo('zeros').file_size == int(sys.argv[2]); "
                  "assert z.read('after') == b'abc'\" " +
                  path_.string() + " " + std::to_string(kSize)),
            0)
      << Log();
}

TEST_F(ZipStreamTest, AnEntryOfMoreThan4GiBThatWasNotAnnouncedIsRefused) {
  UniqueFd fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ZipWriter zip(fd.get(), Threading::kWhenSpare);
  ASSERT_TRUE(zip.Begin("zeros", {}));
  const std::string piece(64 << 20, '\0');
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(zip.Write(piece));
  const auto status = zip.End();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kLimit);
  EXPECT_EQ(status.error().message, "zip: zeros: larger than 4 GiB");
}

TEST_F(ZipStreamTest, AFullFileIsReportedFromTheSecondThreadToo) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{.rlim_cur = 4096, .rlim_max = before.rlim_max};
  UniqueFd fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  setrlimit(RLIMIT_FSIZE, &small);
  Status status;
  {
    ZipWriter zip(fd.get(), Threading::kWhenSpare);
    status = zip.Begin("sheet", {});
    const std::string text = SheetLike(16 << 20);
    if (status) status = zip.Write(text);
    if (status) status = zip.End();
    if (status) status = zip.Finish();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kLimit);
}

class ThreadLimit {
 public:
  explicit ThreadLimit(rlim_t threads) {
    getrlimit(RLIMIT_NPROC, &before_);
    const rlimit changed{.rlim_cur = std::min(threads, before_.rlim_max),
                         .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_NPROC, &changed);
  }
  ~ThreadLimit() { setrlimit(RLIMIT_NPROC, &before_); }
  ThreadLimit(const ThreadLimit&) = delete;
  ThreadLimit& operator=(const ThreadLimit&) = delete;

 private:
  rlimit before_{};
};

TEST(BlockPipeTest, FewThreadsAreLeftToTheOwnerOfTheProcess) {
  for (const rlim_t threads : {rlim_t{1}, rlim_t{kFewThreads - 1}}) {
    const ThreadLimit limit(threads);
    EXPECT_FALSE(HasSpareCore());
    size_t consumed = 0;
    BlockPipe pipe(Threading::kWhenSpare, [&](std::string_view block) -> Status {
      consumed += block.size();
      return {};
    });
    ASSERT_TRUE(pipe.Write(std::string(3 * BlockPipe::kBlockBytes + 5, 'x')));
    EXPECT_FALSE(pipe.has_thread());
    EXPECT_EQ(consumed, 3 * BlockPipe::kBlockBytes);
    EXPECT_EQ(pipe.Drain()->size(), 5u);
  }
}

TEST(BlockPipeTest, NoThreadIsStartedForLessThanABlock) {
  BlockPipe pipe(Threading::kWhenSpare, [](std::string_view) { return Status(); });
  ASSERT_TRUE(pipe.Write(std::string(BlockPipe::kBlockBytes - 1, 'x')));
  EXPECT_FALSE(pipe.has_thread());
  ASSERT_TRUE(pipe.Write("xy"));
  EXPECT_EQ(pipe.has_thread(), HasSpareCore());
}

TEST(BlockPipeTest, EveryByteArrivesInOrderOverManyDrains) {
  for (const Threading threading : {Threading::kInline, Threading::kWhenSpare}) {
    std::string sent, received;
    BlockPipe pipe(threading, [&](std::string_view block) -> Status {
      EXPECT_EQ(block.size(), BlockPipe::kBlockBytes);
      received += block;
      return {};
    });
    std::mt19937 random(1);
    for (int round = 0; round < 20; ++round) {
      const std::string piece(random() % (3 * BlockPipe::kBlockBytes),
                              static_cast<char>('a' + round));
      sent += piece;
      ASSERT_TRUE(pipe.Write(piece));
      const auto rest = pipe.Drain();
      ASSERT_TRUE(rest);
      received += *rest;
      ASSERT_EQ(received.size(), sent.size());
    }
    EXPECT_TRUE(received == sent);
  }
}

TEST(BlockPipeTest, AFailureOfTheConsumerEndsTheWriter) {
  for (const Threading threading : {Threading::kInline, Threading::kWhenSpare}) {
    BlockPipe pipe(threading, [](std::string_view) { return Fail(Code::kIo, "no space"); });
    Status status;
    const std::string piece(BlockPipe::kBlockBytes, 'x');
    for (int i = 0; i < 100 && status; ++i) status = pipe.Write(piece);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message, "no space");
    EXPECT_FALSE(pipe.Drain());
  }
}

TEST(BlockPipeTest, APipeThatIsDroppedWhileItWorksEndsItsThread) {
  for (int i = 0; i < 50; ++i) {
    BlockPipe pipe(Threading::kWhenSpare, [](std::string_view) { return Status(); });
    ASSERT_TRUE(pipe.Write(std::string(2 * BlockPipe::kBlockBytes, 'x')));
  }
}

}  // namespace
}  // namespace carrel
