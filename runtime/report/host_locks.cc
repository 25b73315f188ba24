#include "runtime/report/host_locks.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "runtime/base/files.h"
#include "runtime/base/sha256.h"

namespace carrel::report {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kSuffix = ".lock";

// Empty when another process holds it, or when it is gone.
UniqueFd TryLock(const fs::path& path) {
  UniqueFd lock(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return {};
  return lock;
}

}  // namespace

HostLocks::~HostLocks() {
  if (lock_) ::unlink(own_.c_str());
}

// Host ids come from the store; as a name of a file only their digest is taken.
fs::path HostLocks::PathOf(std::string_view host_id) const {
  Sha256 hash;
  hash.Update(host_id);
  return directory_ / (hash.Finish() + std::string(kSuffix));
}

Status HostLocks::Hold(std::string_view host_id) {
  CARREL_TRY(MakeDirectories(directory_));
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory_, error)) {
    if (const UniqueFd abandoned = TryLock(entry.path())) ::unlink(entry.path().c_str());
  }
  own_ = PathOf(host_id);
  // Locked before it has its name: nobody sees it without its holder.
  UniqueFd lock(::open(directory_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!lock) return FailErrno(directory_.string());
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return FailErrno(own_.string());
  const std::string self = "/proc/self/fd/" + std::to_string(lock.get());
  if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, own_.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    return FailErrno(own_.string());
  }
  lock_ = std::move(lock);
  return {};
}

bool HostLocks::IsHeld(std::string_view host_id) const {
  const fs::path path = PathOf(host_id);
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return errno != ENOENT;
  return ::flock(file.get(), LOCK_SH | LOCK_NB) != 0;
}

}  // namespace carrel::report
