// Threads that give way: all of them, and what they start.
#include "sandbox/priority.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "sandbox/fd_socket.h"

namespace carrel::sandbox {
namespace {

constexpr int kThreads = 5;

// Leads a group, starts threads, says so, and starts one more for every byte that it is sent.
[[noreturn]] void Child(int socket) {
  ::setpgid(0, 0);
  std::vector<std::thread> threads;
  const auto add = [&] { threads.emplace_back([] { ::pause(); }); };
  for (int i = 1; i < kThreads; ++i) add();
  char byte = 0;
  while (::write(socket, "x", 1) == 1 && ::read(socket, &byte, 1) == 1) add();
  ::_exit(0);
}

class PriorityTest : public testing::Test {
 protected:
  void SetUp() override {
    auto pair = MakeSocketPair(SOCK_STREAM);
    ASSERT_TRUE(pair);
    child_ = ::fork();
    if (child_ == 0) Child(pair->second.get());
    socket_ = std::move(pair->first);
    AwaitThreads();
  }
  void TearDown() override { End(); }

  void End() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    child_ = 0;
  }

  void AwaitThreads() const {
    char byte = 0;
    ASSERT_EQ(::read(socket_.get(), &byte, 1), 1);
  }
  std::vector<pid_t> Threads() const {
    std::vector<pid_t> threads;
    for (const auto& task :
         std::filesystem::directory_iterator(fmt::format("/proc/{}/task", child_))) {
      threads.push_back(std::stoi(task.path().filename().string()));
    }
    return threads;
  }

  pid_t child_ = 0;
  UniqueFd socket_;
};

TEST_F(PriorityTest, EveryThreadGivesWay) {
  ASSERT_EQ(Threads().size(), kThreads);
  GiveWay(child_);
  for (const pid_t thread : Threads()) {
    EXPECT_EQ(::sched_getscheduler(thread), SCHED_IDLE);
    EXPECT_EQ(::getpriority(PRIO_PROCESS, static_cast<id_t>(thread)), 19);
  }
}

TEST_F(PriorityTest, AThreadThatIsStartedLaterGivesWayToo) {
  GiveWay(child_);
  ASSERT_EQ(::write(socket_.get(), "x", 1), 1);
  AwaitThreads();
  ASSERT_EQ(Threads().size(), kThreads + 1);
  for (const pid_t thread : Threads()) EXPECT_EQ(::sched_getscheduler(thread), SCHED_IDLE);
}

TEST_F(PriorityTest, AProcessThatIsGoneIsNoHarm) {
  const pid_t gone = child_;
  End();
  GiveWay(gone);
  EXPECT_EQ(::sched_getscheduler(0), SCHED_OTHER);
}

}  // namespace
}  // namespace carrel::sandbox
