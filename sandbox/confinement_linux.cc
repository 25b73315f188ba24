#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "sandbox/confinement.h"
#include "sandbox/fd_socket.h"
#include "sandbox/landlock.h"
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

constexpr int64_t kMiB = int64_t{1} << 20;
constexpr int kTmpFiles = 1024;
constexpr uint64_t kTmpFlags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

int ErrnoOf(long result) { return result < 0 ? errno : 0; }

int EnterNamespaces(const Confinement&) {
  return ErrnoOf(::unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP));
}

int SetHostName(const Confinement&) {
  return ErrnoOf(::sethostname("report", std::strlen("report")));
}

// The store while its mount is gone already. Empty on kernels before 6.15, which cannot clone from
// a detached tree.
UniqueFd& DetachedStore() {
  static UniqueFd tree;
  return tree;
}

// The close of the last hold on a detached tree waits for every processor of the machine, up to a
// millisecond on a busy one. The closer holds it as well until this process is gone, so that the
// close in this one is not the last. If it cannot be told, the close is only slower.
void ShareWithCloser(int tree, int closer_fd) {
  const UniqueFd self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  const std::array fds = {tree, self.get()};
  if (self) (void)SendMessage(closer_fd, "x", fds);
}

int DetachStore(const Confinement& c) {
  constexpr int kAboveOwnDescriptors = 16;
  const UniqueFd tree = CloneTree(kStoreMount);
  if (!tree) return errno;
  if (!CloneTreeAt(tree.get(), ".")) return 0;
  DetachedStore().Reset(::fcntl(tree.get(), F_DUPFD_CLOEXEC, kAboveOwnDescriptors));
  if (!DetachedStore()) return errno;
  ShareWithCloser(DetachedStore().get(), c.closer_fd);
  return ErrnoOf(::umount2(kStoreMount, MNT_DETACH));
}

int MountCheckout(const Confinement& c) {
  if (c.subtree.empty()) return 0;
  const UniqueFd tree = DetachedStore() ? CloneTreeAt(DetachedStore().get(), c.subtree)
                                        : CloneTree(std::string(kStoreMount) + "/" + c.subtree);
  if (!tree) return errno;
  if (const int e = RestrictTree(tree.get(), MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
                                                 MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)) {
    return e;
  }
  return AttachTree(tree.get(), kCheckoutMount);
}

int DropStore(const Confinement&) {
  if (!DetachedStore()) return ErrnoOf(::umount2(kStoreMount, MNT_DETACH));
  DetachedStore().Reset();
  return 0;
}

int MountPrivateTmp(const Confinement& c) {
  const int e =
      MountTmpfs(kTmpMount, kTmpFlags,
                 fmt::format("size={}m,nr_inodes={},mode=1777", c.limits.tmp_mb, kTmpFiles));
  return e != 0 ? e : ErrnoOf(::chdir(kTmpMount));
}

// Mounted with the default size, before the job's was known.
int ResizeTmp(const Confinement& c) {
  if (c.limits.tmp_mb == Limits().tmp_mb) return 0;
  return MountTmpfs(kTmpMount, MS_REMOUNT | kTmpFlags,
                    fmt::format("size={}m,nr_inodes={}", c.limits.tmp_mb, kTmpFiles));
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

int SetResourceLimits(const Confinement& c) {
  const Limits& limits = c.limits;
  struct Setting {
    int resource;
    int64_t value;
  };
  const Setting settings[] = {
      {RLIMIT_FSIZE, limits.output_mb * kMiB},
      {RLIMIT_NOFILE, limits.files},
      {RLIMIT_NPROC, c.tasks + limits.threads},
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

int DropBoundingSet() {
  for (int cap = 0; cap <= CAP_LAST_CAP; ++cap) {
    if (::prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0 && errno != EINVAL) return errno;
  }
  return 0;
}

// Tier::kFull: no mapping, so every capability over the namespaces made so far is gone for good.
// Tier::kRoot: the bounding set goes while it still may, then the account.
int LeaveIdentity(const Confinement& c) {
  if (c.tier == Tier::kFull) return ErrnoOf(::unshare(CLONE_NEWUSER));
  if (c.worker_id == 0) return EINVAL;
  if (const int e = DropBoundingSet()) return e;
  if (::setgroups(0, nullptr) != 0) return errno;
  if (::setresgid(c.worker_id, c.worker_id, c.worker_id) != 0) return errno;
  return ErrnoOf(::setresuid(c.worker_id, c.worker_id, c.worker_id));
}

int DropCapabilities(const Confinement& c) {
  if (c.tier == Tier::kFull) {
    if (const int e = DropBoundingSet()) return e;
  }
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return errno;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  return ErrnoOf(::syscall(SYS_capset, &header, data));
}

int LockPrivileges(const Confinement&) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  return ErrnoOf(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}

int ApplyLandlock(const Confinement&) {
  return RestrictByLandlock({.readable = {"/"}, .writable = kTmpMount});
}

int ApplySeccomp(const Confinement&) { return InstallSeccompFilter(); }

// ---- Tier::kDegraded ----

// Elsewhere the pid namespace does it.
int EndWithZygote(const Confinement& c) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return errno;
  return ::getppid() == c.zygote ? 0 : ESRCH;  // it was gone before
}

int LeaveDirectory(const Confinement&) { return ErrnoOf(::chdir("/")); }

// No directory to write to: without a mount nothing could limit its size.
int ApplyLandlockAlone(const Confinement& c) {
  LandlockView view;
  for (const auto& [target, path] : c.places.all()) view.readable.push_back(path);
  return LandlockAbi() >= kDegradedLandlockAbi ? RestrictByLandlock(view) : ENOSYS;
}

int ApplySeccompAlone(const Confinement&) {
  // The rule for abort() names the process, which is not 1 here.
  if (!CompileSeccompFilter(SeccompMode::kEnforce, SeccompRoot::kOfHost)) return ENOMEM;
  return InstallSeccompFilter();
}

constexpr ConfinementStep kParking[] = {
    {"namespaces", EnterNamespaces},
    {"host name", SetHostName},
    {"store", DetachStore},
    {"tmp mount", MountPrivateTmp},
};

constexpr ConfinementStep kConfining[] = {
    {"checkout mount", MountCheckout},
    {"store unmount", DropStore},
    {"tmp size", ResizeTmp},
    {"identity", LeaveIdentity},
    {"resource limits", SetResourceLimits},
    {"capabilities", DropCapabilities},
    {"privileges", LockPrivileges},
    {"landlock", ApplyLandlock},
    {"seccomp", ApplySeccomp},
};

constexpr ConfinementStep kParkingAlone[] = {
    {"parent", EndWithZygote},
};

constexpr ConfinementStep kConfiningAlone[] = {
    {"directory", LeaveDirectory},      {"resource limits", SetResourceLimits},
    {"capabilities", DropCapabilities}, {"privileges", LockPrivileges},
    {"landlock", ApplyLandlockAlone},   {"seccomp", ApplySeccompAlone},
};

}  // namespace

std::span<const ConfinementStep> ParkingSteps(Tier tier) {
  return tier == Tier::kDegraded ? std::span<const ConfinementStep>(kParkingAlone) : kParking;
}

std::span<const ConfinementStep> ConfiningSteps(Tier tier) {
  return tier == Tier::kDegraded ? std::span<const ConfinementStep>(kConfiningAlone) : kConfining;
}

StepFailure TakeSteps(std::span<const ConfinementStep> steps, const Confinement& confinement,
                      FaultHook fault) {
  for (const ConfinementStep& step : steps) {
    int error = fault != nullptr ? fault(step.name) : 0;
    if (error == 0) error = step.take(confinement);
    if (error != 0) return {step.name, error};
  }
  return {};
}

}  // namespace carrel::sandbox
