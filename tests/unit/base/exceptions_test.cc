// What is thrown on a thread that nobody sees is thrown to whoever waits for it.
#include "runtime/base/exceptions.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

#include "runtime/base/block_pipe.h"
#include "runtime/base/deflate_file.h"
#include "runtime/base/files.h"
#include "tests/support/failing_memory.h"

namespace carrel {
namespace {

TEST(ExceptionsTest, AnExceptionThatLeavesGuardedWorkIsAnError) {
  const auto bug = Guarded([]() -> Result<int> { throw std::out_of_range("no such row"); });
  ASSERT_FALSE(bug);
  EXPECT_EQ(bug.error().code, Code::kInternal);
  EXPECT_EQ(bug.error().message, "no such row");
  const Status memory = Guarded([]() -> Status { throw std::bad_alloc(); });
  ASSERT_FALSE(memory);
  EXPECT_EQ(memory.error().code, Code::kIo);
  EXPECT_EQ(memory.error().message, "out of memory");
  const Status thread = Guarded([]() -> Status {
    throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
  });
  ASSERT_FALSE(thread);
  EXPECT_EQ(thread.error().code, Code::kIo);
  EXPECT_EQ(thread.error().message, "refused by the system: Resource temporarily unavailable");
  EXPECT_EQ(Guarded([]() -> Result<int> { return 3; }).value(), 3);
  EXPECT_EQ(Guarded([]() -> Status { return Fail(Code::kLimit, "full"); }).error().message, "full");
}

TEST(ExceptionsTest, WhatTheConsumerOfAPipeThrowsIsThrownToItsWriterFromThenOn) {
  const std::string bytes(8 * BlockPipe::kBlockBytes, 'x');
  for (const auto threading : {Threading::kInline, Threading::kWhenSpare}) {
    std::atomic<int> blocks = 0;
    BlockPipe pipe(threading, [&](std::string_view) -> Status {
      if (++blocks == 2) throw std::bad_alloc();
      return {};
    });
    EXPECT_THROW(static_cast<void>(pipe.Write(bytes)), std::bad_alloc);
    EXPECT_THROW(static_cast<void>(pipe.Write(bytes)), std::bad_alloc);
    EXPECT_THROW(static_cast<void>(pipe.Drain()), std::bad_alloc);
    EXPECT_EQ(blocks, 2);
  }
}

TEST(ExceptionsTest, AFileThatIsCompressedWithoutMemoryThrowsToTheCaller) {
  const auto directory = TempDir::Create("/tmp", "carrel-exceptions-");
  ASSERT_TRUE(directory);
  const auto path = directory->path() / "zeros";
  ASSERT_TRUE(WriteFileAtomic(path, std::string(5 * kSegmentBytes, '\0')));
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto compress = [&] {
    return DeflateFile(fd.get(), Compression::kFast, Threading::kWhenSpare,
                       [](std::string_view) { return Status(); });
  };
  if (HasSpareCore()) {
    const FailingMemory none(kSegmentBytes);
    EXPECT_THROW(static_cast<void>(compress()), std::bad_alloc);
  }
  EXPECT_TRUE(compress());
}

}  // namespace
}  // namespace carrel
