#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "sandbox/mounts.h"

namespace carrel::sandbox {
namespace {

int ErrnoOf(long result) { return result < 0 ? errno : 0; }

}  // namespace

UniqueFd CloneTree(const std::string& path) { return CloneTreeAt(AT_FDCWD, path); }

UniqueFd CloneTreeAt(int tree_fd, const std::string& path) {
  constexpr unsigned kFlags =
      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW;
  return UniqueFd(static_cast<int>(::syscall(SYS_open_tree, tree_fd, path.c_str(), kFlags)));
}

int RestrictTree(int tree_fd, uint64_t attributes) {
  mount_attr attr{};
  attr.attr_set = attributes;
  return ErrnoOf(
      ::syscall(SYS_mount_setattr, tree_fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr));
}

int AttachTree(int tree_fd, const std::string& target) {
  return ErrnoOf(
      ::syscall(SYS_move_mount, tree_fd, "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH));
}

int MountTmpfs(const std::string& target, uint64_t flags, const std::string& options) {
  return ErrnoOf(::mount("tmpfs", target.c_str(), "tmpfs", flags, options.c_str()));
}

int PivotInto(const std::string& new_root) {
  if (::chdir(new_root.c_str()) != 0) return errno;
  if (::syscall(SYS_pivot_root, ".", ".") != 0) return errno;
  if (::umount2(".", MNT_DETACH) != 0) return errno;
  return ErrnoOf(::chdir("/"));
}

}  // namespace carrel::sandbox
