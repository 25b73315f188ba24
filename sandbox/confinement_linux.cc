#include <fmt/format.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "sandbox/confinement.h"
#include "sandbox/mounts.h"
#include "sandbox/seccomp_filter.h"

namespace carrel::sandbox {
namespace {

#if defined(__SANITIZE_ADDRESS__)
// AddressSanitizer reserves terabytes of address space.
constexpr bool kLimitAddressSpace = false;
#else
constexpr bool kLimitAddressSpace = true;
#endif

int ErrnoOf(long result) { return result < 0 ? errno : 0; }

int MountCheckout(const std::string& subtree) {
  const std::string source = std::string(kStoreMount) + "/" + subtree;
  const UniqueFd tree = CloneTree(source);
  if (!tree) return errno;
  if (const int e = RestrictTree(tree.get(), MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
                                                 MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)) {
    return e;
  }
  return AttachTree(tree.get(), kCheckoutMount);
}

int MountPrivateTmp(const Limits& limits) {
  return MountTmpfs(kTmpMount, MS_NOSUID | MS_NODEV | MS_NOEXEC,
                    fmt::format("size={}m,nr_inodes=1024,mode=1777", limits.tmp_mb));
}

int LowerLimit(int resource, int64_t soft, int64_t hard) {
  rlimit now{};
  const auto which = static_cast<__rlimit_resource>(resource);
  if (::getrlimit(which, &now) != 0) return errno;
  rlimit wanted{static_cast<rlim_t>(soft), static_cast<rlim_t>(hard)};
  wanted.rlim_max = std::min(wanted.rlim_max, now.rlim_max);
  wanted.rlim_cur = std::min(wanted.rlim_cur, wanted.rlim_max);
  return ErrnoOf(::setrlimit(which, &wanted));
}

int SetResourceLimits(const Limits& limits) {
  constexpr int64_t kMiB = int64_t{1} << 20;
  struct Setting {
    int resource;
    int64_t value;
  };
  const Setting settings[] = {
      {RLIMIT_FSIZE, limits.output_mb * kMiB},
      {RLIMIT_NOFILE, limits.files},
      {RLIMIT_NPROC, limits.threads},
      {RLIMIT_STACK, 8 * kMiB},
      {RLIMIT_CORE, 0},
      {RLIMIT_MSGQUEUE, 0},
      {RLIMIT_MEMLOCK, 0},
      {RLIMIT_NICE, 0},
      {RLIMIT_RTPRIO, 0},
  };
  for (const Setting& s : settings) {
    if (const int e = LowerLimit(s.resource, s.value, s.value)) return e;
  }
  if constexpr (kLimitAddressSpace) {
    const int64_t bytes = (limits.memory_mb + kAddressSlackMb) * kMiB;
    if (const int e = LowerLimit(RLIMIT_AS, bytes, bytes)) return e;
  }
  // Process 1 of a namespace ignores SIGXCPU from the soft limit; only the hard one acts.
  return LowerLimit(RLIMIT_CPU, limits.cpu_s, limits.cpu_s + 1);
}

int DropCapabilities() {
  for (int cap = 0; cap <= CAP_LAST_CAP; ++cap) {
    if (::prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0 && errno != EINVAL) return errno;
  }
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return errno;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  return ErrnoOf(::syscall(SYS_capset, &header, data));
}

int LockPrivileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  return ErrnoOf(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}

}  // namespace

StepFailure EnterNamespaces() {
  if (::unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP) != 0) {
    return {"namespaces", errno};
  }
  if (::sethostname("report", std::strlen("report")) != 0) return {"host name", errno};
  return {};
}

StepFailure Confine(const std::string& subtree, const Limits& limits) {
  if (!subtree.empty()) {
    if (const int e = MountCheckout(subtree)) return {"checkout mount", e};
  }
  if (::umount2(kStoreMount, MNT_DETACH) != 0) return {"store unmount", errno};
  if (const int e = MountPrivateTmp(limits)) return {"tmp mount", e};
  if (::chdir(kTmpMount) != 0) return {"tmp directory", errno};
  // No mapping: every capability over the namespaces made so far is gone for good.
  if (::unshare(CLONE_NEWUSER) != 0) return {"second user namespace", errno};
  if (const int e = SetResourceLimits(limits)) return {"resource limits", e};
  if (const int e = DropCapabilities()) return {"capabilities", e};
  if (const int e = LockPrivileges()) return {"privileges", e};
  if (const int e = InstallSeccompFilter()) return {"seccomp", e};
  return {};
}

}  // namespace carrel::sandbox
