#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>

#include "runtime/base/unique_fd.h"
#include "sandbox/landlock.h"

namespace carrel::sandbox {
namespace {

// The build machine's header may be older than the kernel: values of include/uapi/linux/landlock.h.
struct RulesetAttributes {
  uint64_t handled_access_fs;
  uint64_t handled_access_net;
  uint64_t scoped;
};
constexpr uint64_t kRefer = 1ULL << 13;     // ABI 2
constexpr uint64_t kTruncate = 1ULL << 14;  // ABI 3
constexpr uint64_t kIoctlDev = 1ULL << 15;  // ABI 5
constexpr uint64_t kFirstAbi = (1ULL << 13) - 1;
constexpr uint64_t kTcpBindAndConnect = 3;             // ABI 4
constexpr uint64_t kScopeAbstractSocketAndSignal = 3;  // ABI 6

constexpr uint64_t kOfFiles = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;
constexpr uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
// Regular files and directories only: no device, socket, FIFO or symbolic link.
constexpr uint64_t kWriteTmp = kRead | LANDLOCK_ACCESS_FS_WRITE_FILE |
                               LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                               LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | kRefer |
                               kTruncate;

RulesetAttributes HandledBy(int abi) {
  RulesetAttributes handled{kFirstAbi, 0, 0};
  if (abi >= 2) handled.handled_access_fs |= kRefer;
  if (abi >= 3) handled.handled_access_fs |= kTruncate;
  if (abi >= 5) handled.handled_access_fs |= kIoctlDev;
  if (abi >= 4) handled.handled_access_net = kTcpBindAndConnect;
  if (abi >= 6) handled.scoped = kScopeAbstractSocketAndSignal;
  return handled;
}

// An older kernel refuses fields that it does not know.
size_t SizeFor(int abi) {
  if (abi >= 6) return sizeof(RulesetAttributes);
  return abi >= 4 ? offsetof(RulesetAttributes, scoped)
                  : offsetof(RulesetAttributes, handled_access_net);
}

int Allow(int ruleset, const std::string& path, uint64_t access) {
  const UniqueFd parent(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat info{};
  if (!parent || ::fstat(parent.get(), &info) != 0) return errno;
  // The kernel refuses rights of directories for anything else.
  if (!S_ISDIR(info.st_mode)) access &= kOfFiles;
  const landlock_path_beneath_attr rule{.allowed_access = access, .parent_fd = parent.get()};
  return ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0
             ? 0
             : errno;
}

}  // namespace

int LandlockAbi() {
  const long abi =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return abi > 0 ? static_cast<int>(abi) : 0;
}

int RestrictByLandlock(const LandlockView& view) {
  const int abi = LandlockAbi();
  if (abi == 0) return 0;
  const RulesetAttributes handled = HandledBy(abi);
  const UniqueFd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, SizeFor(abi), 0)));
  if (!ruleset) return errno;
  for (const std::string& path : view.readable) {
    if (const int e = Allow(ruleset.get(), path, kRead)) return e;
  }
  if (!view.writable.empty()) {
    const uint64_t access = kWriteTmp & handled.handled_access_fs;
    if (const int e = Allow(ruleset.get(), view.writable, access)) return e;
  }
  if (const int e = Allow(ruleset.get(), "/dev/null", kOfFiles)) return e;
  return ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0 ? 0 : errno;
}

}  // namespace carrel::sandbox
