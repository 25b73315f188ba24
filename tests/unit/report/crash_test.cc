// Kills a process at every single write, sync, rename and removal that it makes between claiming a
// report and finishing it, those of the database included. Each time the next process must find
// the state before or the state after, never something between.
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "tests/unit/report/report_fixture.h"

namespace {

// Calls left until the process dies; negative: it lives.
std::atomic<int> g_calls_left = -1;

void CountCall() {
  if (g_calls_left.load() < 0) return;
  if (g_calls_left.fetch_sub(1) == 0) kill(getpid(), SIGKILL);
}

}  // namespace

// These replace the C library's in this program, for SQLite too.
extern "C" {
int fsync(int fd) {
  CountCall();
  return static_cast<int>(syscall(SYS_fsync, fd));
}
int fdatasync(int fd) {
  CountCall();
  return static_cast<int>(syscall(SYS_fdatasync, fd));
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
  CountCall();
  return syscall(SYS_pwrite64, fd, data, size, offset);
}
ssize_t write(int fd, const void* data, size_t size) {
  CountCall();
  return syscall(SYS_write, fd, data, size);
}
int rename(const char* from, const char* to) noexcept {
  CountCall();
  return static_cast<int>(syscall(SYS_rename, from, to));
}
int unlink(const char* path) noexcept {
  CountCall();
  return static_cast<int>(syscall(SYS_unlink, path));
}
}

namespace carrel::report {
namespace {

class CrashTest : public ReportFixture {
 protected:
  // A fresh process takes the report to its end, but dies at call number `step`. True: it died.
  bool RunAndDieAt(const std::string& id, int step) {
    const pid_t child = fork();
    if (child == 0) {
      const Stores own(dir_.path());
      SqlReportStore reports(*own.database);
      SqlTemplateStore templates(*own.database);
      ArtifactStore artifacts = ArtifactStore::Create(dir_.path() / "artifacts").value();
      const auto dispatcher =
          Dispatcher::Create({reports, templates, artifacts, checkouts_, executor_, clock_}, {})
              .value();
      g_calls_left = step;
      const bool ended = dispatcher->RunOne(id).has_value();
      CountCall();  // the last step: everything is stored, nobody was told
      _exit(ended ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) return true;
    EXPECT_EQ(WEXITSTATUS(status), 0);
    return false;
  }
};

TEST_F(CrashTest, AKillAtAnyStepLeavesTheReportBeforeOrAfterAndOneRunFinishesIt) {
  AddRepository();
  constexpr int kMost = 200;
  int finished_by_the_dead = 0;
  int step = 0;
  for (; step < kMost; ++step) {
    SCOPED_TRACE(step);
    const Report made = NewReport();
    const bool died = RunAndDieAt(made.id, step);
    const auto dispatcher = MakeDispatcher();
    ASSERT_TRUE(dispatcher->Recover());
    ASSERT_TRUE(stores_.artifacts.Sweep(stores_.reports));
    Report found = Get(made.id);
    if (found.status == ReportState::kPending) {
      EXPECT_TRUE(died);
      EXPECT_EQ(Files(), 0) << "no trace of the attempt that died";
      found = dispatcher->RunOne(made.id).value();
    } else if (died) {
      ++finished_by_the_dead;
    }
    ASSERT_EQ(found.status, ReportState::kReady) << found.notes;
    EXPECT_EQ(ContentOf(found), "\"a\";\"b\"\r\n");
    EXPECT_EQ(Files(), 1);
    EXPECT_TRUE(Service().Delete(Vendor(), "t", made.id));
    EXPECT_EQ(Files(), 0);
    if (!died) break;
  }
  RecordProperty("steps", step);
  EXPECT_GT(step, 8) << "the steps were not reached";
  EXPECT_LT(step, kMost) << "the run never ended";
  EXPECT_GT(finished_by_the_dead, 0) << "a kill after the last commit must leave a ready report";
}

}  // namespace
}  // namespace carrel::report
