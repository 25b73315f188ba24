#include "sandbox/seccomp_filter.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "runtime/base/unique_fd.h"

namespace carrel::sandbox {
namespace {

// Everything else answers EPERM.
constexpr ListedCall kAllowed[] = {
#include "sandbox/seccomp_allowlist.inc"
};

constexpr ListedCall kKilled[] = {
#include "sandbox/seccomp_killed.inc"
};

// Of these, Landlock judges some and not others (modes, times); no report has a file to use them
// on.
constexpr std::string_view kNeedOwnRoot[] = {
    "truncate", "mkdir",    "mkdirat",   "rmdir", "unlink",   "unlinkat",
    "rename",   "renameat", "renameat2", "chmod", "fchmodat",
};

bool NeedsOwnRoot(std::string_view name) {
  return std::ranges::find(kNeedOwnRoot, name) != std::end(kNeedOwnRoot);
}

struct FilterDeleter {
  void operator()(void* context) const { seccomp_release(context); }
};
using Filter = std::unique_ptr<void, FilterDeleter>;

// Filled by CompileSeccompFilter in the zygote, read by its children after a fork.
std::vector<sock_filter>& Program() {
  static std::vector<sock_filter> program;
  return program;
}

int AddRule(void* filter, uint32_t action, const char* name) {
  const int number = seccomp_syscall_resolve_name(name);
  // A name this libseccomp or architecture does not know cannot be called through it either.
  if (number == __NR_SCMP_ERROR || number < 0) return 0;
  return seccomp_rule_add(filter, action, number, 0);
}

// asyncio's self pipe: a stream pair without addresses, flags (out-of-band data) or questions about
// the process at the other end.
void AllowOwnSockets(void* filter, int& failed) {
  constexpr unsigned kTypeBits = 0xF;
  failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 2,
                             SCMP_A0(SCMP_CMP_EQ, AF_UNIX),
                             SCMP_A1(SCMP_CMP_MASKED_EQ, kTypeBits, SOCK_STREAM));
  for (const int number : {SCMP_SYS(sendto), SCMP_SYS(recvfrom)}) {
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 2, SCMP_A3(SCMP_CMP_EQ, 0),
                               SCMP_A4(SCMP_CMP_EQ, 0));
  }
  for (const int option : {SO_TYPE, SO_ERROR, SO_DOMAIN, SO_PROTOCOL}) {
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(getsockopt), 2,
                               SCMP_A1(SCMP_CMP_EQ, SOL_SOCKET),
                               SCMP_A2(SCMP_CMP_EQ, static_cast<scmp_datum_t>(option)));
  }
}

// What allocators advise. Merging pages with other processes would tell about their content.
void AllowMemoryAdvice(void* filter, int& failed) {
  for (const int advice : {MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED,
                           MADV_FREE, MADV_HUGEPAGE, MADV_NOHUGEPAGE}) {
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(madvise), 1,
                               SCMP_A2(SCMP_CMP_EQ, static_cast<scmp_datum_t>(advice)));
  }
}

// Calls that are allowed for some arguments only. The arguments are values, never pointers.
int AddConditionalRules(void* filter, SeccompRoot root) {
  int failed = 0;
  const auto allow = [&](int number, const scmp_arg_cmp& condition) {
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1, condition);
  };
  // Threads, never processes; clone3 hides its flags behind a pointer, so glibc is told to fall
  // back to clone.
  allow(SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
  failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  // TCGETS: isatty(3), which Python asks of every file it opens.
  for (const unsigned long request : {FIOCLEX, FIONCLEX, FIONBIO, FIONREAD, TCGETS}) {
    allow(SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, request));
  }
  for (const int command : {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL}) {
    allow(SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, static_cast<scmp_datum_t>(command)));
  }
  for (const int option : {PR_SET_NAME, PR_GET_NAME}) {
    allow(SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(option)));
  }
  // Times of named files, never of an open one such as the output.
  if (root == SeccompRoot::kOwn) {
    failed |=
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(utimensat), 2, SCMP_A1(SCMP_CMP_NE, 0),
                         SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, 0));
  }
  AllowOwnSockets(filter, failed);
  AllowMemoryAdvice(filter, failed);
  // abort() and raise() inside the own process: report code is process 1 of its namespace.
  const pid_t self = root == SeccompRoot::kOwn ? 1 : ::getpid();
  allow(SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(self)));
  // Reading a limit is harmless, setting one is not: prlimit64 with a new value is refused.
  allow(SCMP_SYS(prlimit64), SCMP_A2(SCMP_CMP_EQ, 0));
  return failed;
}

}  // namespace

std::span<const ListedCall> AllowedCalls() { return kAllowed; }
std::span<const ListedCall> KilledCalls() { return kKilled; }

Status CompileSeccompFilter(SeccompMode mode, SeccompRoot root) {
  const Filter filter(
      seccomp_init(mode == SeccompMode::kLog ? SCMP_ACT_LOG : SCMP_ACT_ERRNO(EPERM)));
  if (!filter) return Fail(Code::kSandbox, "seccomp: filter could not be created");
  int failed = seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  // A binary tree: the kernel walks the filter once for every system call when it is installed.
  failed |= seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  for (const ListedCall& call : kAllowed) {
    if (root == SeccompRoot::kOfHost && NeedsOwnRoot(call.name)) continue;
    failed |= AddRule(filter.get(), SCMP_ACT_ALLOW, call.name);
  }
  for (const ListedCall& call : kKilled) {
    failed |= AddRule(filter.get(), SCMP_ACT_KILL_PROCESS, call.name);
  }
  failed |= AddConditionalRules(filter.get(), root);
  if (failed != 0) return Fail(Code::kSandbox, "seccomp: a rule was refused by libseccomp");

  const UniqueFd file(::memfd_create("seccomp", MFD_CLOEXEC));
  if (!file || seccomp_export_bpf(filter.get(), file.get()) != 0) {
    return FailErrno("seccomp: export of the filter");
  }
  const off_t size = ::lseek(file.get(), 0, SEEK_END);
  Program().resize(static_cast<size_t>(size) / sizeof(sock_filter));
  if (::pread(file.get(), Program().data(), static_cast<size_t>(size), 0) != size) {
    return FailErrno("seccomp: read of the filter");
  }
  return {};
}

int ProbeSeccomp() {
  uint32_t action = SECCOMP_RET_KILL_PROCESS;
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 ? 0 : errno;
}

int InstallSeccompFilter() {
  std::vector<sock_filter>& program = Program();
  const sock_fprog description{static_cast<unsigned short>(program.size()), program.data()};
  if (program.empty()) return EINVAL;
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &description) == 0 ? 0 : errno;
}

}  // namespace carrel::sandbox
