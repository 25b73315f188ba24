#include "runtime/report/host_locks.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <iterator>
#include <optional>

#include "runtime/base/files.h"

namespace carrel::report {
namespace {

namespace fs = std::filesystem;

class HostLocksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto directory = TempDir::Create(fs::temp_directory_path(), "host-locks-");
    ASSERT_TRUE(directory);
    directory_.emplace(std::move(*directory));
  }
  fs::path path() const { return directory_->path() / "hosts"; }
  auto FileCount() const {
    return std::distance(fs::directory_iterator(path()), fs::directory_iterator());
  }

  std::optional<TempDir> directory_;
};

TEST_F(HostLocksTest, AHostIsHeldAsLongAsItLives) {
  const HostLocks watcher(path());
  EXPECT_FALSE(watcher.IsHeld("other"));
  {
    HostLocks other(path());
    ASSERT_TRUE(other.Hold("other"));
    EXPECT_TRUE(watcher.IsHeld("other"));
    EXPECT_FALSE(watcher.IsHeld("another"));
  }
  EXPECT_FALSE(watcher.IsHeld("other"));
  EXPECT_EQ(FileCount(), 0);
}

TEST_F(HostLocksTest, AProcessThatIsKilledHoldsNothingAndItsFileGoesWithTheNextHost) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    HostLocks locks(path());
    const char held = locks.Hold("killed") ? 'y' : 'n';
    (void)!::write(ready[1], &held, 1);
    ::pause();
    ::_exit(0);
  }
  char held = 'n';
  ASSERT_EQ(::read(ready[0], &held, 1), 1);
  ASSERT_EQ(held, 'y');
  HostLocks next(path());
  EXPECT_TRUE(next.IsHeld("killed"));
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(next.IsHeld("killed"));
  EXPECT_EQ(FileCount(), 1);
  ASSERT_TRUE(next.Hold("next"));
  EXPECT_EQ(FileCount(), 1);
  EXPECT_TRUE(next.IsHeld("next"));
  EXPECT_FALSE(next.IsHeld("killed"));
}

TEST_F(HostLocksTest, TheLocksOfHostsThatLiveAreLeftAlone) {
  HostLocks first(path()), second(path());
  ASSERT_TRUE(first.Hold("first"));
  ASSERT_TRUE(second.Hold("second"));
  EXPECT_TRUE(second.IsHeld("first"));
  EXPECT_EQ(FileCount(), 2);
}

TEST_F(HostLocksTest, AnIdIsNoPath) {
  HostLocks locks(path());
  ASSERT_TRUE(locks.Hold("../../a/b"));
  EXPECT_TRUE(locks.IsHeld("../../a/b"));
  EXPECT_EQ(FileCount(), 1);
}

}  // namespace
}  // namespace carrel::report
