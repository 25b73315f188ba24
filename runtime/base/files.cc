#include "runtime/base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "runtime/base/ids.h"

namespace carrel {
namespace fs = std::filesystem;

Result<std::string> ReadFile(const fs::path& path, size_t max_bytes) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return FailErrno(path.string());
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return FailErrno(path.string());
  if (!S_ISREG(info.st_mode)) {
    return Fail(Code::kInvalid, fmt::format("{}: not a regular file", path.string()));
  }
  std::string out;
  char buffer[1 << 16];
  while (true) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FailErrno(path.string());
    if (n == 0) return out;
    out.append(buffer, static_cast<size_t>(n));
    if (out.size() > max_bytes) {
      return Fail(Code::kLimit, fmt::format("{}: larger than {} bytes", path.string(), max_bytes));
    }
  }
}

Status WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FailErrno("write");
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Status CopyAll(int from, int to) {
  char buffer[1 << 16];
  while (true) {
    const ssize_t n = ::read(from, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FailErrno("read");
    if (n == 0) return {};
    CARREL_TRY(WriteAll(to, {buffer, static_cast<size_t>(n)}));
  }
}

Result<UniqueFd> OpenUnnamed(const fs::path& directory) {
  UniqueFd fd(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd) return fd;
  // Not every file system knows files that never had a name.
  std::string name = (directory / "carrel-XXXXXX").string();
  fd.Reset(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd) return FailErrno(directory.string());
  ::unlink(name.c_str());
  return fd;
}

Status SyncDirectory(const fs::path& directory) {
  UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return FailErrno(directory.string());
  return {};
}

Status WriteFileAtomic(const fs::path& path, std::string_view bytes) {
  const fs::path temporary = path.string() + ".tmp-" + RandomHex(6);
  UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd) return FailErrno(temporary.string());
  Status written = WriteAll(fd.get(), bytes);
  if (written && ::fsync(fd.get()) != 0) written = FailErrno("fsync");
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) written = FailErrno("rename");
  if (!written) {
    ::unlink(temporary.c_str());
    return Wrap(written.error(), path.string());
  }
  return SyncDirectory(path.has_parent_path() ? path.parent_path() : fs::path("."));
}

Status MakeDirectories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return FailErrno(path.string(), error.value());
  return {};
}

Result<TempDir> TempDir::Create(const fs::path& parent, std::string_view prefix) {
  std::string name = (parent / fmt::format("{}XXXXXX", prefix)).string();
  if (::mkdtemp(name.data()) == nullptr) return FailErrno(parent.string());
  return TempDir(fs::path(name));
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }

TempDir& TempDir::operator=(TempDir&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

TempDir::~TempDir() {
  if (!path_.empty()) (void)RemoveTree(path_);
}

fs::path TempDir::Release() {
  fs::path path = std::move(path_);
  path_.clear();
  return path;
}

Status RemoveTree(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(path, error))) return {};
  if (fs::is_directory(fs::symlink_status(path, error))) {
    ::chmod(path.c_str(), 0700);
    for (auto it = fs::recursive_directory_iterator(path, error);
         !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
      // pre-order: a directory is made writable before its entries are visited
      if (it->is_directory(error) && !it->is_symlink(error)) ::chmod(it->path().c_str(), 0700);
    }
  }
  fs::remove_all(path, error);
  if (error) return FailErrno(path.string(), error.value());
  return {};
}

}  // namespace carrel
