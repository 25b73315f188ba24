// The few mount system calls that the sandbox uses, each as one call that gives 0 or errno.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/base/unique_fd.h"

namespace carrel::sandbox {

// A detached copy of the mount subtree at `path`; an empty descriptor and errno on failure.
UniqueFd CloneTree(const std::string& path);
// The same for `path` below an open tree.
UniqueFd CloneTreeAt(int tree_fd, const std::string& path);
// Sets MOUNT_ATTR_* flags on a whole detached or attached tree.
int RestrictTree(int tree_fd, uint64_t attributes);
int AttachTree(int tree_fd, const std::string& target);
int MountTmpfs(const std::string& target, uint64_t flags, const std::string& options);
// Makes `new_root` the root and forgets the old one.
int PivotInto(const std::string& new_root);

}  // namespace carrel::sandbox
