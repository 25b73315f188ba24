#include "tests/unit/sandbox/no_user_namespaces.h"

#include <fmt/format.h>
#include <grp.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace carrel::sandbox {
namespace {

void WriteText(const std::string& path, const std::string& text) {
  std::ofstream(path) << text << std::flush;
}

bool IsMapped() {
  std::ifstream map("/proc/self/uid_map");
  int inside = -1;
  return static_cast<bool>(map >> inside);
}

[[noreturn]] void BecomeTest(int ready, const char* filter, uid_t uid) {
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) ::_exit(99);
  (void)!::write(ready, "u", 1);
  ::close(ready);
  while (!IsMapped()) ::usleep(1000);
  WriteText("/proc/sys/user/max_user_namespaces", "0");
  if (uid != 0 && ::geteuid() == 0 && ::setgroups(0, nullptr) != 0) ::_exit(97);
  if (::setresgid(uid, uid, uid) != 0 || ::setresuid(uid, uid, uid) != 0) ::_exit(96);
  const std::string argument = std::string("--gtest_filter=") + filter;
  ::execl("/proc/self/exe", "sandbox_test", "--gtest_also_run_disabled_tests", argument.c_str(),
          nullptr);
  ::_exit(98);
}

}  // namespace

int RunWithoutUserNamespaces(const char* filter, uid_t uid) {
  int ready[2];
  if (::pipe(ready) != 0) return -1;
  const pid_t child = ::fork();
  if (child == 0) BecomeTest(ready[1], filter, uid);
  char byte = 0;
  (void)!::read(ready[0], &byte, 1);
  const std::string proc = fmt::format("/proc/{}/", child);
  const bool is_root = ::geteuid() == 0;
  if (!is_root) WriteText(proc + "setgroups", "deny");
  WriteText(proc + "gid_map", is_root ? "0 0 1000000" : fmt::format("{0} {0} 1", ::getegid()));
  WriteText(proc + "uid_map", is_root ? "0 0 1000000" : fmt::format("{0} {0} 1", ::geteuid()));
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace carrel::sandbox
